//! Who should hear about an activity or a topic, and how many will come.

use axum::extract::State;
use zhihui_engine::audience::Preview;

use super::json::Answer;
use super::take::{JsonBody, Spoken};
use crate::access::Asker;
use crate::answering::{LONGEST_PURPOSE, PreviewBody};
use crate::problem::Problem;
use crate::schema;
use crate::service::Service;
use crate::store::Deed;

/// Counts an audience without keeping it.
///
/// The funnel has one row for each condition of the rule; `selected` counts the arm `push`.
#[utoipa::path(post, path = "/v1/audiences/preview", tag = "staff", request_body = schema::PreviewRequest,
    responses((status = 200, body = schema::Preview)))]
pub(super) async fn preview(
    State(service): State<Service>,
    asker: Asker,
    Spoken(language): Spoken,
    JsonBody(mut body): JsonBody<PreviewBody>,
) -> Result<Answer<Preview>, Problem> {
    if body.item_id.is_some() == body.topic.is_some() {
        return Err(Problem::invalid("item_id", "give exactly one of item_id and topic"));
    }
    if body.hold_out.is_some_and(|share| !(0.0..1.0).contains(&share)) {
        return Err(Problem::invalid("hold_out", "must be a share from 0 to below 1, such as 0.1"));
    }
    if body.purpose.as_ref().is_some_and(|purpose| purpose.chars().count() > LONGEST_PURPOSE) {
        return Err(Problem::invalid("purpose", format!("at most {LONGEST_PURPOSE} characters")));
    }
    body.within.clone_from(&asker.union_id);
    let now = service.now();
    let target = serde_json::json!({ "item_id": body.item_id, "topic": body.topic, "purpose": body.purpose });
    let preview = service.compute_until_stopped(move |live, stop| {
        body.stop = stop.clone();
        live.answers.preview(&body, now, language)
    });
    let preview = preview.await??;
    if !preview.sample.is_empty() {
        asker.note(&service, Deed::Preview, None, target).await?;
    }
    Ok(Answer(preview))
}
