//! How many of those who sign up attend, learnt from past activities whose attendance was recorded.

use serde::{Deserialize, Serialize};
use zhihui_data::{
    ItemKind, SignUpStatus,
    snapshot::{NO_TIME, Snapshot},
};
use zhihui_models::ranking::response_rate::BetaPrior;

/// The share of sign-ups that attend.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ShowUp {
    /// Expected share of sign-ups that attend: the rate of this kind, shrunk towards the rate of all kinds.
    pub rate: f64,
    /// Past sign-ups of this kind with a known outcome. 0: the rate is that of all kinds.
    pub sign_ups: usize,
    /// Past sign-ups of all kinds with a known outcome.
    pub sign_ups_of_all_kinds: usize,
}

/// Sign-ups with a known outcome, and those that attended.
type Outcomes = (u32, u32);

/// The show-up rate of each kind of item.
#[derive(Debug, Clone, Default)]
pub(crate) struct ShowUpRates {
    /// Indexed by [`ItemKind`].
    by_kind: [Option<ShowUp>; 5],
}

impl ShowUpRates {
    /// Learns the rates from the sign-ups of the snapshot.
    ///
    /// An activity counts if it has ended and its attendance was recorded: someone is marked as attended, or every
    /// standing sign-up as absent. Its sign-ups are those that attended, were absent, or are still registered; waiting
    /// and cancelled ones had no seat. The rate of a kind is the posterior mean under a Beta prior around the rate of all
    /// kinds, whose strength is estimated from the variance between activities
    /// ([`BetaPrior::around_pooled_rate`]): a kind that is known from a single activity counts as that activity would in
    /// an empirical Bayes estimate, and a kind with many sign-ups keeps its own rate.
    pub(crate) fn learn(snapshot: &Snapshot) -> Self {
        let activities = outcomes(snapshot);
        let counts: Vec<Outcomes> = activities.iter().map(|&(_, counts)| counts).collect();
        let all = sum(counts.iter().copied());
        if all.0 == 0 {
            return Self::default();
        }
        let prior = BetaPrior::around_pooled_rate(&counts);
        let of_kind = |kind: usize| {
            let of_kind = activities.iter().filter(|(item, _)| snapshot.items.kind[*item] as usize == kind);
            let (sign_ups, attended) = sum(of_kind.map(|&(_, counts)| counts));
            let pooled = f64::from(all.1) / f64::from(all.0);
            let rate = prior.map_or(pooled, |prior| prior.posterior_mean(sign_ups, attended));
            Some(ShowUp { rate, sign_ups: sign_ups as usize, sign_ups_of_all_kinds: all.0 as usize })
        };
        Self { by_kind: std::array::from_fn(of_kind) }
    }

    /// The rate of a kind, or `None` if attendance was never recorded.
    pub(crate) fn of(&self, kind: ItemKind) -> Option<ShowUp> {
        self.by_kind[kind as usize]
    }
}

fn sum(counts: impl Iterator<Item = Outcomes>) -> Outcomes {
    counts.fold((0, 0), |sum, counts| (sum.0 + counts.0, sum.1 + counts.1))
}

/// The activities that have ended with a recorded attendance, as indices of items.
fn outcomes(snapshot: &Snapshot) -> Vec<(usize, Outcomes)> {
    let (items, sign_ups) = (&snapshot.items, &snapshot.sign_ups);
    // Registered, attended, absent.
    let mut counts = vec![[0_u32; 3]; items.id.len()];
    for (at, &item) in sign_ups.item.iter().enumerate() {
        let place = match sign_ups.status[at] {
            SignUpStatus::Registered => 0,
            SignUpStatus::Attended => 1,
            SignUpStatus::NoShow => 2,
            SignUpStatus::Waitlisted | SignUpStatus::Cancelled => continue,
        };
        counts[item as usize][place] += 1;
    }
    let has_ended = |item: usize| {
        let end = if items.ends_at[item] == NO_TIME { items.starts_at[item] } else { items.ends_at[item] };
        end != NO_TIME && end <= snapshot.as_of
    };
    let of_item = |(item, &[registered, attended, absent]): (usize, &[u32; 3])| {
        let is_recorded = attended > 0 || (absent > 0 && registered == 0);
        (is_recorded && has_ended(item)).then_some((item, (registered + attended + absent, attended)))
    };
    counts.iter().enumerate().filter_map(of_item).collect()
}
