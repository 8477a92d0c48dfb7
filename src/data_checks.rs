//! Data checks of a home: measured after a build, stored in the run history, and used by publish, doctor, pages and
//! reports.

use chrono::{DateTime, Utc};
use zhihui_engine::report::Sentence;
use zhihui_pipeline::build::BuildReport;
use zhihui_pipeline::data_checks::{
    CheckStatus, DataCheck, MeasureOptions, Measures, measure, roster_sizes, run_checks,
};
use zhihui_pipeline::ingest::FileReport;
use zhihui_pipeline::lake::Lake;
use zhihui_pipeline::run_history::CheckedBuild;

use crate::clock;
use crate::home::Home;

/// Number of published builds with which rosters are compared.
const COMPARED: u32 = 60;

/// Records the sizes of the ingested rosters.
pub(crate) async fn note_rosters(home: &Home, run_id: &str, files: &[FileReport]) -> anyhow::Result<()> {
    let rosters = roster_sizes(files);
    if rosters.is_empty() {
        return Ok(());
    }
    Ok(home.journal().await?.record_roster_sizes(run_id, &rosters, clock::now().timestamp()).await?)
}

/// Measures a committed build, compares it with published builds, and stores the result.
pub(crate) async fn check_build(
    home: &Home,
    lake: &Lake,
    run_id: &str,
    as_of: DateTime<Utc>,
    built: &BuildReport,
) -> anyhow::Result<()> {
    let (journal, now) = (home.journal().await?, clock::now());
    let roster_sizes = journal.roster_sizes().await?;
    let newest_roster =
        roster_sizes.iter().filter(|(name, _)| name.starts_with("members/")).map(|(_, (_, at))| *at).max();
    let options = MeasureOptions { as_of, now, deliveries: roster_sizes, limits: home.work_limits() };
    let mut measures = measure(lake, built, &options).await?;
    measures.latest.extend(newest_roster.map(|at| ("members".to_owned(), at)));
    let latest = journal.latest_checks().await?;
    if latest.is_some_and(|latest| latest.measures == measures) {
        return Ok(());
    }
    let published = journal.published_checks(COMPARED).await?;
    // A roster whose failure was accepted has the right size. Earlier, larger ones do not count.
    let was_refused = |build: &CheckedBuild| {
        build.checks.iter().any(|check| check.name == "data_roster" && check.status == CheckStatus::Fail)
    };
    let since = published.iter().position(was_refused).map_or(published.len(), |at| at + 1);
    let published: Vec<Measures> = published.into_iter().take(since).map(|build| build.measures).collect();
    let checks = run_checks(&measures, &published, &home.config.checks, home.zone());
    let build =
        CheckedBuild { run_id: run_id.to_owned(), measured_at: now.timestamp(), measures, checks, published: false };
    Ok(journal.record_checks(&build).await?)
}

/// Returns the checks of the latest build, most serious first. Failures of a published build were accepted and become
/// warnings.
pub(crate) async fn latest(home: &Home) -> anyhow::Result<Vec<DataCheck>> {
    if !home.database().exists() {
        return Ok(Vec::new());
    }
    let Some(build) = home.journal().await?.latest_checks().await? else { return Ok(Vec::new()) };
    let mut checks = build.checks;
    if build.published {
        checks.iter_mut().for_each(|check| check.status = check.status.min(CheckStatus::Warn));
    }
    checks.sort_by_key(|check| std::cmp::Reverse(check.status));
    Ok(checks)
}

/// Returns why the latest build must not be published, or `None`.
pub(crate) async fn refusal(home: &Home) -> anyhow::Result<Option<String>> {
    let failed: Vec<DataCheck> =
        latest(home).await?.into_iter().filter(|check| check.status == CheckStatus::Fail).collect();
    if failed.is_empty() {
        return Ok(None);
    }
    let found: Vec<String> = failed.iter().map(|check| format!("{}: {}", check.name, check.message.en)).collect();
    Ok(Some(format!(
        "data checks failed, so the previous snapshot stays in service: {}; correct the files and run again, or accept the data \
         with `zhihui run --accept-checks`",
        found.join("; ")
    )))
}

pub(crate) async fn accept(home: &Home) -> anyhow::Result<()> {
    Ok(home.journal().await?.mark_checks_published().await?)
}

/// Returns notes about the data for readers of a report.
pub(crate) async fn notes(home: &Home) -> anyhow::Result<Vec<Sentence>> {
    let checks = latest(home).await?.into_iter().filter(|check| check.status > CheckStatus::Ok);
    let note = |check: DataCheck| Sentence {
        zh: format!("数据检查：{}", check.message.zh),
        en: format!("Data check: {}.", check.message.en),
    };
    Ok(checks.map(note).collect())
}
