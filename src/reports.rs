//! Makes reports from the lake for the service, and determines their period.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Datelike, Days, Utc};
use zhihui_api::{Clock, PeriodBound, ReportSource, ReportSourceError};
use zhihui_data::Zone;
use zhihui_engine::report::Report;
use zhihui_pipeline::build::BuildError;
use zhihui_pipeline::lake::Lake;
use zhihui_pipeline::report::{self, Compare, ReportError, ReportOptions, ReportQuery, YEARS};

use crate::data_checks;
use crate::day_notes;
use crate::finished_reports::{FinishedReports, ReportInputs};
use crate::home::Home;
use crate::lake_runtime::run_on_lake_threads;

/// Default length of a report in days.
const DAYS: u64 = 30;

/// Reports of one home.
pub(crate) struct LakeReports {
    home: Arc<Home>,
    clock: Clock,
    finished: Arc<FinishedReports>,
}

impl std::fmt::Debug for LakeReports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LakeReports").field("home", &self.home).finish_non_exhaustive()
    }
}

impl LakeReports {
    pub(crate) fn new(home: Arc<Home>, clock: Clock) -> Self {
        Self { home, clock, finished: Arc::default() }
    }
}

/// Which bound of a period, `from` or `to`, is invalid, and why.
pub(crate) type WrongPeriod = (&'static str, String);

/// Returns the half-open period of a report: as requested, else the last whole days.
///
/// # Errors
/// [`WrongPeriod`].
pub(crate) fn period(
    zone: Zone,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(DateTime<Utc>, DateTime<Utc>), WrongPeriod> {
    let mut given = [("from", from), ("to", to)].into_iter().filter_map(|(name, at)| Some((name, at?)));
    if let Some((name, beyond)) = given.find(|(_, at)| !YEARS.contains(&at.year())) {
        let (year, first, last) = (beyond.year(), YEARS.start(), YEARS.end());
        return Err((name, format!("the year {year} is out of range; give days from {first} to {last}")));
    }
    let end = to.unwrap_or_else(|| zone.midnight(zone.day(now)));
    let last = zone.day(end - chrono::Duration::nanoseconds(1));
    let first = last.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(last);
    let begin = from.unwrap_or_else(|| zone.midnight(first));
    if begin < end {
        return Ok((begin, end));
    }
    let day = zone.day(begin);
    let what = match to {
        Some(_) => format!("{day} is not before the end, {}; give an earlier day", zone.day(end)),
        None => format!("{day} is after the last whole day, {last}, the default end of a report; give an earlier day"),
    };
    Err(("from", what))
}

pub(crate) async fn make(home: &Home, query: &ReportQuery, as_of: DateTime<Utc>) -> anyhow::Result<Report> {
    let mut report = figures(home, &home.lake().await?, query, as_of).await?;
    report.notes.extend(data_checks::notes(home).await?);
    day_notes::add(home, &mut report).await?;
    Ok(report)
}

/// Makes a report unless a finished one was made from the same tables.
async fn make_or_reuse(
    home: &Home,
    query: ReportQuery,
    as_of: DateTime<Utc>,
    finished: &FinishedReports,
) -> anyhow::Result<Report> {
    let lake = home.lake().await?;
    let inputs = ReportInputs { versions: report::table_versions(&lake).await?, query };
    let mut report = match finished.get(&inputs, as_of) {
        Some(report) => report,
        None => {
            let report = figures(home, &lake, &inputs.query, as_of).await?;
            finished.keep(inputs, as_of, &report);
            report
        }
    };
    report.notes.extend(data_checks::notes(home).await?);
    day_notes::add(home, &mut report).await?;
    Ok(report)
}

/// Makes a report without the notes of the data checks and about days.
async fn figures(home: &Home, lake: &Lake, query: &ReportQuery, as_of: DateTime<Utc>) -> anyhow::Result<Report> {
    let settings = &home.config.report;
    let options = ReportOptions {
        as_of,
        zone: home.zone(),
        min_group_size: settings.fewest_people,
        targets: settings.targets.clone(),
        limits: home.work_limits(),
    };
    Ok(report::report(lake, query, &options).await?)
}

#[async_trait]
impl ReportSource for LakeReports {
    fn names(&self) -> &[&'static str] {
        &["engagement"]
    }

    async fn report(&self, name: &str, request: zhihui_api::ReportQuery) -> Result<Report, ReportSourceError> {
        if name != "engagement" {
            return Err(ReportSourceError::Unknown(name.to_owned()));
        }
        let zone = self.home.zone();
        let instant = |bound: PeriodBound| match bound {
            PeriodBound::Day(day) => zone.midnight(day),
            PeriodBound::Instant(instant) => instant,
        };
        let as_of = DateTime::from_timestamp((self.clock)(), 0).unwrap_or_default();
        let (from, to) = period(zone, request.from.map(instant), request.to.map(instant), as_of)
            .map_err(|(parameter, what)| ReportSourceError::Parameter { parameter, what })?;
        let compare = match request.compare.as_deref() {
            None => Compare::default(),
            Some(name) => Compare::named(name).ok_or_else(|| ReportSourceError::Parameter {
                parameter: "compare",
                what: "use previous, last_year or none".into(),
            })?,
        };
        let query = ReportQuery {
            from,
            to,
            compare,
            union: request.union,
            district: request.district,
            age_band: request.age_band,
        };
        let (home, finished) = (Arc::clone(&self.home), Arc::clone(&self.finished));
        let made = run_on_lake_threads(async move { make_or_reuse(&home, query, as_of, &finished).await });
        let result = made.await.and_then(|result| result);
        result.map_err(|error| match error.downcast_ref::<ReportError>() {
            Some(ReportError::UnknownUnion(_)) => {
                ReportSourceError::Parameter { parameter: "union", what: error.to_string() }
            }
            Some(ReportError::UnknownFilter { filter, .. }) => {
                ReportSourceError::Parameter { parameter: filter, what: error.to_string() }
            }
            Some(ReportError::Period { .. } | ReportError::Year { .. }) => {
                ReportSourceError::Parameter { parameter: "from", what: error.to_string() }
            }
            Some(ReportError::Build(BuildError::NotBuilt(_))) => ReportSourceError::NotYet(
                "no tables have been built yet; put files into the inbox and run `zhihui run`".into(),
            ),
            _ => ReportSourceError::Failed(format!("{error:#}")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_in_the_future_is_reported_as_the_error() {
        let time = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        let now = time("2026-11-22T02:00:00Z");
        let error = period(Zone::default(), Some(time("2027-01-01T00:00:00Z")), None, now).expect_err("refused");
        assert!(error.0 == "from" && error.1.contains("2027-01-01") && error.1.contains("2026-11-21"), "{error:?}");
        let error =
            period(Zone::default(), Some(time("2027-01-01T00:00:00Z")), Some(time("2026-11-01T00:00:00Z")), now);
        assert!(error.expect_err("refused").1.contains("2026-11-01"));
    }
}
