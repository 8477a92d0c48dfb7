//! Choosing an audience: conditions in the address, a count after every one of them, and the list as a file.

#[path = "form.rs"]
mod conditions;
#[path = "list_file.rs"]
pub(crate) mod file;
#[path = "preview_view.rs"]
mod preview;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use zhihui_data::ItemKind;
use zhihui_engine::insight::{ItemInsight, Phase};

use conditions::Asked;
use preview::PreviewView;

use super::frame::Frame;
use super::html::page;
use super::words;
use crate::access::Asker;
use crate::answering::{PreviewBody, Unanswerable};
use crate::problem::Problem;
use crate::service::Service;
use crate::showing::Choices;
use crate::store::Deed;

/// Articles from so many days back may be chosen for.
const ARTICLE_DAYS: i64 = 14;

#[derive(Template)]
#[template(path = "audiences/page.html")]
struct AudiencesPage<'a> {
    frame: &'a Frame,
    asked: &'a Asked,
    choices: Choices,
    items: Vec<Group>,
    lifecycles: Vec<(&'static str, &'a str)>,
    published: bool,
    view: Option<PreviewView>,
    /// What is wrong with what was asked.
    complaint: Option<String>,
    files: Option<[String; 2]>,
}

/// Items of one kind to choose from.
struct Group {
    label: &'static str,
    items: Vec<(String, String)>,
}

/// Choosing an audience.
///
/// Every condition is a parameter: `item_id` or `topic`, `band`, `district` with `where`, `gender`, `lifecycle`, `segment`,
/// `union`, `read` with `read_times` and `read_days`, `prefer`, `rule`, `limit`, `hold_out` (percent).
#[utoipa::path(get, path = "/audiences", tag = "pages", responses((status = 200, description = "A page")))]
pub(crate) async fn audiences(
    State(service): State<Service>,
    frame: Frame,
    asker: Asker,
    uri: Uri,
) -> Result<Response, Problem> {
    let asked = Asked::of(&uri)?;
    let now = service.now();
    let known = match service.live() {
        Ok(_) => Some(
            service
                .compute(move |live| (live.answers.choices(), live.answers.item_list(now - ARTICLE_DAYS * 86_400, now)))
                .await?,
        ),
        Err(_) => None,
    };
    let published = known.is_some();
    let (choices, items) = known.unwrap_or_default();
    let (view, complaint) = match (asked.has_target() && published, asked.body(frame.l)) {
        (false, _) => (None, None),
        (true, Err(complaint)) => (None, Some(complaint)),
        (true, Ok((body, labels))) => {
            let language = frame.l.0;
            let body = PreviewBody { within: asker.union_id.clone(), ..body };
            let target = serde_json::json!({ "item_id": body.item_id, "topic": body.topic, "purpose": body.purpose });
            let preview = service.compute_until_stopped(move |live, stop| {
                live.answers.preview(&PreviewBody { stop: stop.clone(), ..body }, now, language)
            });
            match preview.await? {
                Ok(preview) => {
                    if !preview.sample.is_empty() {
                        asker.note(&service, Deed::Preview, None, target).await?;
                    }
                    (Some(PreviewView::new(&preview, &labels, frame.l)), None)
                }
                Err(error @ Unanswerable::Stopped(_)) => return Err(error.into()),
                Err(error) => (None, Some(complaint_of(&error, &frame))),
            }
        }
    };
    let files = view.as_ref().map(|_| ["csv", "xlsx"].map(|format| asked.address("/audiences/file", Some(format))));
    let stages = zhihui_data::snapshot::Members::LIFECYCLE;
    let template = AudiencesPage {
        lifecycles: stages.iter().map(|&stage| (stage, words::lifecycle(stage, frame.l))).collect(),
        items: groups(&items, asked.item_id.as_deref(), &frame),
        asked: &asked,
        choices,
        published,
        view,
        complaint,
        files: files.filter(|_| service.workshop().is_some()),
        frame: &frame,
    };
    Ok(page(StatusCode::OK, &frame, &template))
}

fn complaint_of(error: &Unanswerable, frame: &Frame) -> String {
    match error {
        Unanswerable::UnknownItem(id) if frame.l.tag() == "en" => format!("There is no item {id}; choose another."),
        Unanswerable::UnknownItem(id) => format!("没有编号为 {id} 的内容,请另选一项。"),
        Unanswerable::Sensitive { pointer, .. } if frame.l.tag() == "en" => {
            format!("A condition ({pointer}) selects people by a sensitive topic, which is not allowed; take it out.")
        }
        Unanswerable::Sensitive { pointer, .. } => {
            format!("条件（{pointer}）涉及敏感主题，不能据此选人；请去掉该条件。")
        }
        other => other.to_string(),
    }
}

/// What may be announced, by kind; what was asked for stays in the list even if it is over.
fn groups(items: &[ItemInsight], chosen: Option<&str>, frame: &Frame) -> Vec<Group> {
    let offered = |item: &&ItemInsight| matches!(item.phase, Phase::Open | Phase::NotOpenYet | Phase::Full);
    let mut groups: Vec<Group> = ItemKind::ALL
        .iter()
        .rev()
        .map(|&kind| {
            let of_kind = items.iter().filter(|item| item.kind == kind).filter(offered);
            let mut items: Vec<(String, String)> =
                of_kind.map(|item| (item.item_id.clone(), item.title.clone())).collect();
            items.sort_by(|left, right| left.1.cmp(&right.1));
            Group { label: words::kind(kind, frame.l), items }
        })
        .filter(|group| !group.items.is_empty())
        .collect();
    let is_listed = |id: &str| groups.iter().any(|group| group.items.iter().any(|(known, _)| known == id));
    if let Some(id) = chosen.filter(|id| !is_listed(id)) {
        let label = frame.l.say("其他", "Other");
        groups.insert(0, Group { label, items: vec![(id.to_owned(), id.to_owned())] });
    }
    groups
}
