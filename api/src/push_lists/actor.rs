//! Who acts on a push list: a caller of the service, or the command line.

use serde_json::json;

use crate::auth::caller::Caller;
use crate::auth::role::Role;
use crate::store::audit::{LOCAL, NewAuditEntry};
use crate::store::audit_action::AuditAction;

/// Who acts, as the audit log names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub(crate) name: String,
    role: Option<Role>,
    source: String,
    /// The union subtree the actor may see, or `None` for all members.
    pub(crate) union_id: Option<String>,
}

impl Actor {
    /// Somebody at this machine: an account, or the command line itself without one.
    #[must_use]
    pub fn local(account: Option<&str>) -> Self {
        let name = account.map_or_else(|| "command line".to_owned(), |account| format!("user {account}"));
        Self { name, role: None, source: LOCAL.to_owned(), union_id: None }
    }

    /// Whether the actor may change what others made: an admin, or somebody at this machine.
    pub(crate) fn may_change_all(&self) -> bool {
        matches!(self.role, None | Some(Role::Admin))
    }

    /// The audit entry of an action, still without details.
    pub(crate) fn entry(&self, at: i64, action: AuditAction) -> NewAuditEntry<'_> {
        let (actor, role, source) = (&self.name, self.role, &self.source);
        NewAuditEntry { at, actor, role, source, action, member_id: None, detail: json!({}) }
    }
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        Self {
            name: caller.name.clone(),
            role: Some(caller.role),
            source: caller.source.clone(),
            union_id: caller.union_id.clone(),
        }
    }
}
