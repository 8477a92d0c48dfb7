//! Makes reports from the lake for the service, and determines their period.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use zhihui_api::{Clock, MemberComment, PeriodBound, ReportSource, ReportSourceError, Sendings};
use zhihui_data::Zone;
use zhihui_engine::report::Report;
use zhihui_pipeline::build::BuildError;
use zhihui_pipeline::lake::Lake;
use zhihui_pipeline::report::{
    self, Compare, ReportError, ReportOptions, ReportQuery, ReportSources, ReportTables, SentArticle, YEARS,
};

use crate::data_checks;
use crate::day_notes;
use crate::finished_reports::{FinishedReports, ReportInputs};
use crate::home::Home;
use crate::lake_runtime::run_on_lake_threads;
use crate::model_health;

/// Default length of a report in days.
const DAYS: u64 = 30;

/// Reports of one home.
pub(crate) struct LakeReports {
    home: Arc<Home>,
    clock: Clock,
    finished: Arc<FinishedReports>,
    tables: Arc<ReportTables>,
}

impl std::fmt::Debug for LakeReports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LakeReports").field("home", &self.home).finish_non_exhaustive()
    }
}

impl LakeReports {
    pub(crate) fn new(home: Arc<Home>, clock: Clock) -> Self {
        let tables = Arc::new(ReportTables::new(home.work_limits().memory_bytes / 2));
        Self { home, clock, finished: Arc::default(), tables }
    }

    /// Reads a request of the service: what to report on, and as of when.
    fn query(&self, request: zhihui_api::ReportQuery) -> Result<(ReportQuery, DateTime<Utc>), ReportSourceError> {
        let zone = self.home.zone();
        let instant = |bound: PeriodBound| match bound {
            PeriodBound::Day(day) => zone.midnight(day),
            PeriodBound::Instant(instant) => instant,
        };
        let as_of = self.now();
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
        Ok((query, as_of))
    }

    /// Makes the reports that the pages offer and keeps them, one after the other, so that nobody waits for the first one after
    /// a build. A failure is not reported: who opens the report is told.
    pub(crate) async fn prepare(&self) {
        let as_of = self.now();
        for query in standard_queries(self.home.zone(), as_of) {
            drop(self.make(query, as_of).await);
        }
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp((self.clock)(), 0).unwrap_or_default()
    }

    async fn make(&self, query: ReportQuery, as_of: DateTime<Utc>) -> anyhow::Result<Report> {
        let (home, finished, tables) = (Arc::clone(&self.home), Arc::clone(&self.finished), Arc::clone(&self.tables));
        let made = run_on_lake_threads(async move { make_or_reuse(&home, query, as_of, (&finished, &tables)).await });
        made.await.and_then(|result| result)
    }
}

/// The reports that the pages offer: the last 30 and 7 days, this and the last month, and this year. The periods are those of
/// `presets` in `api/src/reports/filters.rs`.
fn standard_queries(zone: Zone, now: DateTime<Utc>) -> Vec<ReportQuery> {
    let today = zone.day(now);
    let first_of_month = |day: NaiveDate| day.with_day(1).unwrap_or(day);
    let month = first_of_month(today);
    let before = |day: NaiveDate, days: u64| day.checked_sub_days(Days::new(days)).unwrap_or(day);
    let tomorrow = today.succ_opt().unwrap_or(today);
    let periods = [
        (before(today, DAYS), today),
        (month, tomorrow),
        (first_of_month(before(month, 1)), month),
        (today.with_ordinal(1).unwrap_or(today), tomorrow),
        (before(today, 7), today),
    ];
    let query = |(from, to): (NaiveDate, NaiveDate)| ReportQuery {
        from: zone.midnight(from),
        to: zone.midnight(to),
        compare: Compare::default(),
        union: None,
        district: None,
        age_band: None,
    };
    periods.map(query).into()
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
    let tables = ReportTables::new(home.work_limits().memory_bytes / 2);
    let mut report = figures(home, &home.lake().await?, &tables, query, as_of).await?;
    model_health::add(home, as_of, &mut report);
    report.notes.extend(data_checks::notes(home).await?);
    day_notes::add(home, &mut report).await?;
    Ok(report)
}

/// Makes a report unless a finished one was made from the same tables.
async fn make_or_reuse(
    home: &Home,
    query: ReportQuery,
    as_of: DateTime<Utc>,
    (finished, tables): (&FinishedReports, &ReportTables),
) -> anyhow::Result<Report> {
    let lake = home.lake().await?;
    let inputs = ReportInputs { versions: report::table_versions(&lake, tables).await?, query };
    let mut report = match finished.get(&inputs, as_of) {
        Some(report) => report,
        None => {
            let report = figures(home, &lake, tables, &inputs.query, as_of).await?;
            finished.keep(inputs, as_of, &report);
            report
        }
    };
    model_health::add(home, as_of, &mut report);
    report.notes.extend(data_checks::notes(home).await?);
    day_notes::add(home, &mut report).await?;
    Ok(report)
}

/// Makes a report without the notes of the data checks and about days.
async fn figures(
    home: &Home,
    lake: &Lake,
    tables: &ReportTables,
    query: &ReportQuery,
    as_of: DateTime<Utc>,
) -> anyhow::Result<Report> {
    let sent = match home.has_store() {
        true => Sendings::new(&home.store().await?).sent_articles().await?,
        false => Vec::new(),
    };
    // A mass send of one article numbers it 1.
    let sent: Vec<SentArticle> = sent
        .into_iter()
        .map(|(msg_data_id, item_id)| SentArticle { msgid: format!("{msg_data_id}_1"), item_id })
        .collect();
    let sources = ReportSources { lake, in_memory: tables, sent: &sent };
    // A report is a large future, and many commands contain it.
    Ok(Box::pin(report::report_from(&sources, query, &options(home, as_of))).await?)
}

fn options(home: &Home, as_of: DateTime<Utc>) -> ReportOptions {
    let settings = &home.config.report;
    ReportOptions {
        as_of,
        zone: home.zone(),
        min_group_size: settings.fewest_people,
        targets: settings.targets.clone(),
        limits: home.work_limits(),
    }
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
        let (query, as_of) = self.query(request)?;
        self.make(query, as_of).await.map_err(|error| source_error(&error))
    }

    async fn comments(&self, request: zhihui_api::ReportQuery) -> Result<Vec<MemberComment>, ReportSourceError> {
        let (query, as_of) = self.query(request)?;
        let home = Arc::clone(&self.home);
        let found = run_on_lake_threads(async move {
            let found = report::comments(&home.lake().await?, &query, &options(&home, as_of)).await?;
            anyhow::Ok(found.into_iter().map(member_comment).collect::<Vec<_>>())
        });
        found.await.and_then(|result| result).map_err(|error| source_error(&error))
    }
}

fn source_error(error: &anyhow::Error) -> ReportSourceError {
    match error.downcast_ref::<ReportError>() {
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
    }
}

/// A comment as the service shows it.
fn member_comment(comment: report::Comment) -> MemberComment {
    let report::Comment { at, item_id, title, rating, text } = comment;
    MemberComment { at: DateTime::from_timestamp(at, 0).unwrap_or_default(), item_id, title, rating, text }
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
