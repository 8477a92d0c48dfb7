//! The caller of a request: a person or an API key, with role and visible unions.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::{Value, json};

use super::role::Role;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::audit::NewAuditEntry;
use crate::store::audit_action::AuditAction;
use crate::store::error::StoreError;
use crate::store::sessions::SessionUser;
use crate::web::locale::Locale;

/// The caller of a request. Present on every route that is not open to everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// `user NAME` or `key ID`, as in the audit log.
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The union subtree the caller may see, or `None` for all members.
    pub(crate) union_id: Option<String>,
    /// IP address of the request.
    pub(crate) source: String,
    /// Whether the caller sent an API key instead of a session cookie.
    pub(crate) is_key: bool,
}

/// The signed-in person. Present only on requests with a session.
#[derive(Debug, Clone)]
pub(crate) struct SignedInUser(pub(crate) SessionUser);

impl Caller {
    /// Appends an action of this caller to the audit log.
    ///
    /// # Errors
    /// A problem if the entry cannot be written. The action must not be performed then.
    pub(crate) async fn record(
        &self,
        service: &Service,
        action: AuditAction,
        member_id: Option<&str>,
        detail: Value,
    ) -> Result<(), Problem> {
        let entry = self.audit_entry(service.now(), action, member_id, detail);
        service.store.audit().append(&entry).await.map_err(StoreError::write_problem)
    }

    /// The audit entry of an action of this caller.
    pub(crate) fn audit_entry<'a>(
        &'a self,
        at: i64,
        action: AuditAction,
        member_id: Option<&'a str>,
        detail: Value,
    ) -> NewAuditEntry<'a> {
        NewAuditEntry { at, actor: &self.name, role: Some(self.role), source: &self.source, action, member_id, detail }
    }

    /// Whether the caller may see every member.
    pub(crate) fn sees_all_unions(&self) -> bool {
        self.union_id.is_none()
    }

    /// Refuses a member outside the caller's unions, with the same problem as for an unknown member. The audit log
    /// records the refusal if the member exists.
    pub(crate) async fn require_visible(&self, service: &Service, member_id: &str) -> Result<(), Problem> {
        let Some(union) = &self.union_id else { return Ok(()) };
        let live = service.live.current()?;
        if live.engine.is_member_within(member_id, union) {
            return Ok(());
        }
        if live.engine.member_view(member_id).is_some() {
            self.record_refusal(service, "member", Some(member_id)).await?;
        }
        Err(Problem::new(Code::UnknownMember, "no such member in your unions; check the id"))
    }

    /// Refuses data about all unions to a caller limited to one.
    pub(crate) async fn require_all_unions(&self, service: &Service, route: &str) -> Result<(), Problem> {
        let Some(union) = &self.union_id else { return Ok(()) };
        self.record_refusal(service, route, None).await?;
        let detail = format!(
            "this page covers members of all unions, and your account is limited to {union}; ask a colleague whose \
             account is not limited"
        );
        Err(Problem::new(Code::Forbidden, detail).worded(Locale::both(|t| t.error_limited_to_union())))
    }

    async fn record_refusal(&self, service: &Service, what: &str, member_id: Option<&str>) -> Result<(), Problem> {
        match service.auth.refusals.due(&format!("{} {what}", self.name), service.now()) {
            Some(skipped) => {
                let detail = json!({ "asked_for": what, "union_id": self.union_id, "unrecorded_before": skipped });
                self.record(service, AuditAction::ScopeRefused, member_id, detail).await
            }
            None => Ok(()),
        }
    }

    /// The union to narrow a report to: the requested one if the caller may see it, else the caller's own.
    pub(crate) async fn narrow(&self, service: &Service, requested: Option<String>) -> Result<Option<String>, Problem> {
        let Some(own) = &self.union_id else { return Ok(requested) };
        match requested {
            None => Ok(Some(own.clone())),
            Some(union) if union == *own || service.live.current()?.engine.is_union_within(&union, own) => {
                Ok(Some(union))
            }
            Some(_) => {
                self.record_refusal(service, "union", None).await?;
                let detail = format!("you may see the union {own} and those below it; ask for one of them");
                Err(Problem::new(Code::Forbidden, detail).worded(Locale::both(|t| t.error_other_union(own))))
            }
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| Problem::new(Code::Unauthenticated, "send a key, or sign in at /login"))
    }
}
