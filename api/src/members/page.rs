//! One member, for staff who say why they look: what the member turns to beside the age band, what is recommended and why,
//! how often the member did what, and the switch for personalised lists.

#[path = "member_access.rs"]
mod looks;
#[path = "view.rs"]
mod view;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use zhihui_engine::answer::{RecommendRequest, Who};

pub(crate) use looks::Looks;
use view::MemberView;

use super::cookies::session_of;
use super::csrf;
use super::frame::Frame;
use super::html::{page, path_segment};
use crate::access::{Asker, unwritten};
use crate::problem::{Code, Problem};
use crate::routes::{FormBody, check_id};
use crate::service::Service;
use crate::store::Deed;

/// Recommendations shown.
const RECOMMENDED: usize = 10;
/// Characters that a reason must have, and may have.
const REASON: std::ops::RangeInclusive<usize> = 2..=200;

#[derive(Template)]
#[template(path = "members/look_up.html")]
struct AskPage<'a> {
    frame: &'a Frame,
    member_id: &'a str,
    reason: &'a str,
    complaint: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "members/page.html")]
struct MemberPage<'a> {
    frame: &'a Frame,
    view: MemberView,
    notice: Option<&'static str>,
}

/// Whom to look at, and why.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct LookForm {
    /// The member's id.
    #[serde(default)]
    #[schema(required, value_type = crate::schema::Id)]
    member_id: String,
    /// Why; it goes to the audit log.
    #[serde(default)]
    #[schema(required, min_length = 2, max_length = 200)]
    reason: String,
    /// The token of the page.
    #[serde(default)]
    csrf: String,
}

/// What the member wants, and who says so.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SwitchForm {
    /// Whether personalised lists are allowed from now on.
    personalised: bool,
    /// Why; it goes to the audit log.
    #[serde(default)]
    #[schema(required, min_length = 2, max_length = 200)]
    reason: String,
    /// The token of the page.
    #[serde(default)]
    csrf: String,
}

/// Asks whom to look at and why.
#[utoipa::path(get, path = "/members", tag = "pages", responses((status = 200, description = "A page")))]
pub(crate) async fn ask(frame: Frame) -> Response {
    page(StatusCode::OK, &frame, &AskPage { frame: &frame, member_id: "", reason: "", complaint: None })
}

/// Writes down who looks at whom and why, and opens the member's page for a while.
#[utoipa::path(post, path = "/members", tag = "pages",
    request_body(content = LookForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "To the member's page"), (status = 422, description = "No reason, or no such member")))]
pub(crate) async fn look(
    State(service): State<Service>,
    frame: Frame,
    asker: Asker,
    headers: HeaderMap,
    FormBody(form): FormBody<LookForm>,
) -> Result<Response, Problem> {
    csrf::check(&asker, &headers, &form.csrf)?;
    let (id, reason) = (form.member_id.trim(), form.reason.trim());
    let complaint = if !REASON.contains(&reason.chars().count()) {
        Some(frame.l.say("请写明查看的原因(2 到 200 个字)。", "Say why you look, in 2 to 200 characters."))
    } else if service.live()?.answers.member_view(id).is_none() || !may_see(&service, &asker, id).await {
        Some(frame.l.say(
            "没有这个编号的会员,或不在您负责的工会范围内。",
            "There is no member of this id among those whom you may see.",
        ))
    } else {
        None
    };
    if complaint.is_some() {
        let template = AskPage { frame: &frame, member_id: id, reason, complaint };
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &frame, &template));
    }
    asker.note(&service, Deed::MemberSeen, Some(id), serde_json::json!({ "reason": reason })).await?;
    if let Some(session) = session_of(&headers) {
        service.looks().open(session, id, service.now());
    }
    Ok(Redirect::to(&format!("/members/{}", path_segment(id))).into_response())
}

/// One member, for whoever said why.
#[utoipa::path(get, path = "/members/{id}", tag = "pages", params(("id" = String, Path, description = "The member's id")),
    responses((status = 200, description = "A page; without a reason given before, the form that asks for it")))]
pub(crate) async fn member(
    State(service): State<Service>,
    frame: Frame,
    asker: Asker,
    headers: HeaderMap,
    uri: Uri,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = path.map_err(|_| Problem::invalid("id", "must be UTF-8, percent-encoded"))?;
    let now = service.now();
    let opened = session_of(&headers).is_some_and(|session| service.looks().is_open(session, &id, now));
    if !opened {
        let template = AskPage { frame: &frame, member_id: &id, reason: "", complaint: None };
        return Ok(page(StatusCode::OK, &frame, &template));
    }
    if !may_see(&service, &asker, &id).await {
        return Err(unknown());
    }
    let language = frame.l.0;
    let found = service
        .compute(move |live| {
            let member = live.answers.member_view(&id)?;
            let request = RecommendRequest {
                who: Who::Member(&id),
                n: RECOMMENDED,
                kind: None,
                topic: None,
                exclude: &[],
                general: false,
                now,
                language,
            };
            Some((member, live.answers.recommend(&request).items, live.facts.zone))
        })
        .await?;
    let (member, items, zone) = found.ok_or_else(unknown)?;
    let switched = uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "switched=yes"));
    let done = frame.l.say("已经生效,从下一次推荐起就按新的设置。", "Done; it holds from the next list on.");
    let view = MemberView::new(&member, &items, now, zone, frame.l);
    Ok(page(StatusCode::OK, &frame, &MemberPage { frame: &frame, view, notice: switched.then_some(done) }))
}

/// Turns personalised lists on or off for a member, as the member asked.
#[utoipa::path(post, path = "/members/{id}/switch", tag = "pages", params(("id" = inline(crate::schema::Id), Path, description = "The member's id")),
    request_body(content = SwitchForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Back to the page")))]
pub(crate) async fn switch(
    State(service): State<Service>,
    asker: Asker,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    FormBody(form): FormBody<SwitchForm>,
) -> Result<Response, Problem> {
    csrf::check(&asker, &headers, &form.csrf)?;
    let Path(id) = path.map_err(|_| Problem::invalid("id", "must be UTF-8, percent-encoded"))?;
    check_id("id", &id)?;
    let reason = form.reason.trim();
    if !REASON.contains(&reason.chars().count()) {
        return Err(Problem::invalid("reason", "say why, in 2 to 200 characters"));
    }
    if !may_see(&service, &asker, &id).await {
        return Err(unknown());
    }
    let deed = if form.personalised { Deed::OptIn } else { Deed::OptOut };
    let note = asker.about(service.now(), deed, Some(&id), serde_json::json!({ "reason": reason }));
    service.switch_personalised(&id, form.personalised, &note).await.map_err(unwritten)?;
    Ok(Redirect::to(&format!("/members/{}?switched=yes", path_segment(&id))).into_response())
}

async fn may_see(service: &Service, asker: &Asker, id: &str) -> bool {
    asker.may_see(service, id).await.is_ok()
}

fn unknown() -> Problem {
    Problem::new(Code::UnknownMember, "there is no member of this id among those whom you may see")
}
