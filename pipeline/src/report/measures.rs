//! Figures of two periods as metrics, those about fewer than ten people hidden.

use zhihui_engine::report::{MetricValue, Sentence};

use super::definitions;
use super::figures::Figures;
use super::suppress::is_small;
use super::uplift::{self, Arms};

/// How a metric is made from figures.
enum Made {
    /// A number of people.
    People(&'static str),
    /// A number of something, told only where these people may be.
    Times(&'static str, &'static str),
    /// A number that is about no person.
    Open(fn(&Figures) -> Option<f64>),
    /// A value told only where these people may be.
    About(&'static str, &'static str),
    /// People above people.
    Share(&'static str, &'static str),
    /// Something above something, told only where these people may be.
    ShareAbout(&'static str, &'static str, &'static str),
}

const METRICS: &[(&str, Made)] = &[
    ("members", Made::People("members")),
    ("followers", Made::People("followers")),
    ("active_members", Made::People("active_members")),
    ("active_share", Made::Share("active_members", "members")),
    ("readers", Made::People("readers")),
    ("reads", Made::Times("reads", "readers")),
    ("reader_share", Made::Share("readers", "members")),
    ("sharers", Made::People("sharers")),
    ("shares", Made::Times("shares", "sharers")),
    ("sharer_share", Made::Share("sharers", "readers")),
    ("median_dwell_seconds", Made::About("median_dwell_seconds", "readers_timed")),
    ("completion_share", Made::ShareAbout("reads_to_the_end", "reads_with_fraction", "readers_timed")),
    ("members_signed_up", Made::People("members_signed_up")),
    ("sign_ups", Made::Times("sign_ups", "members_signed_up")),
    ("members_attended", Made::People("members_attended")),
    ("attendances", Made::Times("attendances", "members_attended")),
    ("members_pushed", Made::People("members_pushed")),
    ("pushes", Made::Times("pushes", "members_pushed")),
    ("unions", Made::Open(|figures| figures.get("unions"))),
    ("active_unions", Made::Open(|figures| figures.get("active_unions"))),
    ("silent_unions", Made::Open(|figures| Some((figures.get("unions")? - figures.get("active_unions")?).max(0.0)))),
];

/// The figures that a roster gives for now only, so that there is none of the period before.
const NOW_ONLY: &[&str] = &["members", "followers", "unions"];

/// Every metric, in the order of the report. With `hide_all` nothing about people is told: the view, or what the filters leave
/// out, is a small group.
pub(super) fn metrics(now: &Figures, before: Option<&Figures>, pushes: &[Arms], hide_all: bool) -> Vec<MetricValue> {
    let mut metrics: Vec<MetricValue> =
        METRICS.iter().map(|(name, made)| metric(name, made, now, before, hide_all)).collect();
    let mut added = described("uplift");
    added.suppressed = hide_all || uplift::is_about_few(pushes);
    added.value = uplift::over_pushes(pushes).map(|uplift| uplift.value).filter(|_| !added.suppressed);
    metrics.push(added);
    metrics
}

fn metric(name: &str, made: &Made, now: &Figures, before: Option<&Figures>, hide_all: bool) -> MetricValue {
    let mut metric = described(name);
    let value = measured(made, now);
    metric.suppressed = value.is_small || (hide_all && !matches!(made, Made::Open(_)));
    if !metric.suppressed {
        (metric.value, metric.numerator, metric.denominator) = (value.value, value.numerator, value.denominator);
        let before = before.filter(|_| !NOW_ONLY.contains(&name)).map(|figures| measured(made, figures));
        metric.previous = before.filter(|before| !before.is_small).and_then(|before| before.value);
    }
    metric
}

#[derive(Default)]
struct Measured {
    value: Option<f64>,
    numerator: Option<f64>,
    denominator: Option<f64>,
    is_small: bool,
}

fn measured(made: &Made, figures: &Figures) -> Measured {
    let share = |above: &str, below: &str, is_small| {
        let (above, below) = (figures.count(above), figures.count(below));
        let value = (below > 0.0).then(|| above / below);
        Measured { value, numerator: Some(above), denominator: Some(below), is_small }
    };
    match made {
        Made::People(name) => {
            Measured { value: figures.get(name), is_small: is_small(figures.count(name)), ..Measured::default() }
        }
        Made::Times(name, people) | Made::About(name, people) => {
            Measured { value: figures.get(name), is_small: is_small(figures.count(people)), ..Measured::default() }
        }
        Made::Open(value) => Measured { value: value(figures), ..Measured::default() },
        Made::Share(above, below) => {
            share(above, below, is_small(figures.count(above)) || is_small(figures.count(below)))
        }
        Made::ShareAbout(above, below, people) => share(above, below, is_small(figures.count(people))),
    }
}

fn described(name: &str) -> MetricValue {
    let definition = definitions::of(name);
    let sentence = |(zh, en): (&str, &str)| Sentence { zh: zh.to_owned(), en: en.to_owned() };
    MetricValue {
        name: name.to_owned(),
        label: sentence(definition.label),
        value: None,
        unit: definition.unit.to_owned(),
        numerator: None,
        denominator: None,
        previous: None,
        suppressed: false,
        definition: sentence(definition.meaning),
    }
}
