//! Figures of two periods as the metrics of the registry, those that would tell of small groups hidden.

use zhihui_engine::report::{METRICS, MetricValue, MinGroupSize};

use super::figures::Figures;
use super::lattice::Family;
use super::uplift::{self, Arms};

/// A figure with what it is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Told {
    value: Option<f64>,
    fraction: Option<(f64, f64)>,
}

/// The figures that are known of now only, so that there is none of the period before.
const NOW_ONLY: &[&str] = &["members", "reachable_members", "unions", "opt_outs"];
/// Figures that are told of the whole account only.
const WHOLE_ONLY: &[&str] = &["push_read_rate", "push_sign_up_rate", "uplift_read", "uplift_sign_up"];

/// Responses of one kind by push, judged against their hold-outs.
#[derive(Debug, Default)]
pub(super) struct Pushes {
    /// Pushes of articles: reads.
    pub(super) articles: Vec<Arms>,
    /// Pushes of anything else: sign-ups.
    pub(super) activities: Vec<Arms>,
}

/// What is known of a period, and which of it may be shown.
pub(super) struct Known<'a> {
    pub(super) figures: &'a Figures,
    /// The family of groups that the part reported on belongs to, and its place.
    pub(super) family: &'a Family,
    pub(super) place: usize,
}

/// What is reported on, as far as hiding depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    Part,
    /// Nothing about people is shown.
    Nobody,
}

/// Every metric of the registry that the tables can tell, in its order.
pub(super) fn metrics(
    now: &Known<'_>,
    before: Option<&Known<'_>>,
    pushes: &Pushes,
    extent: Extent,
    fewest: MinGroupSize,
) -> Vec<MetricValue> {
    let mut metrics = Vec::with_capacity(METRICS.len());
    for metric in METRICS {
        let Some(told) = tell(metric.name, now.figures, pushes) else { continue };
        let is_shown = |known: &Known<'_>| is_shown(metric.name, known, pushes, extent, fewest);
        let mut figure = metric.figure(told.value, told.fraction, !is_shown(now));
        let has_before = !figure.suppressed && !NOW_ONLY.contains(&metric.name) && !metric.name.starts_with("uplift");
        figure.previous = before
            .filter(|before| has_before && is_shown(before))
            .and_then(|before| tell(metric.name, before.figures, pushes))
            .and_then(|before| before.value);
        metrics.push(figure);
    }
    metrics
}

/// Whether a metric tells of no small group, alone or beside the figures of wider and narrower parts.
fn is_shown(name: &str, known: &Known<'_>, pushes: &Pushes, extent: Extent, fewest: MinGroupSize) -> bool {
    let groups = groups_of(name);
    let few = |name: &str| fewest.hides(known.figures.count(name) as u64);
    match (extent, name) {
        (Extent::Nobody, _) => groups.is_empty() && !WHOLE_ONLY.contains(&name),
        (Extent::Part, _) if WHOLE_ONLY.contains(&name) => false,
        (_, "push_read_rate") => !few("push_readers") && !few("push_non_readers"),
        (_, "push_sign_up_rate") => !few("push_signers") && !few("push_non_signers"),
        (_, "uplift_read") => !uplift::tells_of_few(&pushes.articles, fewest),
        (_, "uplift_sign_up") => !uplift::tells_of_few(&pushes.activities, fewest),
        _ => known.family.shows(groups, known.place),
    }
}

/// The groups of people that a metric is about, or that its difference from another one is about.
fn groups_of(name: &str) -> &'static [&'static str] {
    match name {
        "members" | "unions" => &["members"],
        "reachable_members" => &["members", "reachable", "unreachable"],
        "opt_outs" => &["members", "opted_out", "opted_in"],
        "active_members" | "active_share" | "active_unions" | "silent_unions" | "union_coverage" => {
            &["members", "active", "inactive"]
        }
        "new_members" => &["members", "active", "inactive", "first_active", "active_before"],
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

/// The figure of this name; `None` for a metric that no query tells.
fn tell(name: &str, figures: &Figures, pushes: &Pushes) -> Option<Told> {
    let open = |name: &str| Told { value: figures.get(name), fraction: None };
    let share =
        |above: f64, below: f64| Told { value: (below > 0.0).then(|| above / below), fraction: Some((above, below)) };
    let added =
        |pushes: &[Arms]| Told { value: uplift::over_pushes(pushes).map(|uplift| uplift.points), fraction: None };
    let n = |name: &str| figures.count(name);
    Some(match name {
        "members" | "reachable_members" | "active_members" | "new_members" | "readers" | "sharers"
        | "sign_up_members" | "attended_members" | "pushed_members" | "held_out_members" | "opt_outs" | "reads"
        | "dwell_seconds" | "shares" | "articles_read" | "articles_published" | "unions" | "active_unions"
        | "silent_unions" | "seats_offered" | "sign_ups" | "attended" | "cancellations" | "seats_taken" | "pushes"
        | "rating" => open(name),
        "active_share" => share(n("active_members"), n("members")),
        "reads_per_reader" => share(n("reads"), n("readers")),
        "union_coverage" => share(n("active_unions"), n("active_unions") + n("silent_unions")),
        "no_show_rate" => share(n("no_shows"), n("no_shows") + n("attended")),
        "fill_rate" => share(n("seats_taken"), n("seats_offered")),
        "push_read_rate" => share(n("articles_pushed_read"), n("articles_pushed")),
        "push_sign_up_rate" => share(n("activities_pushed_signed_up"), n("activities_pushed")),
        "uplift_read" => added(&pushes.articles),
        "uplift_sign_up" => added(&pushes.activities),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_of_the_registry_is_told() {
        let figures = Figures::default();
        for metric in METRICS {
            assert!(tell(metric.name, &figures, &Pushes::default()).is_some(), "{} is never told", metric.name);
        }
    }

    #[test]
    fn every_figure_about_people_says_which() {
        let open = ["articles_published", "seats_offered"];
        for metric in METRICS.iter().filter(|metric| !WHOLE_ONLY.contains(&metric.name)) {
            assert_eq!(groups_of(metric.name).is_empty(), open.contains(&metric.name), "{}", metric.name);
        }
    }
}
