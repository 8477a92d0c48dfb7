//! The definitions of all metrics of reports: name, unit, label, what they count, and how.
//!
//! People (人数) and person-times (人次) are different metrics: the first counts each member once, the second every event.

mod method;

use super::{MetricMethod, MetricValue, MinGroupSize, Sentence};
pub use method::{LARGE_ARM_SIZE, MinimumGroup};

/// The definition of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Stable name for programs.
    pub name: &'static str,
    /// Its unit, as in [`MetricValue::unit`].
    pub unit: &'static str,
    /// Its label, Chinese and English.
    pub label: [&'static str; 2],
    /// What it counts, Chinese and English.
    pub definition: [&'static str; 2],
    /// How it is computed, from columns of its tables and from other metrics, within `[from, to)`.
    pub formula: &'static str,
    /// What a share or mean is taken of, Chinese and English. Empty for others.
    pub denominator: &'static [[&'static str; 2]],
    /// The tables that it is computed from, by their names in the data dictionary.
    pub tables: &'static [&'static str],
    /// The people that must not be a small group.
    pub minimum_group: MinimumGroup,
}

macro_rules! metrics {
    ($($name:literal $unit:ident $zh:literal $en:literal: $def_zh:literal $def_en:literal
        = $formula:literal $(over $of_zh:literal $of_en:literal)? from $($table:ident)+, $group:ident;)+) => {
        pub(super) const METRICS: &[Metric] = &[$(Metric {
            name: $name, unit: stringify!($unit), label: [$zh, $en], definition: [$def_zh, $def_en],
            formula: $formula, denominator: &[$([$of_zh, $of_en])?], tables: &[$(stringify!($table)),+],
            minimum_group: MinimumGroup::$group,
        }),+];
    };
}

mod account;
mod activities;
mod content;
mod membership;
mod opinions;
mod pushes;
mod trust;
mod unions;

const SECTIONS: [&[Metric]; 8] = [
    membership::METRICS,
    content::METRICS,
    unions::METRICS,
    activities::METRICS,
    pushes::METRICS,
    opinions::METRICS,
    trust::METRICS,
    account::METRICS,
];

/// Every metric, in the order of a report.
pub const METRICS: &[Metric] = &joined::<{ count() }>();

const fn count() -> usize {
    let (mut count, mut section) = (0, 0);
    while section < SECTIONS.len() {
        count += SECTIONS[section].len();
        section += 1;
    }
    count
}

const fn joined<const N: usize>() -> [Metric; N] {
    let mut all = [SECTIONS[0][0]; N];
    let (mut at, mut section) = (0, 0);
    while section < SECTIONS.len() {
        let mut metric = 0;
        while metric < SECTIONS[section].len() {
            all[at] = SECTIONS[section][metric];
            metric += 1;
            at += 1;
        }
        section += 1;
    }
    all
}

/// The metric of this name.
#[must_use]
pub fn metric(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

impl Metric {
    /// Returns the metric's value for a report. A suppressed value keeps its name and has no numbers.
    #[must_use]
    pub fn figure(&self, value: Option<f64>, fraction: Option<(f64, f64)>, suppressed: bool) -> MetricValue {
        let shown = |number: Option<f64>| number.filter(|_| !suppressed);
        MetricValue {
            name: self.name.to_owned(),
            label: sentence(self.label),
            value: shown(value),
            unit: self.unit.to_owned(),
            numerator: shown(fraction.map(|(numerator, _)| numerator)),
            denominator: shown(fraction.map(|(_, denominator)| denominator)),
            previous: None,
            suppressed,
            definition: sentence(self.definition),
            interval: None,
            target: None,
            method: None,
        }
    }

    /// How the metric is computed, for reports with this minimum size of groups.
    #[must_use]
    pub fn method(&self, min_size: MinGroupSize) -> MetricMethod {
        MetricMethod {
            formula: self.formula.to_owned(),
            denominator: self.denominator.first().copied().map(sentence),
            tables: self.tables.iter().map(|&table| table.to_owned()).collect(),
            minimum_group: self.minimum_group.sentence(min_size),
        }
    }
}

fn sentence([zh, en]: [&str; 2]) -> Sentence {
    Sentence { zh: zh.to_owned(), en: en.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metric_names_and_labels_are_unique_and_match_their_units() {
        for metric in METRICS {
            assert_eq!(METRICS.iter().filter(|other| other.name == metric.name).count(), 1, "{}", metric.name);
            assert_eq!(METRICS.iter().filter(|other| other.label == metric.label).count(), 1, "{}", metric.name);
            assert_eq!(metric.label[0].contains("人次"), metric.unit == "person_times", "{}", metric.name);
            assert!(metric.unit != "people" || metric.label[0].contains("人数"), "{}", metric.name);
        }
    }

    #[test]
    fn every_share_and_mean_names_its_denominator() {
        for metric in METRICS {
            let is_ratio = metric.formula.contains(" / ");
            assert_eq!(is_ratio, metric.denominator.len() == 1, "{}: {}", metric.name, metric.formula);
            assert!(metric.unit != "share" || is_ratio, "{}", metric.name);
        }
    }

    #[test]
    fn suppressed_value_has_no_numbers() {
        let rate = metric("no_show_rate").expect("defined");
        let hidden = rate.figure(Some(0.25), Some((1.0, 4.0)), true);
        assert!(
            hidden.suppressed && hidden.value.is_none() && hidden.numerator.is_none() && hidden.denominator.is_none()
        );
        let shown = rate.figure(Some(0.25), Some((10.0, 40.0)), false);
        assert_eq!((shown.value, shown.suppressed), (Some(0.25), false));
    }
}
