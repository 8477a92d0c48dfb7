//! The home page: what is published and how old it is, what needs attention, and shortcuts.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use zhihui_data::Zone;
use zhihui_engine::insight::Phase;

use super::age::age;
use super::alerts::{Alert, alerts};
use super::pipeline_status::PipelineStatus;
use super::shortcuts::{Shortcut, shortcuts};
use crate::data::jobs::RunEntry;
use crate::data::labels as data_labels;
use crate::middleware::problem::Problem;
use crate::models::model_name::is_personal;
use crate::service::Service;
use crate::web::html::page;
use crate::web::layout::Layout;
use crate::web::locale::Locale;
use crate::web::numbers::{grouped, local_minute};

#[derive(Template)]
#[template(path = "home/page.html")]
struct HomePage<'a> {
    layout: &'a Layout,
    sentence: String,
    snapshot: Option<SnapshotView>,
    alerts: Vec<Alert>,
    shortcuts: Vec<Shortcut>,
    program_version: &'static str,
}

/// The published snapshot, formatted.
struct SnapshotView {
    version: String,
    as_of: String,
    age: String,
    /// Number of members. Hidden from callers limited to one union.
    members: Option<String>,
    items: String,
    open: String,
    model: &'static str,
    last_run: Option<RunView>,
}

/// The latest run, formatted.
struct RunView {
    at: String,
    outcome: String,
    tone: &'static str,
}

/// The home page.
#[utoipa::path(get, path = "/", tag = "pages", responses((status = 200, description = "A page")))]
pub(crate) async fn home(State(service): State<Service>, layout: Layout) -> Result<Response, Problem> {
    let (t, now) = (layout.t, service.now());
    let staleness = service.staleness();
    let zone = service.live.zone();
    let items = match service.live.get() {
        Some(_) => service.compute(move |live| live.engine.item_list(i64::MAX, now)).await?,
        None => Vec::new(),
    };
    // Files and runs cover members of all unions.
    let status = if layout.is_staff() && layout.sees_all_unions {
        PipelineStatus::load(&service).await
    } else {
        PipelineStatus::default()
    };
    let alerts = alerts(&layout, staleness.as_ref(), &items, &status, now);
    let open = items.iter().filter(|item| item.phase == Phase::Open).count();
    let snapshot = staleness.map(|state| SnapshotView {
        as_of: local_minute(state.info.as_of, zone),
        age: age(state.age_seconds, t),
        members: layout.sees_all_unions.then(|| grouped(state.info.members as f64, 0)),
        items: grouped(state.info.items as f64, 0),
        open: grouped(open as f64, 0),
        model: if is_personal(&state.info.model) { t.home_personal() } else { t.home_popularity() },
        last_run: status.last_run.as_ref().map(|run| RunView::new(run, zone, t)),
        version: state.info.version,
    });
    let template = HomePage {
        sentence: sentence(snapshot.as_ref(), alerts.len(), t),
        shortcuts: shortcuts(&layout),
        alerts,
        snapshot,
        program_version: env!("CARGO_PKG_VERSION"),
        layout: &layout,
    };
    Ok(page(StatusCode::OK, &layout, &template))
}

impl RunView {
    fn new(run: &RunEntry, zone: Zone, t: Locale) -> Self {
        let outcome = run.outcome.as_deref().unwrap_or("running");
        let tone = match outcome {
            "done" => "good",
            "running" => "busy",
            _ => "full",
        };
        let at = local_minute(run.started_at, zone);
        Self { at, outcome: data_labels::outcome(outcome, t).to_owned(), tone }
    }
}

fn sentence(snapshot: Option<&SnapshotView>, alerts: usize, t: Locale) -> String {
    let Some(now) = snapshot else { return t.home_no_data().to_owned() };
    let (as_of, open) = (&now.as_of, &now.open);
    match (&now.members, alerts) {
        (Some(members), 0) => t.home_all_well(as_of, members, open),
        (Some(members), 1) => t.home_one_alert(as_of, members, open),
        (Some(members), _) => t.home_alerts(alerts, as_of, members, open),
        (None, 0) => t.home_all_well_one_union(as_of, open),
        (None, 1) => t.home_one_alert_one_union(as_of, open),
        (None, _) => t.home_alerts_one_union(alerts, as_of, open),
    }
}
