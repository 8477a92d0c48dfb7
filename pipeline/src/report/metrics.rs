//! Computes the metrics of the registry from the figures of two periods, and hides those that reveal small groups.

use zhihui_engine::report::{METRICS, MetricValue, MinGroupSize, Targets, Uplift};

use super::figures::Figures;
use super::group_counts::GroupHierarchy;
use super::period::Period;
use super::period_rule::PeriodRule;
use super::uplift::{self, Arms};

/// Value of a metric; of a share also numerator and denominator.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct MetricParts {
    value: Option<f64>,
    fraction: Option<(f64, f64)>,
}

/// Metrics without a previous value: those known for the present only, and those that compare with the period before already.
const NOW_ONLY: &[&str] = &[
    "members",
    "reachable_members",
    "unions",
    "opt_outs",
    "returning_members",
    "resurrected_members",
    "dormant_members",
];
/// Metrics that exist for the whole account only.
const WHOLE_ONLY: &[&str] =
    &["push_read_rate", "push_read_hours", "push_sign_up_rate", "uplift_read", "uplift_sign_up"];

/// Lengths of a month, to which targets apply.
const MONTH_DAYS: std::ops::RangeInclusive<i64> = 28..=31;

/// Arms of all pushes with their responses.
#[derive(Debug, Default)]
pub(super) struct Pushes {
    /// Pushes of articles: reads.
    pub(super) articles: Vec<Arms>,
    /// Pushes of anything else: sign-ups.
    pub(super) activities: Vec<Arms>,
}

/// The figures of a period and the groups that decide which may be shown.
pub(super) struct PeriodFigures<'a> {
    pub(super) figures: &'a Figures,
    /// The groups of the scope's dimension, and the place of the scope in them.
    pub(super) hierarchy: &'a GroupHierarchy,
    pub(super) place: usize,
    /// What decides about the period.
    pub(super) rule: &'a PeriodRule,
    pub(super) period: Period,
    /// The period together with the one just before.
    pub(super) before: Period,
}

/// How much of the account a report covers, which decides about suppression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    Part,
    /// Shows nothing about people.
    Nobody,
}

/// Computes all metrics, in the order of the registry.
pub(super) fn metrics(
    now: &PeriodFigures<'_>,
    before: Option<&PeriodFigures<'_>>,
    pushes: &Pushes,
    extent: Extent,
    min_size: MinGroupSize,
) -> Vec<MetricValue> {
    let mut metrics = Vec::with_capacity(METRICS.len());
    for metric in METRICS {
        let Some(parts) = metric_parts(metric.name, now.figures, pushes) else { continue };
        let is_shown = |period: &PeriodFigures<'_>| is_shown(metric.name, period, pushes, extent, min_size);
        let mut value = metric.figure(parts.value, parts.fraction, !is_shown(now));
        let has_previous = !value.suppressed && !NOW_ONLY.contains(&metric.name) && !metric.name.starts_with("uplift");
        value.previous = before
            .filter(|before| has_previous && is_shown(before))
            .and_then(|before| metric_parts(metric.name, before.figures, pushes))
            .and_then(|before| before.value);
        value.interval =
            uplift_of(metric.name, pushes).filter(|_| !value.suppressed).map(|uplift| [uplift.low, uplift.high]);
        metrics.push(value);
    }
    metrics
}

/// The uplift behind a metric.
fn uplift_of(name: &str, pushes: &Pushes) -> Option<Uplift> {
    match name {
        "uplift_read" => uplift::over_pushes(&pushes.articles),
        "uplift_sign_up" => uplift::over_pushes(&pushes.activities),
        _ => None,
    }
}

/// Adds the targets of the settings, if they apply.
///
/// A target is about a month, because most figures grow with the period: it applies to periods of 28 to 31 days. One of a
/// count is about all members; those of shares and means apply to parts of them as well.
pub(super) fn set_targets(metrics: &mut [MetricValue], targets: &Targets, days: i64, extent: Extent) {
    if !MONTH_DAYS.contains(&days) {
        return;
    }
    for metric in metrics {
        let is_count = ["people", "person_times", "articles", "unions", "tickets"].contains(&metric.unit.as_str());
        if extent == Extent::Whole || !is_count {
            metric.target = targets.of(&metric.name);
        }
    }
}

/// Whether a metric reveals no small group, alone or together with the figures of enclosing and nested groups.
fn is_shown(name: &str, period: &PeriodFigures<'_>, pushes: &Pushes, extent: Extent, min_size: MinGroupSize) -> bool {
    let groups = groups_of(name);
    let is_small = |name: &str| min_size.hides(period.figures.count(name) as u64);
    let is_none = |name: &str| period.figures.count(name) == 0.0;
    let reveals = |arms: &[Arms], people: [&str; 2]| {
        uplift::reveals_small_group(arms, people.map(|name| period.figures.count(name)), min_size)
    };
    match (extent, name) {
        (Extent::Nobody, _) => groups.is_empty() && !WHOLE_ONLY.contains(&name),
        (Extent::Part, _) if WHOLE_ONLY.contains(&name) => false,
        (_, "push_read_rate") => {
            !is_small("push_readers") && !is_small("push_non_readers") && is_none("revealing_article_pushes")
        }
        (_, "push_read_hours") => !is_small("push_readers"),
        (_, "push_sign_up_rate") => {
            !is_small("push_signers") && !is_small("push_non_signers") && is_none("revealing_activity_pushes")
        }
        (_, "uplift_read") => !reveals(&pushes.articles, ["article_pushed_people", "article_held_out_people"]),
        (_, "uplift_sign_up") => !reveals(&pushes.activities, ["other_pushed_people", "other_held_out_people"]),
        _ => {
            let is_lifecycle = ["returning_members", "resurrected_members", "dormant_members"].contains(&name);
            period.hierarchy.shows(groups, period.place)
                && period.rule.shows(days_of(name), period.period)
                && (!is_lifecycle || period.rule.shows(days_of(name), period.before))
        }
    }
}

/// The groups of people that a metric, or its difference from another metric, is about.
fn groups_of(name: &str) -> &'static [&'static str] {
    match name {
        "members" | "unions" => &["members"],
        "reachable_members" => &["members", "reachable", "unreachable"],
        "opt_outs" => &["members", "opted_out", "opted_in"],
        "active_members" | "active_share" | "active_unions" | "silent_unions" | "union_coverage" => {
            &["members", "active", "inactive"]
        }
        "new_members" => &["members", "active", "inactive", "first_active", "active_before"],
        "returning_members" | "resurrected_members" | "dormant_members" => &[
            "members",
            "active",
            "inactive",
            "first_active",
            "active_before",
            "still_active",
            "active_again",
            "gone_quiet",
            "stayed_quiet",
        ],
        "finish_rate" => &[
            "members",
            "active",
            "inactive",
            "readers",
            "non_readers",
            "measured_readers",
            "finishers",
            "unfinished_readers",
        ],
        "share_rate" => &[
            "members",
            "active",
            "inactive",
            "readers",
            "non_readers",
            "sharers",
            "non_sharers",
            "sharing_readers",
            "keeping_readers",
            "sharing_others",
            "other_active",
        ],
        "readers" | "reads" | "reads_per_reader" | "articles_read" => {
            &["members", "active", "inactive", "readers", "non_readers"]
        }
        "dwell_seconds" => &["members", "active", "inactive", "readers", "non_readers", "timed_readers"],
        "sharers" | "shares" => &["members", "active", "inactive", "sharers", "non_sharers"],
        "sign_ups" | "sign_up_members" => &["members", "signers", "non_signers"],
        "attended" | "attended_members" => &["members", "signers", "non_signers", "attendees", "non_attendees"],
        "no_show_rate" => &["members", "signers", "non_signers", "attendees", "non_attendees", "absentees", "pending"],
        "cancellations" => &["members", "cancellers"],
        "seats_taken" | "fill_rate" => &["members", "holders", "non_holders"],
        "pushes" | "pushed_members" => &["members", "pushed", "not_pushed"],
        "held_out_members" => &["members", "held_out", "not_held_out"],
        "rating" => &["members", "raters"],
        _ => &[],
    }
}

/// The statistics of `active_days.sql` that decide about the period of a metric.
fn days_of(name: &str) -> &'static [&'static str] {
    match name {
        "active_members" | "active_share" | "active_unions" | "silent_unions" | "union_coverage" => &["active"],
        "returning_members" | "resurrected_members" | "dormant_members" => &["active"],
        "new_members" => &["first_active"],
        "readers" | "reads" | "reads_per_reader" | "articles_read" => &["readers"],
        "dwell_seconds" => &["readers", "timed_readers"],
        "finish_rate" => &["readers", "measured_readers", "finishers"],
        "sharers" | "shares" => &["sharers"],
        "share_rate" => &["readers", "sharers"],
        "sign_ups" | "sign_up_members" => &["signers"],
        "attended" | "attended_members" => &["attendees"],
        "no_show_rate" => &["attendees", "absentees"],
        "cancellations" => &["cancellers"],
        "seats_taken" | "fill_rate" => &["holders"],
        "pushes" | "pushed_members" => &["pushed"],
        "held_out_members" => &["held_out"],
        "rating" => &["raters"],
        _ => &[],
    }
}

/// Computes a metric from figures. `None` if no query provides it.
fn metric_parts(name: &str, figures: &Figures, pushes: &Pushes) -> Option<MetricParts> {
    let figure = |name: &str| MetricParts { value: figures.get(name), fraction: None };
    let share = |numerator: f64, denominator: f64| MetricParts {
        value: (denominator > 0.0).then(|| numerator / denominator),
        fraction: Some((numerator, denominator)),
    };
    let points = || MetricParts { value: uplift_of(name, pushes).map(|uplift| uplift.points), fraction: None };
    let count = |name: &str| figures.count(name);
    Some(match name {
        "members"
        | "reachable_members"
        | "active_members"
        | "new_members"
        | "returning_members"
        | "resurrected_members"
        | "dormant_members"
        | "readers"
        | "sharers"
        | "sign_up_members"
        | "attended_members"
        | "pushed_members"
        | "held_out_members"
        | "opt_outs"
        | "reads"
        | "dwell_seconds"
        | "shares"
        | "articles_read"
        | "articles_published"
        | "unions"
        | "active_unions"
        | "silent_unions"
        | "seats_offered"
        | "sign_ups"
        | "attended"
        | "cancellations"
        | "seats_taken"
        | "pushes"
        | "push_read_hours"
        | "rating" => figure(name),
        "active_share" => share(count("active_members"), count("members")),
        "reads_per_reader" => share(count("reads"), count("readers")),
        "finish_rate" => share(count("finished_reads"), count("measured_reads")),
        "share_rate" => share(count("sharing_readers"), count("readers")),
        "union_coverage" => share(count("active_unions"), count("active_unions") + count("silent_unions")),
        "no_show_rate" => share(count("no_shows"), count("no_shows") + count("attended")),
        "fill_rate" => share(count("seats_taken"), count("seats_offered")),
        "push_read_rate" => share(count("articles_pushed_read"), count("articles_pushed")),
        "push_sign_up_rate" => share(count("activities_pushed_signed_up"), count("activities_pushed")),
        "uplift_read" | "uplift_sign_up" => points(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_of_the_registry_is_computed() {
        let figures = Figures::default();
        for metric in METRICS {
            assert!(
                metric_parts(metric.name, &figures, &Pushes::default()).is_some(),
                "{} is never computed",
                metric.name
            );
        }
    }

    #[test]
    fn every_metric_about_people_has_its_groups() {
        let not_about_people = ["articles_published", "seats_offered"];
        for metric in METRICS.iter().filter(|metric| !WHOLE_ONLY.contains(&metric.name)) {
            assert_eq!(groups_of(metric.name).is_empty(), not_about_people.contains(&metric.name), "{}", metric.name);
        }
    }

    #[test]
    fn every_group_of_a_metric_is_a_column_of_the_query_of_groups() {
        let query = include_str!("../../sql/report/groups.sql");
        for metric in METRICS {
            for group in groups_of(metric.name) {
                let ending = format!(" as {group}");
                let is_counted = query.lines().any(|line| line.trim_end_matches(',').ends_with(&ending));
                assert!(
                    is_counted,
                    "{}: groups.sql has no column {group}, so that small groups are shown",
                    metric.name
                );
            }
        }
    }

    #[test]
    fn every_figure_of_a_period_has_its_days() {
        let query = include_str!("../../sql/report/active_days.sql");
        let at_the_end = ["members", "reachable_members", "unions", "opt_outs", "articles_published", "seats_offered"];
        for metric in METRICS.iter().filter(|metric| !WHOLE_ONLY.contains(&metric.name)) {
            let days = days_of(metric.name);
            assert_eq!(days.is_empty(), at_the_end.contains(&metric.name), "{}", metric.name);
            for name in days {
                assert!(query.contains(&format!("'{name}' as statistic")), "{}: no days of {name}", metric.name);
            }
        }
    }
}
