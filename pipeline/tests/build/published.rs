//! What the numbers of reports mean, for an attacker: which measure each of them is, of whom, and how measures depend on others.
//!
//! A new table or metric needs a row in [`FIGURES`]; a new measure also its relations.

use zhihui_engine::report::Report;

/// What a column of a table narrows its numbers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Union,
    AgeBand,
    Item,
    Topic,
    Day,
}

/// A published number: a metric, or a column of a table with the columns that narrow it.
pub(crate) struct Figure {
    /// The table; `None` for a metric.
    table: Option<&'static str>,
    name: &'static str,
    pub(crate) measure: &'static str,
    by: &'static [(&'static str, By)],
}

const fn metric(name: &'static str, measure: &'static str) -> Figure {
    Figure { table: None, name, measure, by: &[] }
}

const fn column(
    table: &'static str,
    name: &'static str,
    measure: &'static str,
    by: &'static [(&'static str, By)],
) -> Figure {
    Figure { table: Some(table), name, measure, by }
}

const DAY: &[(&str, By)] = &[("day", By::Day)];
const BAND: &[(&str, By)] = &[("age_band", By::AgeBand)];
const UNION: &[(&str, By)] = &[("union_id", By::Union)];
const ARTICLE: &[(&str, By)] = &[("item_id", By::Item)];
const ACTIVITY: &[(&str, By)] = &[("activity_id", By::Item)];
const TOPIC: &[(&str, By)] = &[("topic", By::Topic)];
const TOPIC_AND_BAND: &[(&str, By)] = &[("topic", By::Topic), ("age_band", By::AgeBand)];

/// Every number of people or of times that the attacker reads.
pub(crate) const FIGURES: &[Figure] = &[
    metric("members", "members"),
    metric("reachable_members", "reachable"),
    metric("opt_outs", "opted_out"),
    metric("active_members", "active"),
    metric("new_members", "first_active"),
    metric("returning_members", "still_active"),
    metric("resurrected_members", "active_again"),
    metric("dormant_members", "gone_quiet"),
    metric("readers", "readers"),
    metric("reads", "reads"),
    metric("sharers", "sharers"),
    metric("shares", "shares"),
    metric("sign_up_members", "signers"),
    metric("sign_ups", "sign_ups"),
    metric("attended_members", "attendees"),
    metric("attended", "attended"),
    metric("pushed_members", "pushed"),
    metric("held_out_members", "held_out"),
    metric("raters", "raters"),
    column("daily", "readers", "readers", DAY),
    column("daily", "reads", "reads", DAY),
    column("daily", "sign_up_members", "signers", DAY),
    column("daily", "sign_ups", "sign_ups", DAY),
    column("account_days", "identified_read_users", "readers", DAY),
    column("account_days", "identified_reads", "reads", DAY),
    column("account_days", "identified_share_users", "sharers", DAY),
    column("age_bands", "members", "members", BAND),
    column("age_bands", "active_members", "active", BAND),
    column("age_bands", "readers", "readers", BAND),
    column("sharers_by_band", "sharers", "sharers", BAND),
    column("sharers_by_band", "active_members", "active", BAND),
    column("unions", "members", "members", UNION),
    column("unions", "active_members", "active", UNION),
    column("sharers_by_union", "sharers", "sharers", UNION),
    column("sharers_by_union", "active_members", "active", UNION),
    column("topics", "readers", "readers", TOPIC_AND_BAND),
    column("topics", "reads", "reads", TOPIC_AND_BAND),
    column("topic_supply", "readers", "readers", TOPIC),
    column("articles", "readers", "readers", ARTICLE),
    column("articles", "reads", "reads", ARTICLE),
    column("articles", "sharers", "sharers", ARTICLE),
    column("activities", "sign_up_members", "signers", ACTIVITY),
    column("activities", "attended", "attendees", ACTIVITY),
    column("activities", "waitlisted", "waiting", ACTIVITY),
    column("activities", "no_shows", "absentees", ACTIVITY),
    column("ratings_by_item", "raters", "raters", ARTICLE),
    column("ratings_by_item", "ratings", "ratings", ARTICLE),
    column("ratings_by_topic", "raters", "raters", TOPIC),
    column("ratings_by_topic", "ratings", "ratings", TOPIC),
];

/// Numbers of times with the people who did it, at least once each.
pub(crate) const TIMES: &[(&str, &str)] = &[
    ("reads", "readers"),
    ("shares", "sharers"),
    ("sign_ups", "signers"),
    ("attended", "attendees"),
    ("ratings", "raters"),
];

/// Whether a measure can be added up over days that do not overlap.
pub(crate) fn is_added_over_days(measure: &str) -> bool {
    measure == "first_active" || TIMES.iter().any(|(times, _)| *times == measure)
}

/// A shown number with what its row narrows it to.
pub(crate) struct Number {
    pub(crate) by: Vec<(By, String)>,
    pub(crate) value: f64,
}

impl Figure {
    /// The shown numbers of a report.
    pub(crate) fn numbers(&self, report: &Report) -> Vec<Number> {
        let Some(table) = self.table else {
            let value = report.metrics.iter().find(|metric| metric.name == self.name).and_then(|metric| metric.value);
            return value.map(|value| Number { by: Vec::new(), value }).into_iter().collect();
        };
        let Some(table) = report.tables.iter().find(|found| found.name == table) else { return Vec::new() };
        // The account's figures of a long period are by month.
        if table.columns.first().is_some_and(|first| first == "month") {
            return Vec::new();
        }
        let at = |name: &str| table.columns.iter().position(|column| column == name).expect("a column");
        let value = at(self.name);
        let narrowed = |row: &Vec<serde_json::Value>| {
            self.by.iter().map(|(name, by)| (*by, row[at(name)].as_str().unwrap_or_default().to_owned())).collect()
        };
        table.rows.iter().filter_map(|row| Some(Number { by: narrowed(row), value: row[value].as_f64()? })).collect()
    }

    /// The value of a metric in the period of comparison, if this is a metric.
    pub(crate) fn previous(&self, report: &Report) -> Option<f64> {
        let is_it = |metric: &&zhihui_engine::report::MetricValue| self.table.is_none() && metric.name == self.name;
        report.metrics.iter().find(is_it)?.previous
    }

    /// Whether the rows narrow the numbers in this way.
    pub(crate) fn is_by(&self, by: By) -> bool {
        self.by.iter().any(|(_, this)| *this == by)
    }
}

/// Numbers of people that no [`Figure`] is about, and what tests them instead.
const READ_ELSEWHERE: &[(&str, &str)] = &[
    ("joined_members", "one number of everybody, with the others: `people_of` in `metric_people.rs`"),
    ("followers_gained", "one number of everybody, also of people who are no members"),
    ("followers_lost", "one number of everybody, also of people who are no members"),
    ("net_followers", "the difference of the two"),
    ("waitlisted", "the sum of the activities, if those who wait are enough"),
    ("no_shows", "the sum of the activities, if the absent are enough"),
    ("cancellations", "one number of each part, if those who cancelled are enough"),
    ("pushes", "one number of each part, if those pushed to are enough"),
    ("shown_members", "one number of everybody, with the others: `people_of` in `metric_people.rs`"),
    ("account_read_users", "WeChat's"),
    ("account_reads", "WeChat's"),
    ("account_share_users", "WeChat's"),
    ("identified_read_users", "the sum of the shown days of `account_days`"),
    ("retention", "`list_attacks.rs`"),
    ("funnel", "`list_attacks.rs`"),
    ("active_days", "`list_attacks.rs`"),
    ("hours", "`list_attacks.rs`"),
    ("districts", "`list_attacks.rs`"),
    ("account_articles", "`list_attacks.rs`"),
    ("uplift", "`arms.rs`"),
];
/// Columns of [`FIGURES`]' tables that are not about members.
const OF_WECHAT: [&str; 3] = ["account_read_users", "account_reads", "account_share_users"];

/// Metrics and columns about people that nothing reads.
pub(crate) fn unread_numbers(report: &Report) -> Vec<String> {
    let is_of_people = |unit: &str| ["people", "person_times", "person_days"].contains(&unit);
    let is_elsewhere = |name: &str| READ_ELSEWHERE.iter().any(|(known, _)| *known == name);
    let is_read =
        |table: Option<&str>, name: &str| FIGURES.iter().any(|figure| figure.table == table && figure.name == name);
    let metrics = report.metrics.iter().filter(|metric| is_of_people(&metric.unit)).map(|metric| metric.name.as_str());
    let metrics = metrics.filter(|name| !is_elsewhere(name) && !is_read(None, name)).map(str::to_owned);
    let columns = report.tables.iter().filter(|table| !is_elsewhere(&table.name)).flat_map(|table| {
        let columns = table.columns.iter().zip(&table.column_details).filter(|(_, detail)| is_of_people(&detail.unit));
        let columns = columns.map(|(name, _)| name.as_str()).filter(|name| !OF_WECHAT.contains(name));
        let unread = columns.filter(|name| !is_read(Some(&table.name), name));
        unread.map(|name| format!("{} {name}", table.name)).collect::<Vec<String>>()
    });
    metrics.chain(columns).collect()
}
