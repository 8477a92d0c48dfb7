//! Teams over HTTP: `/v1/teams/…`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::actions::{Reply, TeamAction};
use super::blocks::{BlockList, BlockView};
use super::database::Teams;
use super::member_request::MemberRequest;
use super::schema;
use super::suggestions::is_token;
use super::views::{InvitationList, SuggestionList, TeamList};
use crate::auth::caller::Caller;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::error::StoreError;
use crate::web::accept_language::AcceptLanguage;
use crate::web::extract::{JsonBody, QueryParams};
use crate::web::ids::{Id, IdOrNothing, PathId, check_id};
use crate::web::json::JsonResponse;
use crate::web::serde_integer;

/// Suggestions in one response: by default, and at most.
const DEFAULT_SUGGESTIONS: usize = 5;
const MAX_SUGGESTIONS: usize = 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuggestionsBody {
    member_id: String,
    activity_id: String,
    #[serde(default, deserialize_with = "serde_integer::deserialize")]
    n: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationBody {
    member_id: String,
    activity_id: String,
    token: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlockBody {
    member_id: String,
    #[serde(default)]
    invitation_id: Option<String>,
    #[serde(default)]
    team_mate_id: Option<String>,
}

/// Whose invitations or teams.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TeamsQuery {
    /// The member.
    #[param(required = true, value_type = Id, inline)]
    member_id: Option<String>,
    /// Only of this activity.
    #[param(value_type = Option<IdOrNothing>, inline)]
    activity_id: Option<String>,
}

/// Whose blocks.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BlocksQuery {
    /// The member who set them.
    #[param(required = true, value_type = Id, inline)]
    member_id: Option<String>,
}

/// Path parameters with an invitation, a team or a block.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the parameters in the OpenAPI document")]
struct TeamPath {
    /// Its id.
    #[param(value_type = Id, inline)]
    id: String,
}

/// Suggests team-mates for an activity with `team_size`, best first, without names: a token, and what both share. Only
/// members who want to be matched are suggested. A token is valid for this member and activity until it expires.
#[utoipa::path(post, path = "/v1/teams/suggestions", tag = "teams", operation_id = "suggest_team_mates",
    request_body = schema::TeamSuggestionsRequest, responses((status = 200, body = schema::TeamSuggestions)))]
pub(crate) async fn suggest(
    State(service): State<Service>,
    caller: Caller,
    AcceptLanguage(language): AcceptLanguage,
    JsonBody(body): JsonBody<SuggestionsBody>,
) -> Result<JsonResponse<SuggestionList>, Problem> {
    check_id("member_id", &body.member_id)?;
    check_id("activity_id", &body.activity_id)?;
    let n = body.n.unwrap_or(DEFAULT_SUGGESTIONS);
    if !(1..=MAX_SUGGESTIONS).contains(&n) {
        return Err(Problem::invalid("n", format!("must be an integer from 1 to {MAX_SUGGESTIONS}")));
    }
    let action = TeamAction::new(&service, &caller, &body.member_id, language).await?;
    action.suggest(&body.activity_id, n).await.map(JsonResponse)
}

/// Invites the member behind a token to a team. The answer is the same for a token that is unknown or has expired, and for
/// a member who cannot be invited any more: such an invitation stays open until it expires. The same token again returns
/// the same invitation.
#[utoipa::path(post, path = "/v1/teams/invitations", tag = "teams", operation_id = "invite_team_mate",
    request_body = schema::NewTeamInvitation, responses((status = 201, body = schema::TeamInvitation)))]
pub(crate) async fn invite(
    State(service): State<Service>,
    caller: Caller,
    AcceptLanguage(language): AcceptLanguage,
    JsonBody(body): JsonBody<InvitationBody>,
) -> Result<Response, Problem> {
    check_id("member_id", &body.member_id)?;
    check_id("activity_id", &body.activity_id)?;
    if !is_token(&body.token) {
        return Err(Problem::invalid("token", "must be a token of POST /v1/teams/suggestions"));
    }
    let action = TeamAction::new(&service, &caller, &body.member_id, language).await?;
    let view = action.invite(&body.activity_id, &body.token).await?;
    Ok((StatusCode::CREATED, JsonResponse(view)).into_response())
}

/// The invitations of a member: those sent, and those that wait for the member's answer or were accepted. Nobody is named.
/// Declined and expired invitations are not in the list of the member who declined; the inviter sees an invitation that
/// was declined as open until it expires.
#[utoipa::path(get, path = "/v1/teams/invitations", tag = "teams", operation_id = "team_invitations",
    params(TeamsQuery), responses((status = 200, body = schema::TeamInvitations)))]
pub(crate) async fn invitations(
    State(service): State<Service>,
    caller: Caller,
    AcceptLanguage(language): AcceptLanguage,
    QueryParams(query): QueryParams<TeamsQuery>,
) -> Result<JsonResponse<InvitationList>, Problem> {
    let (member, activity) = query.parse()?;
    let action = TeamAction::new(&service, &caller, &member, language).await?;
    let invitations = action.invitations(activity.as_deref()).await?;
    Ok(JsonResponse(InvitationList { invitations }))
}

/// Agrees to an invitation. Once the inviter, the invitee and the inviter's team-mates agreed, they are a team and see one
/// another.
#[utoipa::path(post, path = "/v1/teams/invitations/{id}/accept", tag = "teams", operation_id = "accept_team_invitation",
    params(TeamPath), request_body = schema::TeamMemberRequest,
    responses((status = 200, body = schema::TeamInvitation)))]
pub(crate) async fn accept(request: MemberRequest) -> Result<JsonResponse<Value>, Problem> {
    request.reply(Reply::Accept).await
}

/// Refuses an invitation. The inviter does not learn that.
#[utoipa::path(post, path = "/v1/teams/invitations/{id}/decline", tag = "teams", operation_id = "decline_team_invitation",
    params(TeamPath), request_body = schema::TeamMemberRequest,
    responses((status = 200, body = schema::TeamInvitationEnded)))]
pub(crate) async fn decline(request: MemberRequest) -> Result<JsonResponse<Value>, Problem> {
    request.reply(Reply::Decline).await
}

/// Takes back an own invitation.
#[utoipa::path(post, path = "/v1/teams/invitations/{id}/withdraw", tag = "teams", operation_id = "withdraw_team_invitation",
    params(TeamPath), request_body = schema::TeamMemberRequest,
    responses((status = 200, body = schema::TeamInvitationEnded)))]
pub(crate) async fn withdraw(request: MemberRequest) -> Result<JsonResponse<Value>, Problem> {
    request.reply(Reply::Withdraw).await
}

/// The teams of a member, with the identities of all members, who agreed to that.
#[utoipa::path(get, path = "/v1/teams", tag = "teams", operation_id = "teams",
    params(TeamsQuery), responses((status = 200, body = schema::Teams)))]
pub(crate) async fn list(
    State(service): State<Service>,
    caller: Caller,
    AcceptLanguage(language): AcceptLanguage,
    QueryParams(query): QueryParams<TeamsQuery>,
) -> Result<JsonResponse<TeamList>, Problem> {
    let (member, activity) = query.parse()?;
    let action = TeamAction::new(&service, &caller, &member, language).await?;
    Ok(JsonResponse(TeamList { teams: action.teams_of(activity.as_deref()).await? }))
}

/// Leaves a team. A team of one does not remain.
#[utoipa::path(post, path = "/v1/teams/{id}/leave", tag = "teams", operation_id = "leave_team",
    params(TeamPath), request_body = schema::TeamMemberRequest, responses((status = 200, body = schema::TeamLeft)))]
pub(crate) async fn leave(request: MemberRequest) -> Result<JsonResponse<Value>, Problem> {
    request.action().await?.leave(&request.id).await?;
    Ok(JsonResponse(json!({ "team_id": request.id, "member_id": request.member_id, "left": true })))
}

/// Blocks the other member of an invitation, or a team-mate. The two never see each other again in any activity, and the
/// other does not learn why.
#[utoipa::path(post, path = "/v1/teams/blocks", tag = "teams", operation_id = "block_member",
    request_body = schema::NewTeamBlock, responses((status = 201, body = schema::TeamBlock)))]
pub(crate) async fn block(
    State(service): State<Service>,
    caller: Caller,
    AcceptLanguage(language): AcceptLanguage,
    JsonBody(body): JsonBody<BlockBody>,
) -> Result<Response, Problem> {
    check_id("member_id", &body.member_id)?;
    let action = TeamAction::new(&service, &caller, &body.member_id, language).await?;
    let view: BlockView = match (body.invitation_id.as_deref(), body.team_mate_id.as_deref()) {
        (Some(invitation), None) => {
            check_id("invitation_id", invitation)?;
            action.block_of_invitation(invitation).await?
        }
        (None, Some(team_mate)) => {
            check_id("team_mate_id", team_mate)?;
            action.block_team_mate(team_mate).await?
        }
        _ => return Err(Problem::invalid("invitation_id", "give exactly one of invitation_id and team_mate_id")),
    };
    Ok((StatusCode::CREATED, JsonResponse(view)).into_response())
}

/// The blocks that a member set.
#[utoipa::path(get, path = "/v1/teams/blocks", tag = "teams", operation_id = "team_blocks",
    params(BlocksQuery), responses((status = 200, body = schema::TeamBlocks)))]
pub(crate) async fn blocks(
    State(service): State<Service>,
    caller: Caller,
    QueryParams(query): QueryParams<BlocksQuery>,
) -> Result<JsonResponse<BlockList>, Problem> {
    let member = required(query.member_id)?;
    caller.require_visible(&service, &member).await?;
    let blocks = Teams::new(&service.store).blocks_of(&member).await.map_err(StoreError::read_problem)?;
    Ok(JsonResponse(BlockList { blocks }))
}

/// Removes a block of a member. If the other member set one too, that one stays.
#[utoipa::path(delete, path = "/v1/teams/blocks/{id}", tag = "teams", operation_id = "unblock_member",
    params(TeamPath, BlocksQuery), responses((status = 200, body = schema::TeamUnblocked)))]
pub(crate) async fn unblock(
    State(service): State<Service>,
    caller: Caller,
    AcceptLanguage(language): AcceptLanguage,
    PathId(id): PathId,
    QueryParams(query): QueryParams<BlocksQuery>,
) -> Result<JsonResponse<Value>, Problem> {
    let member = required(query.member_id)?;
    TeamAction::new(&service, &caller, &member, language).await?.unblock(&id).await?;
    Ok(JsonResponse(json!({ "block_id": id, "unblocked": true })))
}

impl TeamsQuery {
    fn parse(self) -> Result<(String, Option<String>), Problem> {
        let activity = self.activity_id.filter(|id| !id.is_empty());
        if let Some(activity) = &activity {
            check_id("activity_id", activity)?;
        }
        Ok((required(self.member_id)?, activity))
    }
}

fn required(member_id: Option<String>) -> Result<String, Problem> {
    let member = member_id.ok_or_else(|| Problem::invalid("member_id", "give the id of a member"))?;
    check_id("member_id", &member).map(|()| member)
}
