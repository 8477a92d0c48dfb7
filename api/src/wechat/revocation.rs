//! What a person withdrew from the account, and what follows from it.
//!
//! WeChat asks the account to delete the data that the permission covered, and names it by `RevokeInfo`:
//! <https://developers.weixin.qq.com/doc/service/guide/h5/authorization_change.html>.

use serde_json::json;
use zhihui_wechat::callback::CallbackEvent;

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
    /// openid, the opt-out that was stored under the openid is all that can be done, and the audit log says so.
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
                let entry = entry(AuditAction::AuthorizationRevoked);
                service.store.audit().append(&entry).await.map_err(StoreError::write_problem)
            }
            _ => Ok(()),
        }
    }
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
