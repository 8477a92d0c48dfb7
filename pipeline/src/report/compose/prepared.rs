//! Counts the longer queries of a report about all members on all processors.

use super::ReportBuilder;
use crate::report::metrics::Extent;
use crate::report::period::Period;
use crate::report::retention;

macro_rules! queries {
    ($($name:literal),+ $(,)?) => { &[$(($name, include_str!(concat!("../../../sql/report/", $name, ".sql")))),+] };
}

/// Names of queries with their SQL.
type Queries = &'static [(&'static str, &'static str)];

/// Queries about the report's period and the one it is compared with, the longest first.
const OF_PERIODS: Queries = queries![
    "groups",
    "pushing",
    "arms",
    "totals",
    "daily",
    "active_days",
    "account_sharers",
    "attendance",
    "seats",
    "sign_ups",
    "sign_up_lead",
    "sign_up_delays",
    "shown",
];
/// Queries about the report's period only.
const OF_PERIOD: Queries = queries!["uplift", "funnel"];
/// Queries about the month of the tables and the month before, the longest first.
const OF_MONTHS: Queries = queries!["groups", "topics", "topic_articles", "few_readers"];
/// Queries about the month of the tables.
const OF_MONTH: Queries = queries!["articles", "topic_supply", "active_days", "hours"];
const DAY_PAIRS: Queries = queries!["day_pairs"];
const RETENTION: Queries = queries!["retention"];

impl ReportBuilder<'_> {
    /// Counts what one query after the other would ask for. A query that is not in these lists is counted when it is asked for.
    pub(super) fn prepare(&self, extent: Extent) {
        if extent != Extent::Whole {
            return;
        }
        let now = (self.query.from, self.query.to);
        let before = self.query.comparison(self.options.zone);
        // That of the other period follows from the same pairs of days.
        let rules = [self.days_of_rule(now)];
        let periods: Vec<Period> = [Some(now), before].into_iter().flatten().collect();
        let retention = [retention::period(self.months[1], self.options.zone)];
        let parts: [(Queries, &[Period]); 6] = [
            (DAY_PAIRS, &rules),
            (RETENTION, &retention),
            (OF_MONTHS, &self.months),
            (OF_PERIODS, &periods),
            (OF_PERIOD, &periods[..1]),
            (OF_MONTH, &self.months[1..]),
        ];
        let mut queries = Vec::new();
        for (of_part, periods) in parts {
            for (name, sql) in of_part {
                queries.extend(periods.iter().map(|&period| (*name, *sql, period)));
            }
        }
        self.session.prepare(&queries);
    }
}
