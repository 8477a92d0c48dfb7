//! Computes the metrics of the registry from the figures of two periods, and hides those that reveal small groups.

use zhihui_engine::report::{METRICS, MetricValue, MinGroupSize, Targets, Uplift};

use super::figures::Figures;
use super::group_hierarchy::GroupHierarchy;
use super::metric_people::{ACCOUNT_ONLY, WHOLE_ONLY, days_of, groups_of, is_about_all, is_of_fixed_period, people_of};
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
    "district_known_share",
    "resolved_share",
    "rejected_rows",
];
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
    let has_metric = |name: &str| extent == Extent::Whole || !ACCOUNT_ONLY.contains(&name);
    for metric in METRICS.iter().filter(|metric| has_metric(metric.name)) {
        let Some(parts) = metric_parts(metric.name, now.figures, pushes) else { continue };
        let is_shown = |period: &PeriodFigures<'_>| is_shown(metric.name, period, pushes, extent, min_size);
        let mut value = metric.figure(parts.value, parts.fraction, !is_shown(now));
        value.method = Some(metric.method(min_size));
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
    let attendees = period.figures.count("all_attendees") as u64;
    let is_small = |name: &str| min_size.hides(period.figures.count(name) as u64);
    let is_none = |name: &str| period.figures.count(name) == 0.0;
    let reveals = |arms: &[Arms], people: [&str; 2]| {
        uplift::reveals_small_group(arms, people.map(|name| period.figures.count(name)), min_size)
    };
    match (extent, name) {
        (Extent::Nobody, _) => groups.is_empty() && !WHOLE_ONLY.contains(&name),
        (Extent::Part, _) if WHOLE_ONLY.contains(&name) => false,
        (_, "push_read_rate") if !is_none("revealing_article_pushes") => false,
        (_, "push_sign_up_rate" | "push_sign_up_hours") if !is_none("revealing_activity_pushes") => false,
        (_, "uplift_read") => !reveals(&pushes.articles, ["article_pushed_people", "article_held_out_people"]),
        (_, "uplift_sign_up") => !reveals(&pushes.activities, ["other_pushed_people", "other_held_out_people"]),
        // They are sums of the days that the table of days shows.
        (_, "identified_read_users" | "identified_share") => {
            period.figures.get("account_read_users").is_none() || period.figures.get("identified_read_users").is_some()
        }
        (Extent::Whole, name) if is_of_fixed_period(name) && !period.rule.is_fixed(period.period) => false,
        // The most frequent tenth must not be few.
        (_, "attendance_gini" | "top_tenth_share" | "union_gini") => {
            attendees == 0 || attendees >= 10 * min_size.people()
        }
        (_, name) if is_about_all(name) => !people_of(name).iter().any(|people| is_small(people)),
        _ => {
            let is_lifecycle = ["returning_members", "resurrected_members", "dormant_members"].contains(&name);
            period.hierarchy.shows(groups, period.place)
                && period.rule.shows(days_of(name), period.period)
                && (!is_lifecycle || period.rule.shows(days_of(name), period.before))
                && !(extent == Extent::Whole && reveals_lapsed(name, period, min_size))
        }
    }
}

/// Whether a figure of all members reveals few who were active before a period and not in it: all who were ever active, less the
/// active members of the period. The new members of successive periods add up to those who were ever active.
///
/// The number of active members is hidden in other periods than months and the usual ones, whose active members are known, so that
/// the new members of all periods that end on the same day are hidden.
fn reveals_lapsed(name: &str, period: &PeriodFigures<'_>, min_size: MinGroupSize) -> bool {
    let count = |group: &str| period.hierarchy.count(group, period.place);
    match name {
        "active_members" | "active_share" => !period.rule.is_fixed(period.period) && min_size.hides(count("lapsed")),
        "new_members" => {
            let ever_active = count("active") + count("lapsed");
            let active = period.rule.people_until_end("active", period.period);
            active.into_iter().any(|active| min_size.hides(ever_active.saturating_sub(active)))
        }
        _ => false,
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
        | "push_sign_up_hours"
        | "sign_up_lead_days"
        | "rating"
        | "account_read_users"
        | "account_reads"
        | "account_share_users"
        | "identified_read_users"
        | "joined_members"
        | "followers_gained"
        | "followers_lost"
        | "waitlisted"
        | "no_shows"
        | "attendance_gini"
        | "union_gini"
        | "raters"
        | "shown_members"
        | "shown_items"
        | "rejected_rows" => figure(name),
        "active_days" => share(count("active_member_days"), count("active_members")),
        "net_followers" => {
            MetricParts { value: Some(count("followers_gained") - count("followers_lost")), fraction: None }
        }
        "first_timer_share" => share(count("first_timers"), count("all_attendees")),
        "top_tenth_share" => share(count("top_tenth_attendances"), count("all_attendances")),
        "resolved_share" => share(count("identified_rows"), count("fact_rows")),
        "district_known_share" => share(count("districts_known"), count("members")),
        "active_share" => share(count("active_members"), count("members")),
        "reads_per_reader" => share(count("reads"), count("readers")),
        "finish_rate" => share(count("finished_reads"), count("measured_reads")),
        "share_rate" => share(count("sharing_readers"), count("readers")),
        "union_coverage" => share(count("active_unions"), count("active_unions") + count("silent_unions")),
        "no_show_rate" => share(count("no_shows"), count("no_shows") + count("attended")),
        "fill_rate" => share(count("seats_taken"), count("seats_offered")),
        "push_read_rate" => share(count("articles_pushed_read"), count("articles_pushed")),
        "identified_share" => share(count("identified_read_users"), count("compared_account_read_users")),
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
}
