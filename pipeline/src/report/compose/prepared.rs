//! Counts the longer queries of a report on all processors.

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

/// Queries of a report about a part of the members: of all members, of the part, and about the month of the tables.
const GROUPS: Queries = queries!["groups"];
const OF_PART: Queries = queries!["totals", "active_days", "sign_ups"];
const OF_PART_MONTH: Queries = queries!["articles"];

impl ReportBuilder<'_> {
    /// Counts what one query after the other would ask for. A query that is not in these lists is counted when it is asked for.
    pub(super) fn prepare(&self, extent: Extent) {
        let now = (self.query.from, self.query.to);
        let before = self.query.comparison(self.options.zone);
        let periods: Vec<Period> = [Some(now), before].into_iter().flatten().collect();
        match (extent, &self.everybody) {
            (Extent::Whole, _) => self.prepare_whole(&periods),
            (Extent::Part, Some(everybody)) => {
                let of_part = queries_of(&[(OF_PART_MONTH, &self.months[1..]), (OF_PART, &periods)]);
                rayon::join(
                    || self.session.prepare(&of_part),
                    || everybody.prepare(&queries_of(&[(GROUPS, &periods)])),
                );
            }
            _ => (),
        }
    }

    fn prepare_whole(&self, periods: &[Period]) {
        // The rule of the other period follows from the same pairs of days.
        let rules = [self.days_of_rule(periods[0])];
        let retention = [retention::period(self.months[1], self.options.zone)];
        self.session.prepare(&queries_of(&[
            (DAY_PAIRS, &rules),
            (RETENTION, &retention),
            (OF_MONTHS, &self.months),
            (OF_PERIODS, periods),
            (OF_PERIOD, &periods[..1]),
            (OF_MONTH, &self.months[1..]),
        ]));
    }
}

/// Each of the queries over each of its periods.
fn queries_of(parts: &[(Queries, &[Period])]) -> Vec<(&'static str, &'static str, Period)> {
    let of_part = |(queries, periods): &(Queries, &[Period])| {
        let periods = periods.to_vec();
        queries.iter().flat_map(move |&(name, sql)| periods.clone().into_iter().map(move |period| (name, sql, period)))
    };
    parts.iter().flat_map(of_part).collect()
}
