//! Reports for the service, made from the lake; and the period that people mean.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Days, Utc};
use zhihui_api::{Clock, Moment, Reports, ReportsError};
use zhihui_data::Zone;
use zhihui_engine::report::Report;
use zhihui_pipeline::report::{self, Compare, ReportError, ReportOptions, ReportQuery};

use crate::apart::apart;
use crate::data_checks;
use crate::home::Home;

/// Whole days in a report whose beginning is not given.
const DAYS: u64 = 30;

/// Reports of one home.
pub(crate) struct LakeReports {
    home: Arc<Home>,
    clock: Clock,
}

impl std::fmt::Debug for LakeReports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LakeReports").field("home", &self.home).finish_non_exhaustive()
    }
}

impl LakeReports {
    pub(crate) fn new(home: Arc<Home>, clock: Clock) -> Self {
        Self { home, clock }
    }
}

/// The half-open period of a report: what was asked for, else the last whole days.
pub(crate) fn period(
    zone: Zone,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> (DateTime<Utc>, DateTime<Utc>) {
    let to = to.unwrap_or_else(|| zone.midnight(zone.day(now)));
    let last = zone.day(to - chrono::Duration::nanoseconds(1));
    let first = last.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(last);
    (from.unwrap_or_else(|| zone.midnight(first)), to)
}

/// Makes a report over the lake of a home.
pub(crate) async fn make(home: &Home, query: &ReportQuery, as_of: DateTime<Utc>) -> anyhow::Result<Report> {
    let lake = home.lake().await?;
    let options = ReportOptions { as_of, zone: home.zone(), limits: home.work_limits() };
    let mut report = report::report(&lake, query, &options).await?;
    report.notes.extend(data_checks::notes(home).await?);
    Ok(report)
}

#[async_trait]
impl Reports for LakeReports {
    fn names(&self) -> &[&'static str] {
        &["engagement"]
    }

    async fn report(&self, name: &str, asked: zhihui_api::ReportQuery) -> Result<Report, ReportsError> {
        if name != "engagement" {
            return Err(ReportsError::Unknown(name.to_owned()));
        }
        let zone = self.home.zone();
        let instant = |moment: Moment| match moment {
            Moment::Day(day) => zone.midnight(day),
            Moment::Instant(instant) => instant,
        };
        let as_of = DateTime::from_timestamp((self.clock)(), 0).unwrap_or_default();
        let (from, to) = period(zone, asked.from.map(instant), asked.to.map(instant), as_of);
        if from >= to {
            return Err(ReportsError::Parameter { parameter: "from", what: "must lie before `to`".into() });
        }
        let compare = match asked.compare.as_deref() {
            None => Compare::default(),
            Some(name) => Compare::named(name).ok_or_else(|| ReportsError::Parameter {
                parameter: "compare",
                what: "use previous, last_year or none".into(),
            })?,
        };
        let query =
            ReportQuery { from, to, compare, union: asked.union, district: asked.district, age_band: asked.age_band };
        let home = Arc::clone(&self.home);
        let made = apart(async move { make(&home, &query, as_of).await }).await.and_then(|made| made);
        made.map_err(|error| match error.downcast_ref::<ReportError>() {
            Some(ReportError::UnknownUnion(_)) => {
                ReportsError::Parameter { parameter: "union", what: error.to_string() }
            }
            Some(ReportError::UnknownFilter { filter, .. }) => {
                ReportsError::Parameter { parameter: filter, what: error.to_string() }
            }
            _ => ReportsError::Failed(format!("{error:#}")),
        })
    }
}
