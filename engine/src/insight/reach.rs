//! Number of members that items reach, and their expected responses. Many items take one pass over the members.

use rayon::prelude::*;
use zhihui_data::snapshot::Side;

use crate::{
    Engine, Overlay,
    eligibility::ItemTerms,
    report::MinGroupSize,
    scoring::{ItemScorer, MemberFacts, Profile, probability},
};

/// Maximum number of members that are evaluated. Beyond it, only every second, third, … member is evaluated and the
/// counts are scaled up.
const MAX_SAMPLED_MEMBERS: usize = 100_000;

/// The reach of an item.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reach {
    /// Number of members who can still sign up for it or read it for the first time. Includes readers of a sensitive
    /// article.
    pub eligible: usize,
    /// Number of those who can be pushed: they follow the account and allow personalised lists.
    pub reachable: usize,
    /// Expected responses if all of them were pushed, ignoring seats and caps.
    pub expected: f64,
    /// Whether the probabilities behind `expected` are calibrated on real exposures.
    pub calibrated: bool,
    /// Whether the numbers are extrapolated from a sample of the members.
    pub extrapolated: bool,
}

impl Reach {
    /// Returns the counts rounded down to multiples of the minimum group size, for callers who may not see small
    /// groups. Differences of rounded counts never describe a few people.
    #[must_use]
    pub fn rounded(self, min_size: MinGroupSize) -> Self {
        let step = min_size.people() as usize;
        let down = |count: usize| count - count % step;
        let expected = step as f64 * (self.expected / step as f64).floor();
        Self { eligible: down(self.eligible), reachable: down(self.reachable), expected, ..self }
    }
}

impl Engine {
    /// Returns the reach of each item at `now`, in the order of the ids. The reach of an unknown id is empty. With
    /// `within`, only members of that union and those below it are counted.
    #[must_use]
    pub fn reach_of_items(&self, overlay: &Overlay, item_ids: &[&str], within: Option<&str>, now: i64) -> Vec<Reach> {
        let top = match within.map(|union| self.union_row(union)) {
            Some(None) => return vec![Reach::default(); item_ids.len()],
            Some(Some(top)) => Some(top as u32),
            None => None,
        };
        let scorers: Vec<Option<(ItemTerms, ItemScorer<'_>)>> = item_ids
            .iter()
            .map(|id| {
                let item = self.item_row(id)?;
                Some((ItemTerms::of(self.snapshot(), item), ItemScorer::new(self, overlay, item, now)))
            })
            .collect();
        let n_members = self.snapshot().members.id.len();
        let step = n_members.div_ceil(MAX_SAMPLED_MEMBERS).max(1);
        let empty = || vec![Reach::default(); scorers.len()];
        let sampled = (0..n_members.div_ceil(step)).into_par_iter();
        let chunk = (n_members / 64).max(64);
        let parts: Vec<Vec<Reach>> = sampled
            .with_min_len(chunk)
            .fold(
                || (empty(), Profile::default()),
                |(mut sums, mut profile), place| {
                    let row = place * step;
                    if top.is_none_or(|top| self.row_is_within(row, top)) {
                        self.add_member(overlay, &scorers, row, &mut profile, &mut sums);
                    }
                    (sums, profile)
                },
            )
            .map(|(sums, _)| sums)
            .collect();
        // Added in the order of the members, so that the same state gives the same sums.
        let mut sums = parts.into_iter().fold(empty(), |mut all, part| {
            for (sum, part) in all.iter_mut().zip(part) {
                sum.eligible += part.eligible;
                sum.reachable += part.reachable;
                sum.expected += part.expected;
            }
            all
        });
        for (sum, side) in sums.iter_mut().zip(&scorers) {
            sum.eligible *= step;
            sum.reachable *= step;
            sum.expected *= step as f64;
            sum.extrapolated = step > 1;
            sum.calibrated =
                side.as_ref().is_some_and(|(_, side)| self.is_calibrated(side.facts.group(), Side::Audiences));
        }
        sums
    }

    fn add_member(
        &self,
        overlay: &Overlay,
        scorers: &[Option<(ItemTerms, ItemScorer<'_>)>],
        row: usize,
        profile: &mut Profile,
        sums: &mut [Reach],
    ) {
        if overlay.is_erased(row) {
            return;
        }
        let state = overlay.member(row);
        let can_be_pushed = overlay.openid(self, row).is_some()
            && overlay.follows(self, row)
            && overlay.allows_personalised(self, state);
        if overlay.allows_personalised(self, state) {
            profile.load(self, state);
        } else {
            *profile = Profile { facts: MemberFacts::of(self, Some(row)), ..Profile::default() };
        }
        for (sum, side) in sums.iter_mut().zip(scorers) {
            let Some((terms, side)) = side else { continue };
            let tickets = || self.union_sign_ups().tickets(profile.facts.union, terms.item);
            let is_eligible = self.admits(terms, &profile.facts).is_ok()
                && self.is_new_in_audience(state, terms).is_ok()
                && self.seats_left(overlay, terms, profile, tickets()).is_ok();
            if !is_eligible {
                continue;
            }
            sum.eligible += 1;
            if can_be_pushed {
                sum.reachable += 1;
                sum.expected +=
                    self.push_level(terms.item as usize).probability(probability(side.logit(profile, state)));
            }
        }
    }
}
