//! The member page, opened after a reason was given: preferences, recommendations with reasons, history, and the switches for
//! personalised lists and for teams.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use zhihui_engine::answer::{RecommendRequest, Who};

use super::consent;
use super::view::MemberView;
use crate::auth::caller::Caller;
use crate::auth::page_form::PageForm;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::web::cookies::session_of;
use crate::web::extract::path_param;
use crate::web::html::page;
use crate::web::ids::{Id, PathId};
use crate::web::layout::Layout;
use crate::web::locale::Locale;
use crate::web::url::percent_encode;

/// Number of recommendations shown.
const RECOMMENDATIONS: usize = 10;
/// Length of a reason in characters.
const REASON_LENGTH: std::ops::RangeInclusive<usize> = 2..=200;

#[derive(Template)]
#[template(path = "members/look_up.html")]
struct LookUpPage<'a> {
    layout: &'a Layout,
    member_id: &'a str,
    reason: &'a str,
    error: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "members/page.html")]
struct MemberPage<'a> {
    layout: &'a Layout,
    view: MemberView,
    notice: Option<&'static str>,
}

/// Which member's page to open, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LookForm)]
pub(crate) struct LookUpForm {
    /// Id of the member.
    #[serde(default)]
    #[schema(required, value_type = Id)]
    member_id: String,
    /// The reason. Goes to the audit log.
    #[serde(default)]
    #[schema(required, min_length = 2, max_length = 200)]
    reason: String,
}

/// Whether the member allows personalised lists, and the reason for the change.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SwitchForm {
    /// Whether personalised lists are allowed.
    personalised: bool,
    /// The reason. Goes to the audit log.
    #[serde(default)]
    #[schema(required, min_length = 2, max_length = 200)]
    reason: String,
}

/// Whether the member is matched with teams, and the reason for the change.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TeamMatchForm {
    /// Whether the member wants to be matched.
    team_match: bool,
    /// The reason. Goes to the audit log.
    #[serde(default)]
    #[schema(required, min_length = 2, max_length = 200)]
    reason: String,
}

/// The form that asks for a member and a reason.
#[utoipa::path(get, path = "/members", tag = "pages", operation_id = "ask", responses((status = 200, description = "A page")))]
pub(crate) async fn look_up(layout: Layout) -> Response {
    page(StatusCode::OK, &layout, &LookUpPage { layout: &layout, member_id: "", reason: "", error: None })
}

/// Records who opens which member's page and why, and grants access for a short time.
#[utoipa::path(post, path = "/members", tag = "pages", operation_id = "look",
    request_body(content = LookUpForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "To the member's page"), (status = 422, description = "No reason, or no such member")))]
pub(crate) async fn open(
    State(service): State<Service>,
    layout: Layout,
    headers: HeaderMap,
    PageForm { caller, fields }: PageForm<LookUpForm>,
) -> Result<Response, Problem> {
    let (id, reason) = (fields.member_id.trim(), fields.reason.trim());
    let error = if !REASON_LENGTH.contains(&reason.chars().count()) {
        Some(layout.t.members_reason_required())
    } else if service.live.current()?.engine.member_view(id).is_none() || !is_visible(&service, &caller, id).await {
        Some(layout.t.members_no_such_member())
    } else {
        None
    };
    if error.is_some() {
        let template = LookUpPage { layout: &layout, member_id: id, reason, error };
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &layout, &template));
    }
    caller.record(&service, AuditAction::MemberSeen, Some(id), serde_json::json!({ "reason": reason })).await?;
    if let Some(session) = session_of(&headers) {
        service.members.access.grant(session, id, service.now());
    }
    Ok(Redirect::to(&format!("/members/{}", percent_encode(id))).into_response())
}

/// The member page, or the form that asks for a reason.
#[utoipa::path(get, path = "/members/{id}", tag = "pages", params(("id" = String, Path, description = "The member's id")),
    responses((status = 200, description = "A page; without a reason given before, the form that asks for it")))]
pub(crate) async fn member(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let id: String = path_param("id", path)?;
    let now = service.now();
    let is_open = session_of(&headers).is_some_and(|session| service.members.access.is_granted(session, &id, now));
    if !is_open {
        let template = LookUpPage { layout: &layout, member_id: &id, reason: "", error: None };
        return Ok(page(StatusCode::OK, &layout, &template));
    }
    if !is_visible(&service, &caller, &id).await {
        return Err(unknown_member());
    }
    let language = layout.t.language();
    let found = service
        .compute(move |live| {
            let member = live.engine.member_view(&id)?;
            let request = RecommendRequest {
                who: Who::Member(&id),
                n: RECOMMENDATIONS,
                kind: None,
                topic: None,
                exclude: &[],
                general: false,
                now,
                language,
            };
            Some((member, live.engine.recommend(&request).items, live.info.zone))
        })
        .await?;
    let (member, items, zone) = found.ok_or_else(unknown_member)?;
    let is_switched = uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "switched=yes"));
    let notice = is_switched.then(|| layout.t.members_switched());
    let view = MemberView::new(&member, &items, now, zone, layout.t);
    Ok(page(StatusCode::OK, &layout, &MemberPage { layout: &layout, view, notice }))
}

/// Allows or refuses personalised lists at the member's request.
#[utoipa::path(post, path = "/members/{id}/switch", tag = "pages", params(("id" = inline(Id), Path, description = "The member's id")),
    request_body(content = SwitchForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Back to the page")))]
pub(crate) async fn switch(
    State(service): State<Service>,
    PathId(id): PathId,
    PageForm { caller, fields }: PageForm<SwitchForm>,
) -> Result<Response, Problem> {
    switched_member(&service, &caller, &id, &fields.reason).await?;
    let reason = fields.reason.trim();
    let action = if fields.personalised { AuditAction::OptIn } else { AuditAction::OptOut };
    let entry = caller.audit_entry(service.now(), action, Some(&id), serde_json::json!({ "reason": reason }));
    consent::set_personalised(&service, &id, fields.personalised, &entry).await?;
    Ok(Redirect::to(&format!("/members/{}?switched=yes", percent_encode(&id))).into_response())
}

/// Sets whether a member is matched with teams, at the member's request.
#[utoipa::path(post, path = "/members/{id}/team-match", tag = "pages", operation_id = "switch_team_match",
    params(("id" = inline(Id), Path, description = "The member's id")),
    request_body(content = TeamMatchForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Back to the page")))]
pub(crate) async fn switch_team_match(
    State(service): State<Service>,
    PathId(id): PathId,
    PageForm { caller, fields }: PageForm<TeamMatchForm>,
) -> Result<Response, Problem> {
    switched_member(&service, &caller, &id, &fields.reason).await?;
    let action = if fields.team_match { AuditAction::TeamMatchOn } else { AuditAction::TeamMatchOff };
    let detail = serde_json::json!({ "reason": fields.reason.trim() });
    let entry = caller.audit_entry(service.now(), action, Some(&id), detail);
    consent::set_team_match(&service, &id, fields.team_match, &entry).await?;
    Ok(Redirect::to(&format!("/members/{}?switched=yes", percent_encode(&id))).into_response())
}

/// Checks that the caller may see the member of a switch and gives a reason.
async fn switched_member(service: &Service, caller: &Caller, id: &str, reason: &str) -> Result<(), Problem> {
    if !REASON_LENGTH.contains(&reason.trim().chars().count()) {
        let problem = Problem::invalid("reason", "give a reason of 2 to 200 characters");
        return Err(problem.worded(Locale::both(|t| t.members_reason_required())));
    }
    if is_visible(service, caller, id).await { Ok(()) } else { Err(unknown_member()) }
}

async fn is_visible(service: &Service, caller: &Caller, id: &str) -> bool {
    caller.require_visible(service, id).await.is_ok()
}

fn unknown_member() -> Problem {
    Problem::new(Code::UnknownMember, "no such member among those you may see; check the id")
}
