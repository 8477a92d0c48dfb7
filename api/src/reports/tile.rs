//! One figure as a tile: value, unit, change to the period before, what it is.

use zhihui_engine::report::MetricValue;

use super::figures::{figure, grouped};
use crate::pages::tongue::Tongue;

/// Smaller changes are called none.
const LEAST_PERCENT: f64 = 0.5;
const LEAST_POINTS: f64 = 0.05;

/// One tile.
#[derive(Debug)]
pub(super) struct Tile {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) unit: String,
    /// The figure in full where `value` is shortened.
    pub(super) exact: String,
    pub(super) suppressed: bool,
    /// Why a suppressed figure is not shown; empty for others.
    pub(super) why_hidden: String,
    pub(super) change: String,
    /// What a share is made of.
    pub(super) made_of: String,
    pub(super) definition: String,
}

/// What every tile of a report shares.
pub(super) struct Context {
    /// Fewest people that a shown count is about.
    pub(super) fewest: u64,
    /// Whether the figures are compared with those of a year earlier.
    pub(super) last_year: bool,
}

impl Tile {
    pub(super) fn new(metric: &MetricValue, context: &Context, l: Tongue) -> Self {
        let (value, unit, exact) = match metric.value {
            _ if metric.suppressed => ("—".to_owned(), String::new(), String::new()),
            Some(value) => {
                let (short, unit) = figure(value, &metric.unit, l, true);
                let (exact, exact_unit) = figure(value, &metric.unit, l, false);
                (short, unit, format!("{exact} {exact_unit}"))
            }
            None => (l.say("暂无", "none").to_owned(), String::new(), String::new()),
        };
        Self {
            label: l.of(&metric.label).to_owned(),
            value,
            unit,
            exact,
            suppressed: metric.suppressed,
            why_hidden: if metric.suppressed { why_hidden(context.fewest, l) } else { String::new() },
            change: if metric.suppressed { String::new() } else { change(metric, context.last_year, l) },
            made_of: if metric.suppressed { String::new() } else { made_of(metric, l) },
            definition: l.of(&metric.definition).to_owned(),
        }
    }
}

/// A figure is hidden because it is about few people, or because it would give another one away that is.
pub(super) fn why_hidden(fewest: u64, l: Tongue) -> String {
    if l.tag() == "en" {
        return format!("not shown: fewer than {fewest} people, or other figures would tell");
    }
    format!("不足 {fewest} 人，或能由其他数字推出，不显示")
}

/// The change to the period before, empty where there is nothing to compare.
fn change(metric: &MetricValue, last_year: bool, l: Tongue) -> String {
    let (Some(value), Some(previous)) = (metric.value, metric.previous) else { return String::new() };
    // Shares and differences of shares change by points, everything else by percent.
    let (by, in_points) = match metric.unit.as_str() {
        "share" => (100.0 * (value - previous), true),
        "percentage_points" => (value - previous, true),
        _ => (100.0 * (value - previous) / previous, false),
    };
    if value == previous || by.abs() < if in_points { LEAST_POINTS } else { LEAST_PERCENT } {
        return match last_year {
            true => l.say("与去年同期持平", "as a year earlier").to_owned(),
            false => l.say("与上期持平", "as before").to_owned(),
        };
    }
    if !by.is_finite() {
        return String::new();
    }
    let arrow = if by > 0.0 { "▲" } else { "▼" };
    let amount = grouped(by.abs(), usize::from(in_points || by.abs() < 10.0));
    let unit = if in_points { l.say(" 个百分点", " pp") } else { "%" };
    let (before, after) = match last_year {
        true => (l.say("比去年同期 ", ""), l.say("", " vs a year earlier")),
        false => (l.say("比上期 ", ""), l.say("", " vs before")),
    };
    format!("{arrow} {before}{amount}{unit}{after}")
}

fn made_of(metric: &MetricValue, l: Tongue) -> String {
    let (Some(above), Some(below)) = (metric.numerator, metric.denominator) else { return String::new() };
    if metric.unit != "share" {
        return String::new();
    }
    format!("{} {} {}", grouped(above, 0), l.say("/", "of"), grouped(below, 0))
}

#[cfg(test)]
mod tests {
    use zhihui_engine::Language;
    use zhihui_engine::report::Sentence;

    use super::*;

    fn metric(unit: &str, value: Option<f64>, previous: Option<f64>, suppressed: bool) -> MetricValue {
        MetricValue {
            name: "m".into(),
            label: Sentence::default(),
            value,
            unit: unit.into(),
            numerator: None,
            denominator: None,
            previous,
            suppressed,
            definition: Sentence::default(),
        }
    }

    fn change_of(unit: &str, value: f64, previous: f64) -> String {
        change(&metric(unit, Some(value), Some(previous), false), false, Tongue(Language::Zh))
    }

    #[test]
    fn shares_change_by_points_and_counts_by_percent() {
        assert_eq!(change_of("people", 104.0, 100.0), "▲ 比上期 4.0%");
        assert_eq!(change_of("people", 50.0, 100.0), "▼ 比上期 50%");
        assert_eq!(change_of("share", 0.275, 0.25), "▲ 比上期 2.5 个百分点");
        assert_eq!(change_of("people", 100.0, 100.0), "与上期持平");
        assert_eq!(change_of("people", 3.0, 0.0), "");
        assert_eq!(change_of("people", 0.0, 0.0), "与上期持平");
        assert_eq!(change_of("percentage_points", 2.4, 1.9), "▲ 比上期 0.5 个百分点");
    }

    #[test]
    fn a_hidden_figure_shows_neither_itself_nor_its_change() {
        let context = Context { fewest: 10, last_year: false };
        let tile = Tile::new(&metric("people", Some(7.0), Some(70.0), true), &context, Tongue(Language::Zh));
        assert_eq!((tile.value.as_str(), tile.change.as_str(), tile.exact.as_str()), ("—", "", ""));
        assert_eq!(tile.why_hidden, "不足 10 人，或能由其他数字推出，不显示");
    }

    #[test]
    fn a_year_earlier_is_not_called_the_period_before() {
        let compared = metric("people", Some(104.0), Some(100.0), false);
        assert_eq!(change(&compared, true, Tongue(Language::Zh)), "▲ 比去年同期 4.0%");
        assert_eq!(change(&compared, true, Tongue(Language::En)), "▲ 4.0% vs a year earlier");
    }
}
