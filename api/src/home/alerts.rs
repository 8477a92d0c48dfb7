//! What needs attention: old data, failed runs and checks, rejected rows, new files, the model gate, and items that are full
//! or close soon.

use zhihui_data::ItemKind;
use zhihui_engine::insight::{ItemInsight, Phase};

use super::age::age;
use super::pipeline_status::PipelineStatus;
use crate::data::labels as data_labels;
use crate::live::publish::Staleness;
use crate::models::model_name::is_personal;
use crate::web::layout::Layout;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;
use crate::web::url::{percent_encode, url_with_query};

/// Maximum number of items named in an alert.
const MAX_NAMES: usize = 3;
/// Items that close within this many seconds close soon.
const SOON_SECONDS: i64 = 2 * 86_400;

/// Something that needs attention.
pub(crate) struct Alert {
    /// `bad` or `warn`.
    pub(crate) tone: &'static str,
    pub(crate) text: String,
    /// The page to act on; empty if the caller may not open it.
    pub(crate) url: String,
    /// Label of the link.
    pub(crate) action: &'static str,
}

/// Everything that needs attention, most important first.
pub(crate) fn alerts(
    layout: &Layout,
    state: Option<&Staleness>,
    items: &[ItemInsight],
    status: &PipelineStatus,
    now: i64,
) -> Vec<Alert> {
    let t = layout.t;
    let is_staff = layout.is_staff() && layout.sees_all_unions;
    let data_url = |part: &str| if is_staff { format!("/data{part}") } else { String::new() };
    let models_url = || if layout.sees_all_unions { "/models".to_owned() } else { String::new() };
    let bad = |text: String, url, action| Alert { tone: "bad", text, url, action };
    let warn = |text: String, url, action| Alert { tone: "warn", text, url, action };
    let mut all = Vec::new();
    match state {
        None => all.push(bad(t.home_nothing_published().to_owned(), data_url(""), t.home_upload_data())),
        Some(state) if state.stale => {
            all.push(bad(t.home_stale(age(state.age_seconds, t)), data_url("#runs"), t.home_view()));
        }
        Some(_) => {}
    }
    for check in &status.checks {
        let tone = if check.status == "fail" { "bad" } else { "warn" };
        all.push(Alert { tone, text: data_labels::check(check, t), url: data_url(""), action: t.home_view() });
    }
    if let Some(run) = &status.last_run {
        let refused = run.files.iter().filter(|file| file.status == "refused").count();
        if run.outcome.as_deref() == Some("failed") {
            all.push(bad(t.home_run_failed().to_owned(), data_url("#runs"), t.home_view()));
        }
        if refused > 0 {
            all.push(bad(t.home_files_refused(refused), data_url("#runs"), t.home_view()));
        }
        if status.rejected > 0 {
            let url = url_with_query("/data", [("run", run.run_id.as_str())]) + "#rejects";
            all.push(warn(t.home_rows_rejected(grouped(status.rejected as f64, 0)), url, t.home_download_rejected()));
        }
        if run.gate.as_ref().is_some_and(|gate| !gate.accepted) {
            all.push(warn(t.home_gate_failed().to_owned(), models_url(), t.home_view_gate()));
        }
    }
    if status.new_files > 0 {
        all.push(warn(t.home_new_files(status.new_files), data_url("#upload"), t.home_run_now()));
    }
    if state.is_some_and(|state| !is_personal(&state.info.model)) {
        all.push(warn(t.home_popularity_serves().to_owned(), models_url(), t.home_why()));
    }
    all.extend(item_alerts(items, now, t));
    all
}

/// Items that close soon with most seats left, and full items.
fn item_alerts(items: &[ItemInsight], now: i64, t: Locale) -> Vec<Alert> {
    let matching = |wanted: &dyn Fn(&ItemInsight) -> bool| -> Vec<&ItemInsight> {
        items.iter().filter(|item| item.kind != ItemKind::Article && wanted(item)).collect()
    };
    let is_mostly_free = |item: &ItemInsight| match (item.capacity, item.seats_left) {
        (Some(capacity), Some(left)) => capacity > 0 && left > capacity / 2,
        _ => false,
    };
    let closes_soon = |item: &ItemInsight| item.closes_at.is_some_and(|at| (now..now + SOON_SECONDS).contains(&at));
    let slow = matching(&|item| item.phase == Phase::Open && closes_soon(item) && is_mostly_free(item));
    let full = matching(&|item| item.phase == Phase::Full);
    let names = |found: &[&ItemInsight]| {
        found.iter().take(MAX_NAMES).map(|item| format!("「{}」", item.title)).collect::<String>()
    };
    let url = |found: &[&ItemInsight], list: &str| match found {
        [only] => format!("/items/{}", percent_encode(&only.item_id)),
        _ => list.to_owned(),
    };
    let alert = |text, url| Alert { tone: "warn", text, url, action: t.home_view() };
    let mut alerts = Vec::new();
    if !slow.is_empty() {
        alerts.push(alert(t.home_items_closing(slow.len(), names(&slow)), url(&slow, "/items?sort=closes")));
    }
    if !full.is_empty() {
        alerts.push(alert(t.home_items_full(full.len(), names(&full)), url(&full, "/items?sort=seats")));
    }
    alerts
}
