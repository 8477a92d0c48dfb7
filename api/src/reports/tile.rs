//! Formats a metric as a tile: value, unit, change and definition.

use zhihui_engine::report::{MetricMethod, MetricValue, Report, Sentence, target_margin};

use crate::web::locale::Locale;
use crate::web::numbers::{figure, grouped};

/// Smaller changes are shown as unchanged.
const MIN_PERCENT: f64 = 0.5;
const MIN_POINTS: f64 = 0.05;

/// A metric, formatted.
#[derive(Debug)]
pub(crate) struct Tile {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) unit: String,
    /// The exact value if `value` is shortened.
    pub(crate) exact: String,
    pub(crate) suppressed: bool,
    /// Why a suppressed value is not shown; empty for others.
    pub(crate) why_hidden: String,
    pub(crate) change: String,
    /// Numerator and denominator of a share.
    pub(crate) made_of: String,
    /// The target and by how much it is met or missed.
    pub(crate) target: String,
    pub(crate) misses_target: bool,
    pub(crate) definition: String,
    /// How the metric is computed: labels and texts.
    pub(crate) method: Vec<(&'static str, String)>,
}

/// Settings shared by all tiles of a report.
pub(crate) struct Context {
    /// Minimum number of people of a shown count.
    pub(crate) fewest: u64,
    /// Whether values are compared with the same period of the last year.
    pub(crate) last_year: bool,
}

impl Context {
    /// The settings of a report.
    pub(crate) fn of(report: &Report) -> Self {
        Self {
            fewest: report.fewest_people.people(),
            last_year: report.filters.get("compare").is_some_and(|compare| compare == "last_year"),
        }
    }
}

impl Tile {
    pub(crate) fn new(metric: &MetricValue, context: &Context, t: Locale) -> Self {
        let (value, unit, exact) = match metric.value {
            _ if metric.suppressed => ("—".to_owned(), String::new(), String::new()),
            Some(value) => {
                let (short, unit) = figure(value, &metric.unit, t, true);
                let (exact, exact_unit) = figure(value, &metric.unit, t, false);
                (short, unit, format!("{exact} {exact_unit}"))
            }
            None => (t.reports_no_value().to_owned(), String::new(), String::new()),
        };
        let target = metric.value.filter(|_| !metric.suppressed).zip(metric.target);
        let margin = target.map(|(value, target)| target_margin(&metric.name, value, target));
        Self {
            label: t.sentence(&metric.label).to_owned(),
            value,
            unit,
            exact,
            suppressed: metric.suppressed,
            why_hidden: if metric.suppressed { t.reports_why_hidden(context.fewest) } else { String::new() },
            change: if metric.suppressed { String::new() } else { change(metric, context.last_year, t) },
            made_of: if metric.suppressed { String::new() } else { made_of(metric, t) },
            target: metric.target.map_or_else(String::new, |target| target_text(target, margin, &metric.unit, t)),
            misses_target: margin.is_some_and(|margin| margin < 0.0),
            definition: t.sentence(&metric.definition).to_owned(),
            method: metric.method.as_ref().map(|method| method_lines(method, t)).unwrap_or_default(),
        }
    }
}

/// Formula, denominator, tables and minimum group of a metric. Omits what it does not have.
fn method_lines(method: &MetricMethod, t: Locale) -> Vec<(&'static str, String)> {
    let text = |sentence: &Option<Sentence>| {
        sentence.as_ref().map(|sentence| t.sentence(sentence).to_owned()).unwrap_or_default()
    };
    let lines = [
        (t.reports_formula(), method.formula.clone()),
        (t.reports_denominator(), text(&method.denominator)),
        (t.reports_source_tables(), method.tables.join(", ")),
        (t.reports_minimum_group(), text(&method.minimum_group)),
    ];
    lines.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

/// The change since the compared period; empty if there is nothing to compare.
fn change(metric: &MetricValue, last_year: bool, t: Locale) -> String {
    let (Some(value), Some(previous)) = (metric.value, metric.previous) else { return String::new() };
    // Shares change by percentage points, everything else by percent.
    let (by, in_points) = match metric.unit.as_str() {
        "share" => (100.0 * (value - previous), true),
        "percentage_points" => (value - previous, true),
        _ => (100.0 * (value - previous) / previous, false),
    };
    if value == previous || by.abs() < if in_points { MIN_POINTS } else { MIN_PERCENT } {
        return if last_year { t.reports_unchanged_last_year() } else { t.reports_unchanged() }.to_owned();
    }
    if !by.is_finite() {
        return String::new();
    }
    let arrow = if by > 0.0 { "▲" } else { "▼" };
    let amount = grouped(by.abs(), usize::from(in_points || by.abs() < 10.0));
    let amount = if in_points { t.reports_points(amount) } else { format!("{amount}%") };
    if last_year { t.reports_change_last_year(amount, arrow) } else { t.reports_change(amount, arrow) }
}

fn target_text(target: f64, margin: Option<f64>, unit: &str, t: Locale) -> String {
    let with_unit = |(number, word): (String, String)| {
        let number = number.strip_suffix(".0").unwrap_or(&number);
        if word == "%" { format!("{number}%") } else { format!("{number} {word}").trim_end().to_owned() }
    };
    let target = with_unit(figure(target, unit, t, true));
    let Some(margin) = margin else { return t.reports_target(target) };
    let (by, unit) = if unit == "share" { (100.0 * margin.abs(), "percentage_points") } else { (margin.abs(), unit) };
    let by = with_unit(figure(by, unit, t, true));
    if margin < 0.0 { t.reports_target_missed(by, target) } else { t.reports_target_met(by, target) }
}

fn made_of(metric: &MetricValue, t: Locale) -> String {
    if let Some([low, high]) = metric.interval {
        return t.reports_interval(grouped(high, 1), grouped(low, 1));
    }
    let (Some(above), Some(below)) = (metric.numerator, metric.denominator) else { return String::new() };
    if metric.unit != "share" {
        return String::new();
    }
    t.reports_share_of(grouped(above, 0), grouped(below, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use zhihui_engine::Language;

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
            interval: None,
            target: None,
            method: None,
        }
    }

    fn change_of(unit: &str, value: f64, previous: f64) -> String {
        change(&metric(unit, Some(value), Some(previous), false), false, Locale::new(Language::Zh))
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
    fn a_suppressed_metric_shows_neither_value_nor_change() {
        let context = Context { fewest: 10, last_year: false };
        let tile = Tile::new(&metric("people", Some(7.0), Some(70.0), true), &context, Locale::new(Language::Zh));
        assert_eq!((tile.value.as_str(), tile.change.as_str(), tile.exact.as_str()), ("—", "", ""));
        assert_eq!(tile.why_hidden, "不足 10 人，或能由其他数字推出，不显示");
    }

    #[test]
    fn a_target_is_met_or_missed_by_an_amount() {
        let zh = Locale::new(Language::Zh);
        assert_eq!(target_text(0.3, Some(-0.025), "share", zh), "目标 30%，差 2.5 个百分点");
        assert_eq!(target_text(20.0, Some(3.0), "unions", zh), "达到目标 20 家，富余 3 家");
        assert_eq!(target_text(20.0, None, "unions", Locale::new(Language::En)), "target 20 unions");
        let mut hidden = metric("people", Some(7.0), None, true);
        hidden.target = Some(100.0);
        let tile = Tile::new(&hidden, &Context { fewest: 10, last_year: false }, zh);
        assert_eq!(
            (tile.target.as_str(), tile.misses_target),
            ("目标 100 人", false),
            "the margin would tell the value"
        );
    }

    #[test]
    fn comparison_with_the_last_year_says_so() {
        let compared = metric("people", Some(104.0), Some(100.0), false);
        assert_eq!(change(&compared, true, Locale::new(Language::Zh)), "▲ 比去年同期 4.0%");
        assert_eq!(change(&compared, true, Locale::new(Language::En)), "▲ 4.0% vs last year");
    }
}
