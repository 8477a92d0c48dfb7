//! Reports for the service, made from the lake; and the period that people mean.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Days, Utc};
use zhihui_api::{Clock, Moment, Reports, ReportsError};
use zhihui_data::Zone;
use zhihui_engine::report::Report;
use zhihui_pipeline::report::{self, ReportQuery};

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
pub(crate) async fn make(home: &Home, query: &ReportQuery) -> anyhow::Result<Report> {
    let lake = home.lake().await?;
    Ok(report::report(&lake, query, &crate::commands::sql_limits()).await?)
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
        let query = ReportQuery {
            from,
            to,
            as_of,
            zone,
            compare: asked.compare,
            union: asked.union,
            district: asked.district,
            age_band: asked.age_band,
        };
        make(&self.home, &query).await.map_err(|error| ReportsError::Failed(format!("{error:#}")))
    }
}
