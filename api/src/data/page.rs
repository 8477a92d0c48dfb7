//! The data page: uploads, waiting files, runs and rejected rows.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::jobs::{Check, DataJobs, JobError, RejectedFile, RunEntry, WaitingFile};
use super::view::{RejectView, RunView, WaitingView};
use super::{labels as data_labels, view};
use crate::auth::caller::Caller;
use crate::auth::page_form::{ButtonForm, PageForm};
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::web::extract::QueryParams;
use crate::web::html::page;
use crate::web::layout::Layout;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;

/// Number of runs shown.
const RUNS: u32 = 20;
/// Maximum number of files with rejected rows shown.
const MAX_REJECTED_FILES: usize = 50;

/// How long the page waits for the rejected rows.
const REJECTS_TIMEOUT: Duration = Duration::from_secs(10);

/// What the page shows.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DataQuery {
    /// Only rows rejected in this run.
    run: Option<String>,
    /// `sent` after an upload, `began` after a run was started, `busy` if another one is in progress, `mapped` after a
    /// mapping was kept.
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "data/page.html")]
struct DataPage<'a> {
    layout: &'a Layout,
    sentence: String,
    notice: Option<&'static str>,
    can_upload: bool,
    /// Whether files can be previewed.
    can_map: bool,
    max_bytes: String,
    waiting: Vec<WaitingView>,
    more_waiting: usize,
    runs: Vec<RunView>,
    is_running: bool,
    rejects: Vec<RejectView>,
    /// Whether the caller may download rejected rows, which may name any member.
    sees_all_unions: bool,
    run: Option<&'a str>,
    /// Failed checks: whether it is an error, and the text.
    checks: Vec<(bool, String)>,
    is_incomplete: bool,
}

/// The data page.
#[utoipa::path(get, path = "/data", tag = "pages", params(DataQuery), responses((status = 200, description = "A page")))]
pub(crate) async fn data(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    headers: HeaderMap,
    QueryParams(query): QueryParams<DataQuery>,
) -> Result<Response, Problem> {
    let t = layout.t;
    // During a run the page polls only the list of runs.
    let is_full_page = !headers.contains_key("hx-request");
    let now = service.now();
    let zone = service.live.zone();
    let overview = match &service.ports.data_jobs {
        // Files, rejected rows and checks may name members of all unions.
        Some(jobs) if !caller.sees_all_unions() => Overview::runs_only(jobs.as_ref()).await,
        Some(jobs) => {
            let _permit = if is_full_page { Some(service.computations.acquire().await?) } else { None };
            Overview::load(jobs.as_ref(), query.run.as_deref(), is_full_page).await
        }
        None => Overview { is_incomplete: true, ..Overview::default() },
    };
    let has_running_run = overview.runs.iter().any(|run| view::is_running(run, now));
    let notice = match query.done.as_deref() {
        Some("sent") => Some(t.data_notice_sent()),
        Some("began") => Some(t.data_notice_started()),
        Some("busy") => Some(t.data_notice_busy()),
        Some("mapped") => Some(t.data_notice_mapped()),
        _ => None,
    };
    const MAX_WAITING: usize = 12;
    let template = DataPage {
        sentence: overview.sentence(has_running_run, caller.sees_all_unions(), t),
        notice,
        can_upload: caller.sees_all_unions()
            && service.ports.data_jobs.as_ref().is_some_and(|jobs| jobs.inbox().is_some()),
        can_map: service.ports.file_mapper.is_some(),
        max_bytes: view::bytes(service.settings.limits.upload_bytes),
        more_waiting: overview.waiting.len().saturating_sub(MAX_WAITING),
        waiting: overview.waiting.iter().take(MAX_WAITING).map(|file| WaitingView::new(file, zone)).collect(),
        runs: overview.runs.iter().map(|run| RunView::new(run, now, zone, t)).collect(),
        is_running: has_running_run,
        rejects: overview.rejects.iter().take(MAX_REJECTED_FILES).map(|file| RejectView::new(file, t)).collect(),
        sees_all_unions: caller.sees_all_unions(),
        run: query.run.as_deref(),
        checks: overview.checks.iter().map(|check| (check.status == "fail", data_labels::check(check, t))).collect(),
        is_incomplete: overview.is_incomplete,
        layout: &layout,
    };
    Ok(page(StatusCode::OK, &layout, &template))
}

/// Starts a run on the files in the inbox.
#[utoipa::path(post, path = "/data/run", tag = "pages", operation_id = "begin_run",
    request_body(content = ButtonForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Started, or another run is in progress")))]
pub(crate) async fn start_run(
    State(service): State<Service>,
    PageForm { caller, .. }: PageForm<ButtonForm>,
) -> Result<Response, Problem> {
    let jobs = service.ports.data_jobs.as_ref().ok_or_else(JobError::no_pipeline)?;
    let done = match jobs.start_run().await {
        Ok(()) => {
            caller.record(&service, AuditAction::RunStarted, None, serde_json::json!({})).await?;
            "began"
        }
        Err(JobError::Busy(_)) => "busy",
        Err(error) => return Err(error.into()),
    };
    Ok(Redirect::to(&format!("/data?done={done}#runs")).into_response())
}

/// What the page shows of the pipeline.
#[derive(Default)]
struct Overview {
    waiting: Vec<WaitingFile>,
    runs: Vec<RunEntry>,
    rejects: Vec<RejectedFile>,
    checks: Vec<Check>,
    /// Whether a part could not be read.
    is_incomplete: bool,
}

impl Overview {
    /// Only time and outcome of the runs, for callers limited to one union.
    async fn runs_only(jobs: &dyn DataJobs) -> Self {
        let runs = jobs.runs(RUNS).await.inspect_err(|error| tracing::error!(%error, "the runs cannot be read"));
        let is_incomplete = runs.is_err();
        let runs = runs.unwrap_or_default().into_iter();
        let without_files =
            |run: RunEntry| RunEntry { steps: Vec::new(), files: Vec::new(), notes: Vec::new(), error: None, ..run };
        Self { runs: runs.map(without_files).collect(), is_incomplete, ..Self::default() }
    }

    async fn load(jobs: &dyn DataJobs, run: Option<&str>, with_rejects: bool) -> Self {
        let mut is_incomplete = false;
        let mut report = |part: &str, error: &JobError| {
            tracing::error!(%error, part, "a part of the data page cannot be read");
            is_incomplete = true;
        };
        let waiting = jobs.waiting().await.map_err(|error| report("inbox", &error)).unwrap_or_default();
        let runs = jobs.runs(RUNS).await.map_err(|error| report("runs", &error)).unwrap_or_default();
        let rejects = if with_rejects {
            // A query on the lake may take long during a run. The rest of the page does not wait for it.
            let timed_out = |_| Err(JobError::Busy("the query timed out".into()));
            let rejects = tokio::time::timeout(REJECTS_TIMEOUT, jobs.rejects(run)).await.unwrap_or_else(timed_out);
            rejects.map_err(|error| report("rejects", &error)).unwrap_or_default()
        } else {
            Vec::new()
        };
        let checks = jobs.checks().await.into_iter().filter(|check| check.status != "ok").collect();
        Self { waiting, runs, rejects, checks, is_incomplete }
    }

    fn sentence(&self, is_running: bool, shows_rejects: bool, t: Locale) -> String {
        let last = self.runs.iter().find_map(|run| run.outcome.as_deref());
        let state = match last {
            _ if is_running => t.data_state_running(),
            None => t.data_state_no_run(),
            Some("done") => t.data_state_done(),
            Some("refused") => t.data_state_refused(),
            Some(_) => t.data_state_failed(),
        };
        if self.is_incomplete || !shows_rejects {
            return t.data_summary(state);
        }
        let rejected: u64 = self.rejects.iter().flat_map(|file| file.reasons.iter().map(|(_, _, count)| count)).sum();
        let nulled: u64 = self.rejects.iter().flat_map(|file| file.nulled.iter().map(|(_, _, count)| count)).sum();
        let mut sentence = match rejected {
            0 => t.data_summary_no_rejects(state),
            count => t.data_summary_with_rejects(grouped(count as f64, 0), state),
        };
        if nulled > 0 {
            sentence.push_str(&t.data_summary_nulled(grouped(nulled as f64, 0)));
        }
        sentence
    }
}
