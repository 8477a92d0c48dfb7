//! A request of a member about one invitation or team.

use axum::extract::{FromRequest, FromRequestParts as _, Request};
use serde::Deserialize;
use serde_json::{Value, json};

use super::actions::{Reply, TeamAction};
use crate::auth::caller::Caller;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::web::accept_language::AcceptLanguage;
use crate::web::extract::JsonBody;
use crate::web::ids::{PathId, check_id};
use crate::web::json::JsonResponse;

/// A member, and the invitation or team of the path.
pub(crate) struct MemberRequest {
    service: Service,
    caller: Caller,
    language: AcceptLanguage,
    /// Id of the invitation or team.
    pub(crate) id: String,
    pub(crate) member_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberBody {
    member_id: String,
}

impl FromRequest<Service> for MemberRequest {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, service).await?;
        let Ok(language) = AcceptLanguage::from_request_parts(&mut parts, service).await;
        let PathId(id) = PathId::from_request_parts(&mut parts, service).await?;
        let request = Request::from_parts(parts, body);
        let JsonBody(MemberBody { member_id }) = JsonBody::from_request(request, service).await?;
        check_id("member_id", &member_id)?;
        Ok(Self { service: service.clone(), caller, language, id, member_id })
    }
}

impl MemberRequest {
    pub(crate) async fn action(&self) -> Result<TeamAction<'_>, Problem> {
        TeamAction::new(&self.service, &self.caller, &self.member_id, self.language.0).await
    }

    /// Replies to the invitation.
    pub(crate) async fn reply(&self, reply: Reply) -> Result<JsonResponse<Value>, Problem> {
        let view = self.action().await?.reply(&self.id, reply).await?;
        Ok(JsonResponse(match view.filter(|_| reply == Reply::Accept) {
            Some(view) => json!(view),
            None => json!({ "invitation_id": self.id, "ended": true }),
        }))
    }
}
