//! The page for choosing an audience: conditions in the URL, a funnel with one step for each, and the list as a file.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use zhihui_data::ItemKind;
use zhihui_engine::insight::{ItemInsight, Phase};

use super::form::AudienceForm;
use super::preview_view::PreviewView;
use super::saved_routes::saved_rules;
use crate::auth::caller::Caller;
use crate::live::queries::{AudienceChoices, AudienceQuery};
use crate::live::query_error::QueryError;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::web::html::page;
use crate::web::labels;
use crate::web::layout::Layout;
use crate::web::locale::Locale;

/// Articles of the last days can be chosen.
const ARTICLE_DAYS: i64 = 14;

#[derive(Template)]
#[template(path = "audiences/page.html")]
struct AudiencesPage<'a> {
    layout: &'a Layout,
    form: &'a AudienceForm,
    choices: AudienceChoices,
    items: Vec<ItemGroup>,
    lifecycles: Vec<(&'static str, &'a str)>,
    published: bool,
    view: Option<PreviewView>,
    /// What is wrong with the form.
    error: Option<String>,
    files: Option<[String; 2]>,
    /// Where the audience can be frozen; only for an item.
    freeze_url: Option<String>,
}

/// Items of one kind.
struct ItemGroup {
    label: &'static str,
    items: Vec<(String, String)>,
}

/// The page for choosing an audience.
///
/// Every condition is a parameter: `item_id` or `topic`, `band`, `district` with `where`, `gender`, `lifecycle`, `segment`,
/// `union`, `read` with `read_times` and `read_days`, `prefer`, `rule`, `limit`, `hold_out` (percent).
#[utoipa::path(get, path = "/audiences", tag = "pages", responses((status = 200, description = "A page")))]
pub(crate) async fn audiences(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    uri: Uri,
) -> Result<Response, Problem> {
    let form = AudienceForm::from_uri(&uri)?;
    let now = service.now();
    let choices = match service.live.get() {
        Some(_) => Some(
            service
                .compute(move |live| (live.engine.choices(), live.engine.item_list(now - ARTICLE_DAYS * 86_400, now)))
                .await?,
        ),
        None => None,
    };
    let published = choices.is_some();
    let (choices, items) = choices.unwrap_or_default();
    let (view, error) = match (form.has_target() && published, form.query(layout.t)) {
        (false, _) => (None, None),
        (true, Err(error)) => (None, Some(error)),
        (true, Ok((query, labels))) => {
            let language = layout.t.language();
            let query = AudienceQuery { within: caller.union_id.clone(), saved: saved_rules(&service).await?, ..query };
            let target =
                serde_json::json!({ "item_id": query.item_id, "topic": query.topic, "purpose": query.purpose });
            let preview = service.compute_cancellable(move |live, cancel| {
                live.engine.preview(&AudienceQuery { cancel: cancel.clone(), ..query }, now, language)
            });
            match preview.await? {
                Ok(preview) => {
                    if !preview.sample.is_empty() {
                        caller.record(&service, AuditAction::Preview, None, target).await?;
                    }
                    (Some(PreviewView::new(&preview, &labels, layout.t)), None)
                }
                Err(error @ QueryError::Cancelled(_)) => return Err(error.into()),
                Err(error) => (None, Some(error_text(&error, layout.t))),
            }
        }
    };
    let files = view.as_ref().map(|_| ["csv", "xlsx"].map(|format| form.url("/audiences/file", Some(format))));
    let freeze_url = view.as_ref().filter(|view| !view.nobody && form.item_id.is_some());
    let freeze_url = freeze_url.map(|_| form.url("/push-lists", None));
    let stages = zhihui_data::snapshot::Members::LIFECYCLE;
    let template = AudiencesPage {
        lifecycles: stages.iter().map(|&stage| (stage, labels::lifecycle(stage, layout.t))).collect(),
        items: groups(&items, form.item_id.as_deref(), &layout),
        form: &form,
        choices,
        published,
        view,
        error,
        freeze_url,
        files: files.filter(|_| service.ports.list_writer.is_some()),
        layout: &layout,
    };
    Ok(page(StatusCode::OK, &layout, &template))
}

fn error_text(error: &QueryError, t: Locale) -> String {
    match error {
        QueryError::UnknownItem(id) => t.audiences_unknown_item(id),
        QueryError::Sensitive { pointer, .. } => t.audiences_sensitive_condition(pointer),
        other => other.to_string(),
    }
}

/// Items to choose from by kind. The chosen item stays in the list even if it is closed.
fn groups(items: &[ItemInsight], chosen: Option<&str>, layout: &Layout) -> Vec<ItemGroup> {
    let offered = |item: &&ItemInsight| matches!(item.phase, Phase::Open | Phase::NotOpenYet | Phase::Full);
    let mut groups: Vec<ItemGroup> = ItemKind::ALL
        .iter()
        .rev()
        .map(|&kind| {
            let of_kind = items.iter().filter(|item| item.kind == kind).filter(offered);
            let mut items: Vec<(String, String)> =
                of_kind.map(|item| (item.item_id.clone(), item.title.clone())).collect();
            items.sort_by(|left, right| left.1.cmp(&right.1));
            ItemGroup { label: labels::kind(kind, layout.t), items }
        })
        .filter(|group| !group.items.is_empty())
        .collect();
    let is_listed = |id: &str| groups.iter().any(|group| group.items.iter().any(|(known, _)| known == id));
    if let Some(id) = chosen.filter(|id| !is_listed(id)) {
        let label = layout.t.audiences_other_items();
        groups.insert(0, ItemGroup { label, items: vec![(id.to_owned(), id.to_owned())] });
    }
    groups
}
