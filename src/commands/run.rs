//! `zhihui run`: ingests, builds, trains and publishes. Steps with unchanged inputs are skipped.

use std::path::PathBuf;
use std::time::Instant;

use chrono::{DateTime, Utc};
use serde_json::json;
use zhihui_api::AuditAction;
use zhihui_data::snapshot::Side;
use zhihui_pipeline::backtest::{AudienceBacktest, SizeReport};
use zhihui_pipeline::data_checks::CheckStatus;
use zhihui_pipeline::ingest;
use zhihui_pipeline::lake::Lake;
use zhihui_pipeline::run_history::{Run as Entry, RunHistory};
use zhihui_pipeline::train::sentence;

use std::sync::Arc;

use super::{Context, audit};
use crate::cli::Run;
use crate::home::Home;
use crate::outcome::Outcome;
use crate::progress::Meter;
use crate::search_meter::SearchBounds;
use crate::steps::{self, RunReport, Runner, Step};
use crate::{
    clock, data_checks, drain, erasure, ingest_lines, maintenance, output, refused_before, report_schedules,
    shared_revocations, training_outcome,
};

pub(crate) async fn run(context: &Context<'_>, args: &Run) -> anyhow::Result<Outcome> {
    let home = if args.plan { Home::open(context.home)? } else { Home::open_or_create(context.home)? };
    let paths = if args.paths.is_empty() { vec![home.inbox()] } else { args.paths.clone() };
    let search = SearchBounds::of(&args.search)?;
    // Reject an invalid instant and an unusable cluster before anything is written.
    home.as_of(args.as_of.as_of.as_deref())?;
    home.cluster()?;
    if args.plan {
        let report = plan(&home, &paths, args.as_of.as_of.as_deref()).await?;
        return print(context, &report);
    }
    let meter = Arc::new(Meter::start());
    let request = RunRequest {
        paths: &paths,
        as_of: args.as_of.as_of.as_deref(),
        search,
        accept_checks: args.accept_checks,
        is_nightly: args.nightly,
    };
    let report = all_steps(&home, &request, &meter).await?;
    drop(meter);
    print(context, &report)
}

/// Options of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunRequest<'a> {
    /// Files and folders to ingest.
    pub(crate) paths: &'a [PathBuf],
    /// The instant as typed.
    pub(crate) as_of: Option<&'a str>,
    pub(crate) search: SearchBounds,
    /// Whether to publish despite failed data checks.
    pub(crate) accept_checks: bool,
    /// Whether to maintain the lake when due.
    pub(crate) is_nightly: bool,
}

/// Runs all steps and records the run. A refused file does not stop the others.
pub(crate) async fn all_steps(home: &Home, request: &RunRequest<'_>, meter: &Arc<Meter>) -> anyhow::Result<RunReport> {
    let _lock = home.run_lock()?;
    let lake = home.lake().await?;
    let journal = home.journal().await?;
    let now = clock::now();
    // With the lock held, unfinished runs were interrupted.
    journal.mark_interrupted(now.timestamp()).await?;
    let run_id = steps::run_id(now);
    journal.begin(&run_id, "run", now.timestamp(), now.timestamp()).await?;
    let done = run_steps(home, (&lake, &journal), request, (run_id.clone(), now), meter).await;
    if let Err(error) = &done {
        journal.fail(&run_id, clock::now().timestamp(), &output::format_error(error)).await?;
    }
    let version = done.as_ref().ok().and_then(|report| report.version.as_deref());
    let detail = json!({ "run_id": run_id, "done": done.is_ok(), "version": version });
    audit::record(home, AuditAction::Run, detail).await?;
    done
}

async fn run_steps(
    home: &Home,
    (lake, journal): (&Lake, &RunHistory),
    request: &RunRequest<'_>,
    (run_id, now): (String, DateTime<Utc>),
    meter: &Arc<Meter>,
) -> anyhow::Result<RunReport> {
    let mut runner = Runner { home, lake, meter, run_id, as_of: now };
    shared_revocations::exchange(home, lake).await?;
    for erased in erasure::erase_pending(home, lake, &runner.run_id).await? {
        meter.done(&format!("erasure: {} rows erased from {}", erased.rows, erased.table));
    }
    let (mut ingested, files) = runner.ingest(request.paths, None).await?;
    if request.is_nightly && refused_before::all_refused_before(journal, &files).await? {
        // A file that stays in the inbox fails only the first nightly run.
        ingested.status = if ingested.rows == Some(0) { "skipped" } else { "done" };
        ingested.why = ingested.why.map(|why| format!("{why}; all were refused before and are unchanged"));
    }
    for line in ingest_lines::all(&files) {
        meter.done(&line);
    }
    let inputs = steps::table_versions(lake, "raw/").await?;
    runner.as_of = match request.as_of {
        // Events in the inbox up to this moment belong to this run.
        None if drain::has_pending(home, clock::now()).await? => {
            no_earlier_than(clock::now(), journal.last_done("run").await?.map(|run| run.as_of))
        }
        _ => instant(home, journal, &inputs, request.as_of, now).await?,
    };
    runner.as_of = clock::whole_second(runner.as_of);
    let built = runner.build().await?;
    // Include the events that the build took from the inbox.
    let inputs = steps::table_versions(lake, "raw/").await?;
    meter.done(&format!("build: {}", built.why.as_deref().unwrap_or_default()));
    let checks = data_checks::latest(home).await?;
    for check in checks.iter().filter(|check| check.status > CheckStatus::Ok) {
        meter.done(&format!("data check {}: {}", check.name, check.message.en));
    }
    let mut report = RunReport {
        run_id: runner.run_id.clone(),
        as_of: runner.as_of.to_rfc3339(),
        version: home.published().current()?,
        steps: vec![ingested, built],
        gate: None,
        audiences: None,
        files: steps::notable_files(&files),
        notes: steps::limited_notes(&files),
        checks,
        card: None,
    };
    match data_checks::refusal(home).await?.filter(|_| !request.accept_checks) {
        Some(refusal) => {
            meter.done(&refusal);
            let skipped = Some("a data check failed".to_owned());
            report.steps.push(steps::step("train", "skipped", skipped, Instant::now(), None));
            report.steps.push(steps::step("publish", "refused", Some(refusal), Instant::now(), None));
        }
        None => {
            let (trained, gate) = runner.train(request.search).await?;
            meter.done(&format!("train: {}", trained.why.as_deref().unwrap_or_default()));
            let (published, version) = runner.publish(request.accept_checks).await?;
            report.steps.extend([trained, published]);
            (report.gate, report.version) = (gate, Some(version));
            report.audiences = training_outcome::audiences_of(home);
        }
    }
    if request.is_nightly && !home.config.report.schedules.is_empty() {
        let sent = scheduled_reports(home, runner.as_of).await;
        meter.done(&format!("reports: {}", sent.why.as_deref().unwrap_or_default()));
        report.steps.push(sent);
    }
    if request.is_nightly
        && let Some(maintained) = maintenance::when_due(home, lake, journal).await?
    {
        meter.done(&format!("maintain: {}", maintained.why.as_deref().unwrap_or_default()));
        report.steps.push(maintained);
    }
    journal
        .finish(&Entry {
            run_id: report.run_id.clone(),
            command: "run".into(),
            as_of: runner.as_of.timestamp(),
            started_at: now.timestamp(),
            finished_at: Some(clock::now().timestamp()),
            outcome: Some(if refused(&report) { "refused" } else { "done" }.into()),
            version: report.version.clone(),
            inputs,
            result: serde_json::to_string(&report)?,
        })
        .await?;
    Ok(report)
}

/// Makes and sends the scheduled reports that are due. A failure is the result of this step and does not end the run.
async fn scheduled_reports(home: &Home, as_of: DateTime<Utc>) -> Step {
    let started = Instant::now();
    let results = match report_schedules::send_due(home, as_of, false).await {
        Ok(results) => results,
        Err(error) => return steps::step("reports", "failed", Some(output::format_error(&error)), started, None),
    };
    let has = |status: &str| results.iter().any(|result| result.status == status);
    let status = match () {
        () if has("failed") => "failed",
        () if has("sent") => "done",
        () => "skipped",
    };
    let new = results.iter().filter(|result| result.status != "already");
    let lines: Vec<String> =
        new.map(|result| format!("{} {}: {}", result.name, result.status, result.message)).collect();
    let why = if lines.is_empty() { "all were sent before".to_owned() } else { lines.join("; ") };
    steps::step("reports", status, Some(why), started, None)
}

/// Returns the instant of a run: as typed; else that of the last run, if it was today and inputs are unchanged; else
/// now.
async fn instant(
    home: &Home,
    journal: &RunHistory,
    inputs: &str,
    typed: Option<&str>,
    now: DateTime<Utc>,
) -> anyhow::Result<DateTime<Utc>> {
    if typed.is_some() {
        return home.as_of(typed);
    }
    let last = journal.last_done("run").await?;
    let now = no_earlier_than(now, last.as_ref().map(|run| run.as_of));
    let last = last.filter(|run| run.inputs == inputs).and_then(|run| DateTime::from_timestamp(run.as_of, 0));
    let same_day = |last: &DateTime<Utc>| home.zone().day(*last) == home.zone().day(now);
    Ok(last.filter(same_day).unwrap_or(now))
}

/// Returns now, or the instant of the last run if the clock was set back by less than a day. A state as of an earlier
/// instant would hide events that run took from the inbox, such as opt-outs.
fn no_earlier_than(now: DateTime<Utc>, last: Option<i64>) -> DateTime<Utc> {
    let last = last.and_then(|last| DateTime::from_timestamp(last, 0));
    last.filter(|last| now < *last && *last - now < chrono::Duration::days(1)).unwrap_or(now)
}

async fn plan(home: &Home, paths: &[PathBuf], typed: Option<&str>) -> anyhow::Result<RunReport> {
    let lake = home.lake().await?;
    let journal = home.journal().await?;
    let now = clock::now();
    let mut request = steps::ingest_request(home, paths, None, &steps::run_id(now))?;
    request.known = journal.known_files().await?;
    let new_files = ingest::pending(&lake, request, Arc::new(ingest::Silent)).await?;
    let inputs = steps::table_versions(&lake, "raw/").await?;
    let as_of = instant(home, &journal, &inputs, typed, now).await?;
    let events_wait = drain::has_pending(home, if typed.is_some() { as_of } else { now }).await?;
    let last = journal.last_done("run").await?;
    let same = last.as_ref().is_some_and(|run| run.inputs == inputs && run.as_of == as_of.timestamp())
        && new_files == 0
        && !events_wait;
    let would = |run: bool, step, why: &str| Step {
        step,
        status: if run { "would_run" } else { "would_skip" },
        why: Some(why.to_owned()),
        seconds: 0.0,
        rows: None,
    };
    let why = if same { "nothing changed" } else { "inputs or the instant changed" };
    let is_updated = same && !steps::is_trained_by_this_program(home)?;
    let why_trained = if is_updated { "the program was updated" } else { why };
    let files = if new_files == 0 { "no new file".to_owned() } else { format!("{new_files} new files") };
    let steps = vec![
        would(new_files > 0, "ingest", &files),
        would(!same, "build", why),
        would(!same || is_updated, "train", why_trained),
        would(!same || is_updated, "publish", why_trained),
    ];
    Ok(RunReport {
        run_id: steps::run_id(now),
        as_of: as_of.to_rfc3339(),
        version: home.published().current()?,
        steps,
        gate: None,
        audiences: None,
        files: Vec::new(),
        notes: Vec::new(),
        checks: Vec::new(),
        card: None,
    })
}

/// Prints a run. The exit code is 1 if a step was refused.
pub(crate) fn print(context: &Context<'_>, report: &RunReport) -> anyhow::Result<Outcome> {
    if context.json {
        output::json(report)?;
        return Ok(Outcome::refused_if(refused(report)));
    }
    let row = |step: &Step| {
        vec![
            step.step.to_owned(),
            step.status.to_owned(),
            format!("{:.1} s", step.seconds),
            step.rows.map_or_else(String::new, |rows| rows.to_string()),
            step.why.clone().unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = report.steps.iter().map(row).collect();
    output::table(&["step", "status", "time", "rows", "why"], &rows, &[false, false, true, true, false])?;
    if let Some(gate) = &report.gate {
        let [low, high] = gate.interval;
        output::print_line(&format!(
            "gate: {} {} {:.4} against {:.4} of popularity, gain {low:+.4} to {high:+.4}: {}",
            gate.model,
            gate.metric,
            gate.value,
            gate.baseline,
            if gate.accepted { "accepted" } else { "not accepted" }
        ))?;
        for side in Side::ALL.into_iter().filter(|_| !gate.sides.is_empty()) {
            output::print_line(&sentence(side, &gate.sides).en)?;
        }
    }
    report.audiences.iter().flat_map(audience_lines).try_for_each(|line| output::print_line(&line))?;
    output::print_line(&format!("as of {}, version {}", report.as_of, report.version.as_deref().unwrap_or("none")))?;
    Ok(Outcome::refused_if(refused(report)))
}

/// Returns one line for each group of items: recall of the audiences compared with the best simple rule.
fn audience_lines(report: &AudienceBacktest) -> Vec<String> {
    let all = report.parts.iter().filter(|part| part.history == "all" && part.members == "all");
    let lines = all.flat_map(|part| {
        let line = |size: &SizeReport| {
            let best = size.rules.iter().find(|rule| size.best_rule.as_ref() == Some(&rule.rule))?;
            let bound = |bound: Option<f64>| bound.map_or_else(|| "-".to_owned(), |bound| format!("{bound:.2}"));
            let [low, high] = best.interval.map(bound);
            Some(format!(
                "audiences: {} at {} past dates: lists of {} contain {:.1} % of responders, {} {:.1} %: lift {low} to {high}",
                part.items,
                report.dates.len(),
                size.size,
                100.0 * size.recall,
                best.rule,
                100.0 * best.recall,
            ))
        };
        part.sizes.iter().filter_map(line).collect::<Vec<String>>()
    });
    lines.collect()
}

fn refused(report: &RunReport) -> bool {
    report.steps.iter().any(|step| matches!(step.status, "refused" | "failed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_set_back_two_hours_does_not_hide_later_events() {
        let now: DateTime<Utc> = "2026-11-21T10:00:00Z".parse().expect("a time");
        let after = |hours: i64| no_earlier_than(now, Some((now + chrono::Duration::hours(hours)).timestamp()));
        assert_eq!(after(2), now + chrono::Duration::hours(2));
        assert_eq!((after(-2), no_earlier_than(now, None)), (now, now));
        assert_eq!(after(24 * 400), now, "a clock that ran ahead by a year is not followed");
    }
}
