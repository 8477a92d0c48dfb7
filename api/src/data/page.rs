//! Data: files in, runs, rejected rows, and the same rows back with what is wrong beside each.

#[path = "error_workbook.rs"]
pub(crate) mod errors;
#[path = "upload.rs"]
pub(crate) mod upload;
#[path = "view.rs"]
mod view;

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::csrf;
use super::frame::Frame;
use super::html::page;
use super::report::grouped;
use super::words;
use crate::access::Asker;
use crate::problem::{Code, Problem};
use crate::routes::{FormBody, Parameters};
use crate::service::Service;
use crate::store::Deed;
use crate::workshop::{Check, RunEntry, Workshop, WorkshopError};
use view::{RejectView, RunView, WaitingView};

/// Runs listed.
const RUNS: u32 = 20;
/// Files with rejected rows listed at most.
const MOST_REJECTED: usize = 50;

/// For so long the page waits for the rejected rows.
const REJECTS_WAIT: Duration = Duration::from_secs(10);

/// What the page tells about.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DataQuery {
    /// Only rows rejected in this run.
    run: Option<String>,
    /// `sent` after an upload, `began` after a run was begun, `busy` when another one runs.
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "data/page.html")]
struct DataPage<'a> {
    frame: &'a Frame,
    sentence: String,
    notice: Option<String>,
    can_upload: bool,
    most_bytes: String,
    waiting: Vec<WaitingView>,
    more_waiting: usize,
    runs: Vec<RunView>,
    running: bool,
    rejects: Vec<RejectView>,
    /// Whether rejected rows, which may name anybody, are handed out.
    sees_all: bool,
    run: Option<&'a str>,
    /// Checks that are not well: whether a failure, and in words.
    checks: Vec<(bool, String)>,
    broken: bool,
}

/// A form that only says who sends it.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Bare {
    /// The token of the page.
    #[serde(default)]
    csrf: String,
}

/// Files, runs and rejected rows.
#[utoipa::path(get, path = "/data", tag = "pages", params(DataQuery), responses((status = 200, description = "A page")))]
pub(crate) async fn data(
    State(service): State<Service>,
    frame: Frame,
    asker: Asker,
    headers: HeaderMap,
    Parameters(query): Parameters<DataQuery>,
) -> Result<Response, Problem> {
    let l = frame.l;
    // The page asks again and again how a run goes on and takes nothing else of the answer.
    let whole = !headers.contains_key("hx-request");
    let now = service.now();
    let zone = service.staleness().map(|now| now.facts.zone).unwrap_or_default();
    let seen = match service.workshop() {
        // Files, rejected rows and checks concern members of every union.
        Some(workshop) if asker.union_id.is_some() => Seen::of_runs(workshop.as_ref()).await,
        Some(workshop) => {
            let _place = if whole { Some(service.heavy().await?) } else { None };
            Seen::of(workshop.as_ref(), query.run.as_deref(), whole).await
        }
        None => Seen { broken: true, ..Seen::default() },
    };
    let running = seen.runs.iter().any(|run| view::is_running(run, now));
    let notice = match query.done.as_deref() {
        Some("sent") => {
            Some(l.say("文件已收进收件箱,处理之后生效。", "The files are in the inbox; they take effect after a run."))
        }
        Some("began") => Some(l.say("已经开始处理,这一页会自动更新。", "A run has begun; this page follows it.")),
        Some("busy") => {
            Some(l.say("已有一次处理正在进行,请等它结束。", "Another run is in progress; wait for it to end."))
        }
        _ => None,
    };
    let most = 12;
    let template = DataPage {
        sentence: sentence(&seen, running, asker.union_id.is_none(), &frame),
        notice: notice.map(str::to_owned),
        can_upload: asker.union_id.is_none() && service.workshop().is_some_and(|workshop| workshop.inbox().is_some()),
        most_bytes: view::bytes(service.settings().limits.upload_bytes, l),
        more_waiting: seen.waiting.len().saturating_sub(most),
        waiting: seen.waiting.iter().take(most).map(|file| WaitingView::new(file, zone, l)).collect(),
        runs: seen.runs.iter().map(|run| RunView::new(run, now, zone, l)).collect(),
        running,
        rejects: seen.rejects.iter().take(MOST_REJECTED).map(|file| RejectView::new(file, l)).collect(),
        sees_all: asker.union_id.is_none(),
        run: query.run.as_deref(),
        checks: seen.checks.iter().map(|check| (check.status == "fail", words::check(check, l))).collect(),
        broken: seen.broken,
        frame: &frame,
    };
    Ok(page(StatusCode::OK, &frame, &template))
}

/// Begins a run on what lies in the inbox.
#[utoipa::path(post, path = "/data/run", tag = "pages",
    request_body(content = Bare, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Begun, or another one runs")))]
pub(crate) async fn begin_run(
    State(service): State<Service>,
    asker: Asker,
    headers: HeaderMap,
    FormBody(form): FormBody<Bare>,
) -> Result<Response, Problem> {
    csrf::check(&asker, &headers, &form.csrf)?;
    let workshop = service.workshop().ok_or_else(no_workshop)?;
    let done = match workshop.start_run().await {
        Ok(()) => {
            asker.note(&service, Deed::RunStarted, None, serde_json::json!({})).await?;
            "began"
        }
        Err(WorkshopError::Busy(_)) => "busy",
        Err(error) => return Err(fault(&error)),
    };
    Ok(Redirect::to(&format!("/data?done={done}#runs")).into_response())
}

/// What the pipeline's side told.
#[derive(Default)]
struct Seen {
    waiting: Vec<crate::workshop::WaitingFile>,
    runs: Vec<RunEntry>,
    rejects: Vec<crate::workshop::RejectedFile>,
    checks: Vec<Check>,
    broken: bool,
}

impl Seen {
    /// When the pipeline ran and with which outcome, without its files.
    async fn of_runs(workshop: &dyn Workshop) -> Self {
        let runs = workshop.runs(RUNS).await.inspect_err(|error| tracing::error!(%error, "the runs cannot be shown"));
        let broken = runs.is_err();
        let runs = runs.unwrap_or_default().into_iter();
        let without_files = |run: RunEntry| RunEntry { steps: Vec::new(), files: Vec::new(), error: None, ..run };
        Self { runs: runs.map(without_files).collect(), broken, ..Self::default() }
    }

    async fn of(workshop: &dyn Workshop, run: Option<&str>, whole: bool) -> Self {
        let mut broken = false;
        let mut told = |what: &str, error: &WorkshopError| {
            tracing::error!(%error, what, "a part of the data page cannot be shown");
            broken = true;
        };
        let waiting = workshop.waiting().await.map_err(|error| told("inbox", &error)).unwrap_or_default();
        let runs = workshop.runs(RUNS).await.map_err(|error| told("runs", &error)).unwrap_or_default();
        let rejects = if whole {
            // A question to the lake may take long while a run goes on; the rest of the page does not wait for it.
            let late = || Err(WorkshopError::Busy("no answer in time".into()));
            let asked = tokio::time::timeout(REJECTS_WAIT, workshop.rejects(run)).await.unwrap_or_else(|_| late());
            asked.map_err(|error| told("rejects", &error)).unwrap_or_default()
        } else {
            Vec::new()
        };
        let checks = workshop.checks().await.into_iter().filter(|check| check.status != "ok").collect();
        Self { waiting, runs, rejects, checks, broken }
    }
}

fn sentence(seen: &Seen, running: bool, sees_all: bool, frame: &Frame) -> String {
    let en = frame.l.tag() == "en";
    let rejected: u64 = seen.rejects.iter().flat_map(|file| file.reasons.iter().map(|(_, _, count)| count)).sum();
    let count = grouped(rejected as f64, 0);
    let last = seen.runs.iter().find(|run| run.outcome.is_some());
    let state = match (running, last.and_then(|run| run.outcome.as_deref()), en) {
        (true, _, false) => "正在处理数据".to_owned(),
        (true, _, true) => "A run is in progress".to_owned(),
        (false, None, false) => "还没有处理过数据".to_owned(),
        (false, None, true) => "No run is on record yet".to_owned(),
        (false, Some("done"), false) => "最近一次处理顺利完成".to_owned(),
        (false, Some("done"), true) => "The latest run went well".to_owned(),
        (false, Some("refused"), false) => "最近一次处理完成了,但有文件被拒收".to_owned(),
        (false, Some("refused"), true) => "The latest run ended, but files were refused".to_owned(),
        (false, Some(_), false) => "最近一次处理失败了,仍用上一次的结果服务".to_owned(),
        (false, Some(_), true) => "The latest run failed; the result before it goes on serving".to_owned(),
    };
    if seen.broken || !sees_all {
        return if en { format!("{state}.") } else { format!("{state}。") };
    }
    match (rejected, en) {
        (0, false) => format!("{state},没有被退回的行。"),
        (0, true) => format!("{state}; no row was rejected."),
        (_, false) => format!("{state};有 {count} 行数据用不了,可以下载改正后再上传。"),
        (_, true) => {
            format!("{state}; {count} rows could not be used: take them away, correct them and upload them again.")
        }
    }
}

fn no_workshop() -> Problem {
    Problem::new(Code::NotFound, "this service has no pipeline beside it; use the command line of the server")
}

fn fault(error: &WorkshopError) -> Problem {
    match error {
        WorkshopError::NotFound(what) => Problem::new(Code::NotFound, what.clone()),
        WorkshopError::Busy(what) => Problem::new(Code::Busy, what.clone()).retry_after(5),
        WorkshopError::Failed(what) => {
            tracing::error!(%what, "the pipeline's side failed");
            Problem::new(Code::Internal, "this failed; the log of the service says why")
        }
    }
}
