//! Figures of two periods as the metrics of the registry, those about fewer than ten people hidden.

use zhihui_engine::report::{METRICS, MetricValue, is_too_few};

use super::figures::Figures;
use super::uplift::{self, Arms};

/// A figure with what it is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Told {
    value: Option<f64>,
    fraction: Option<(f64, f64)>,
    /// The smallest group of people, above zero, that it is about.
    people: Option<u64>,
}

/// The figures that are known of now only, so that there is none of the period before.
const NOW_ONLY: &[&str] = &["members", "reachable_members", "unions", "opt_outs"];

/// Responses of one kind by push, judged against their hold-outs.
#[derive(Debug, Default)]
pub(super) struct Pushes {
    /// Pushes of articles: reads.
    pub(super) articles: Vec<Arms>,
    /// Pushes of anything else: sign-ups.
    pub(super) activities: Vec<Arms>,
}

/// Every metric of the registry that the tables can tell, in its order. With `hide_all` nothing about people is told: the view,
/// or what the filters leave out, is a small group.
pub(super) fn metrics(now: &Figures, before: Option<&Figures>, pushes: &Pushes, hide_all: bool) -> Vec<MetricValue> {
    let mut metrics = Vec::with_capacity(METRICS.len());
    for metric in METRICS {
        let Some(mut told) = tell(metric.name, now, pushes) else { continue };
        if hide_all && told.people.is_some() {
            told.people = Some(1);
        }
        let mut figure = metric.figure(told.value, told.fraction, told.people);
        let has_before = !figure.suppressed && !NOW_ONLY.contains(&metric.name) && !metric.name.starts_with("uplift");
        figure.previous = before
            .filter(|_| has_before)
            .and_then(|before| tell(metric.name, before, pushes))
            .filter(|before| !before.people.is_some_and(is_too_few))
            .and_then(|before| before.value);
        metrics.push(figure);
    }
    metrics
}

/// The figure of this name; `None` for a metric that no query tells.
fn tell(name: &str, figures: &Figures, pushes: &Pushes) -> Option<Told> {
    let people = |name: &str| Told { value: figures.get(name), fraction: None, people: fewest(&[figures.count(name)]) };
    let about = |name: &str, people: &str| Told {
        value: figures.get(name),
        fraction: None,
        people: fewest(&[figures.count(people)]),
    };
    let open = |name: &str| Told { value: figures.get(name), ..Told::default() };
    let share = |above: f64, below: f64, groups: &[f64]| Told {
        value: (below > 0.0).then(|| above / below),
        fraction: Some((above, below)),
        people: fewest(groups),
    };
    let n = |name: &str| figures.count(name);
    Some(match name {
        "members" | "reachable_members" | "active_members" | "new_members" | "readers" | "sharers"
        | "sign_up_members" | "attended_members" | "pushed_members" | "held_out_members" | "opt_outs" => people(name),
        "active_share" => share(n("active_members"), n("members"), &[n("active_members"), n("members")]),
        "reads" => about(name, "readers"),
        "reads_per_reader" => share(n("reads"), n("readers"), &[n("readers")]),
        "dwell_seconds" => about(name, "readers_timed"),
        "shares" => about(name, "sharers"),
        "articles_read" | "articles_published" | "unions" | "active_unions" | "seats_offered" => open(name),
        "silent_unions" => Told { value: Some((n("unions") - n("active_unions")).max(0.0)), ..Told::default() },
        "union_coverage" => share(n("active_unions"), n("unions"), &[]),
        "sign_ups" => about(name, "sign_up_members"),
        "attended" => about(name, "attended_members"),
        "no_show_rate" => {
            let outcomes = n("no_shows") + n("attended");
            share(n("no_shows"), outcomes, &[n("no_show_members"), n("attended_members")])
        }
        "cancellations" => about(name, "cancelling_members"),
        "seats_taken" => about(name, "seat_holders"),
        "fill_rate" => share(n("seats_taken"), n("seats_offered"), &[n("seat_holders")]),
        "pushes" => about(name, "pushed_members"),
        "push_read_rate" => {
            share(n("articles_pushed_read"), n("articles_pushed"), &[n("push_readers"), n("articles_pushed")])
        }
        "push_sign_up_rate" => {
            let signed_up = n("activities_pushed_signed_up");
            share(signed_up, n("activities_pushed"), &[n("push_signers"), n("activities_pushed")])
        }
        "uplift_read" => added(&pushes.articles),
        "uplift_sign_up" => added(&pushes.activities),
        "rating" => about(name, "raters"),
        _ => return None,
    })
}

fn added(pushes: &[Arms]) -> Told {
    Told {
        value: uplift::over_pushes(pushes).map(|uplift| uplift.points),
        fraction: None,
        people: fewest(&uplift::groups(pushes)),
    }
}

/// The smallest of the groups that have anybody in them; 0 where none has.
fn fewest(groups: &[f64]) -> Option<u64> {
    let inhabited = groups.iter().copied().filter(|&people| people > 0.0);
    let smallest = inhabited.min_by(f64::total_cmp).unwrap_or_default();
    // Counts of people are whole and far below 2^53.
    (!groups.is_empty()).then_some(smallest as u64)
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
    fn a_share_is_about_the_smaller_of_its_groups() {
        assert_eq!(fewest(&[3.0, 40.0]), Some(3));
        assert_eq!(fewest(&[0.0, 40.0]), Some(40));
        assert_eq!(fewest(&[]), None);
    }
}
