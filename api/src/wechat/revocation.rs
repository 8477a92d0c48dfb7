//! What a person withdrew from the account, and what follows from it.
//!
//! WeChat asks the account to delete the data that the permission covered, and names it by `RevokeInfo`:
//! <https://developers.weixin.qq.com/doc/service/guide/h5/authorization_change.html>.

use serde_json::json;
use zhihui_data::{Event, EventType};
use zhihui_wechat::callback::CallbackEvent;

use super::revoked_openids::RevokedOpenids;
use crate::members::erasure::erase_member;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::audit::NewAuditEntry;
use crate::store::audit_action::AuditAction;
use crate::store::error::StoreError;

/// Who acts in the audit log.
const ACTOR: &str = "wechat";

/// Permissions for data that this program never stores: 202 invoices, 203 cards and coupons of the wallet, 204 the
/// microphone, 207 chosen pictures and videos. The others are 201 addresses, 205 nickname and picture, which come with the
/// identification of the person, 206 the location, and 301 everything.
const NEVER_STORED: [&str; 4] = ["202", "203", "204", "207"];

/// A withdrawal that a callback reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Revocation<'a> {
    openid: &'a str,
    /// `None` if the person deleted the `WeChat` account.
    revoke_info: Option<&'a str>,
    event: &'static str,
    covers_stored_data: bool,
}

impl<'a> Revocation<'a> {
    /// The withdrawal of an event; `None` for any other event.
    pub(super) fn of(event: &'a CallbackEvent) -> Option<Self> {
        match event {
            CallbackEvent::AuthorizationRevoked { openid, revoke_info } => Some(Self {
                openid,
                revoke_info: revoke_info.as_deref(),
                event: "user_authorization_revoke",
                covers_stored_data: covers_stored_data(revoke_info.as_deref()),
            }),
            CallbackEvent::AuthorizationCancelled { openid } => Some(Self {
                openid,
                revoke_info: None,
                event: "user_authorization_cancellation",
                covers_stored_data: true,
            }),
            _ => None,
        }
    }

    /// Erases the member of the openid if the withdrawal covers stored data. Otherwise, and if nobody is known by the
    /// openid, the opt-out that was stored under the openid is all that can be done, and the audit log says so. Whom the
    /// openid is bound to later is erased then ([`settle_revocations`]).
    pub(super) async fn carry_out(&self, service: &Service, is_new: bool) -> Result<(), Problem> {
        let owner = service.live.get().and_then(|live| live.engine.owner(self.openid));
        let detail = json!({ "event": self.event, "revoke_info": self.revoke_info, "known": owner.is_some(),
            "erased": self.covers_stored_data && owner.is_some() });
        let entry = |action| NewAuditEntry {
            at: service.now(),
            actor: ACTOR,
            role: None,
            source: ACTOR,
            action,
            member_id: owner.as_deref(),
            detail,
        };
        match &owner {
            Some(member) if self.covers_stored_data => {
                erase_member(service, member, &entry(AuditAction::MemberErased)).await
            }
            _ if is_new => {
                if self.covers_stored_data {
                    let revoked = RevokedOpenids::new(&service.store);
                    revoked.add(self.openid, service.now()).await.map_err(StoreError::write_problem)?;
                }
                let entry = entry(AuditAction::AuthorizationRevoked);
                service.store.audit().append(&entry).await.map_err(StoreError::write_problem)
            }
            _ => Ok(()),
        }
    }
}

/// Erases members to whom a revoked openid is bound. Who follows the account again before gives a new permission.
pub(crate) async fn settle_revocations(service: &Service, events: &[Event]) -> Result<(), Problem> {
    let revoked = RevokedOpenids::new(&service.store);
    for event in events.iter().filter(|event| settles_revocations(event)) {
        let Some(openid) = &event.openid else { continue };
        if !revoked.contains(openid).await.map_err(StoreError::read_problem)? {
            continue;
        }
        if let (EventType::Bind, Some(member)) = (event.kind, &event.member_id) {
            erase_owner(service, member).await?;
        }
        revoked.remove(openid).await.map_err(StoreError::write_problem)?;
    }
    Ok(())
}

impl Service {
    /// Erases members whom a roster binds to a revoked openid. Returns their number. [`serve`](crate::serve) calls it every hour.
    ///
    /// # Errors
    /// A [`Problem`] if a database fails. The next call erases the rest.
    pub async fn erase_owners_of_revoked_openids(&self) -> Result<usize, Problem> {
        let revoked = RevokedOpenids::new(&self.store);
        let hashes = revoked.all().await.map_err(StoreError::read_problem)?;
        if hashes.is_empty() || self.live.get().is_none() {
            return Ok(0);
        }
        let owners = self.compute(move |live| live.engine.owners_of(&|openid| hashes.has_openid(openid))).await?;
        for (openid, member) in &owners {
            erase_owner(self, member).await?;
            revoked.remove(openid).await.map_err(StoreError::write_problem)?;
        }
        Ok(owners.len())
    }
}

/// Erases the member to whom a revoked openid belongs.
async fn erase_owner(service: &Service, member_id: &str) -> Result<(), Problem> {
    let entry = NewAuditEntry {
        at: service.now(),
        actor: ACTOR,
        role: None,
        source: ACTOR,
        action: AuditAction::MemberErased,
        member_id: Some(member_id),
        detail: json!({ "event": "bind_of_revoked_openid" }),
    };
    erase_member(service, member_id, &entry).await
}

/// Whether an event may end a revocation.
pub(crate) fn settles_revocations(event: &Event) -> bool {
    matches!(event.kind, EventType::Bind | EventType::Follow) && event.openid.is_some()
}

/// Whether a permission may cover stored data. Unknown and missing codes do.
fn covers_stored_data(revoke_info: Option<&str>) -> bool {
    let codes = revoke_info.unwrap_or_default().split(|separator: char| !separator.is_ascii_alphanumeric());
    let mut codes = codes.filter(|code| !code.is_empty()).peekable();
    codes.peek().is_none() || codes.any(|code| !NEVER_STORED.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_permissions_for_data_that_is_never_stored_erase_nobody() {
        for (codes, expected) in [
            (Some("202"), false),
            (Some("203,207"), false),
            (Some("204"), false),
            (Some("201"), true),
            (Some("202;205"), true),
            (Some("206"), true),
            (Some("301"), true),
            (Some("999"), true),
            (Some(""), true),
            (None, true),
        ] {
            assert_eq!(covers_stored_data(codes), expected, "{codes:?}");
        }
    }
}
