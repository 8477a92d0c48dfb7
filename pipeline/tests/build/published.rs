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
const TOPIC: &[(&str, By)] = &[("topic", By::Topic), ("age_band", By::AgeBand)];

/// Every number that the attacker reads.
pub(crate) const FIGURES: &[Figure] = &[
    metric("members", "members"),
    metric("active_members", "active"),
    metric("new_members", "first_active"),
    metric("readers", "readers"),
    metric("reads", "reads"),
    metric("sharers", "sharers"),
    metric("shares", "shares"),
    metric("sign_up_members", "signers"),
    metric("sign_ups", "sign_ups"),
    metric("attended_members", "attendees"),
    metric("attended", "attended"),
    column("daily", "readers", "readers", DAY),
    column("daily", "reads", "reads", DAY),
    column("daily", "sign_up_members", "signers", DAY),
    column("daily", "sign_ups", "sign_ups", DAY),
    column("age_bands", "members", "members", BAND),
    column("age_bands", "active_members", "active", BAND),
    column("age_bands", "readers", "readers", BAND),
    column("unions", "members", "members", UNION),
    column("unions", "active_members", "active", UNION),
    column("topics", "readers", "readers", TOPIC),
    column("topics", "reads", "reads", TOPIC),
    column("articles", "readers", "readers", ARTICLE),
    column("articles", "reads", "reads", ARTICLE),
    column("articles", "sharers", "sharers", ARTICLE),
    column("activities", "sign_up_members", "signers", ACTIVITY),
    column("activities", "attended", "attendees", ACTIVITY),
];

/// Measures of people of whom the second ones include the first ones.
pub(crate) const INCLUDED: &[(&str, &str)] = &[
    ("active", "members"),
    ("first_active", "active"),
    ("readers", "active"),
    ("sharers", "active"),
    ("signers", "members"),
    ("attendees", "signers"),
];

/// Numbers of times with the people who did it, at least once each.
pub(crate) const TIMES: &[(&str, &str)] =
    &[("reads", "readers"), ("shares", "sharers"), ("sign_ups", "signers"), ("attended", "attendees")];

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
