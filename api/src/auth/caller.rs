//! Who asks: a person, a key, or a program on this machine; in which role, and how far it may see.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::{Value, json};

use super::Role;
use crate::problem::{Code, Problem};
use crate::service::Service;
use crate::store::{Deed, Note};

/// Who asks. On the requests of every route that is not open to everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asker {
    /// `user NAME` or `key ID`, as the audit log names it.
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The union beyond which the asker sees nobody; `None` for all.
    pub(crate) union_id: Option<String>,
    /// The IP address that the request comes from.
    pub(crate) source: String,
    /// Whether a valid key came with the request, instead of a session.
    pub(crate) is_key: bool,
}

impl Asker {
    /// Writes a deed of this asker to the audit log.
    ///
    /// # Errors
    /// A problem where it cannot be written; the deed must then not be done.
    pub(crate) async fn note(
        &self,
        service: &Service,
        deed: Deed,
        member_id: Option<&str>,
        detail: Value,
    ) -> Result<(), Problem> {
        service.store().audit().append(&self.about(service.now(), deed, member_id, detail)).await.map_err(unwritten)
    }

    /// A deed of this asker, to be written down.
    pub(crate) fn about<'a>(&'a self, at: i64, deed: Deed, member_id: Option<&'a str>, detail: Value) -> Note<'a> {
        Note { at, actor: &self.name, role: Some(self.role), source: &self.source, deed, member_id, detail }
    }

    /// Refuses a look at a member whom the asker may not see, in the words used for an unknown one. The audit log records
    /// it where there is such a member.
    pub(crate) async fn may_see(&self, service: &Service, member_id: &str) -> Result<(), Problem> {
        let Some(union) = &self.union_id else { return Ok(()) };
        let live = service.live()?;
        if live.answers.is_member_within(member_id, union) {
            return Ok(());
        }
        if live.answers.member_view(member_id).is_some() {
            self.note_refusal(service, "member", Some(member_id)).await?;
        }
        Err(Problem::new(Code::UnknownMember, "there is no such member in your unions; check the id"))
    }

    /// Refuses what concerns members of every union to an asker who is limited to one.
    pub(crate) async fn may_use(&self, service: &Service, route: &str) -> Result<(), Problem> {
        let Some(union) = &self.union_id else { return Ok(()) };
        self.note_refusal(service, route, None).await?;
        let detail = format!(
            "this concerns members of every union, and your account is limited to {union}; ask a colleague whose account \
             is not limited"
        );
        Err(Problem::new(Code::Forbidden, detail))
    }

    async fn note_refusal(&self, service: &Service, what: &str, member_id: Option<&str>) -> Result<(), Problem> {
        match service.refusals().due(&format!("{} {what}", self.name), service.now()) {
            Some(skipped) => {
                let detail = json!({ "asked_for": what, "union_id": self.union_id, "unrecorded_before": skipped });
                self.note(service, Deed::ScopeRefused, member_id, detail).await
            }
            None => Ok(()),
        }
    }

    /// The union that a question is narrowed to: the one asked for where the asker may see it, else the asker's own.
    pub(crate) async fn narrow(&self, service: &Service, asked: Option<String>) -> Result<Option<String>, Problem> {
        let Some(own) = &self.union_id else { return Ok(asked) };
        match asked {
            None => Ok(Some(own.clone())),
            Some(union) if union == *own || service.live()?.answers.is_union_within(&union, own) => Ok(Some(union)),
            Some(_) => {
                self.note_refusal(service, "union", None).await?;
                let detail = format!("you may see the union {own} and those below it; ask for one of them");
                Err(Problem::new(Code::Forbidden, detail))
            }
        }
    }
}

/// What a caller is told where the database cannot be written.
#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(crate) fn unwritten(error: crate::store::StoreError) -> Problem {
    tracing::error!(%error, "the database could not be written");
    Problem::new(Code::Internal, "this could not be written down, so it was not done; the log of the service says why")
}

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let known = parts.extensions.get::<Self>().cloned();
        known.ok_or_else(|| Problem::new(Code::Unauthenticated, "send a key, or sign in at /login"))
    }
}
