//! Examples of one morning: members who could have been asked about an item, or were, and whether they responded.

use std::collections::HashMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use zhihui_data::snapshot::{EventKind, ItemGroup, NO_TIME, Snapshot};
use zhihui_engine::{Engine, FEATURES, MemberFeatures};

use super::exposures::{Exposure, first_responses, horizon, observed};
use super::learn::group_of;
use super::windows::DAY;

/// Members asked on one morning at most, those who respond aside: more narrow no weight.
const MOST_MEMBERS: usize = 40_000;

/// Examples whose features one thread gathers at a time.
const PART: usize = 4096;

/// Examples with features, in columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Examples {
    pub(super) member: Vec<u32>,
    pub(super) item: Vec<u32>,
    /// Rows of [`FEATURES`].
    pub(super) features: Vec<f32>,
    pub(super) responded: Vec<bool>,
    /// How many pairs of the population each stands for.
    pub(super) weight: Vec<f32>,
    /// The morning of each.
    pub(super) morning: Vec<i64>,
}

impl Examples {
    pub(super) fn len(&self) -> usize {
        self.item.len()
    }

    /// How many responded.
    pub(super) fn responses(&self) -> usize {
        self.responded.iter().filter(|&&responded| responded).count()
    }

    /// Share of the population that responded.
    pub(super) fn base_rate(&self) -> f64 {
        let of = |counts: &dyn Fn(bool) -> bool| -> f64 {
            let pairs = self.weight.iter().zip(&self.responded);
            pairs.filter(|&(_, &responded)| counts(responded)).map(|(&weight, _)| f64::from(weight)).sum()
        };
        of(&|responded| responded) / of(&|_| true).max(f64::MIN_POSITIVE)
    }

    /// Adds an example whose features an engine of that moment gives.
    pub(super) fn push(
        &mut self,
        [member, item]: [u32; 2],
        morning: i64,
        features: &[f32],
        responded: bool,
        weight: f32,
    ) {
        self.morning.push(morning);
        self.member.push(member);
        self.item.push(item);
        self.features.extend_from_slice(features);
        self.responded.push(responded);
        self.weight.push(weight);
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.member.append(&mut other.member);
        self.item.append(&mut other.item);
        self.features.append(&mut other.features);
        self.responded.append(&mut other.responded);
        self.weight.append(&mut other.weight);
        self.morning.append(&mut other.morning);
    }
}

/// Where examples come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Morning<'a> {
    /// What was known then.
    pub(super) engine: &'a Engine,
    /// What happened since.
    pub(super) known: &'a Snapshot,
    pub(super) at: i64,
    /// Responses at or after it are not looked at; pairs whose time to respond is not over by then are left out.
    pub(super) until: i64,
    /// Since when each item is asked for, as [`begun`] says; `None` where all that is on offer counts.
    pub(super) begun: Option<&'a [i64]>,
}

impl Morning<'_> {
    /// Examples of the population of all pairs of a member and an item of `group` that could have been offered to the
    /// member: all that responded in the time to respond, and about `most` of the others, each weighed by the inverse of its chance to be drawn. So sums over
    /// examples estimate sums over the population (Horvitz and Thompson, 1952), and what is fitted on them holds between
    /// members as well as between items.
    ///
    /// Empty where the time to respond is not over.
    pub(super) fn population(self, group: ItemGroup, most: usize, seed: u64) -> Examples {
        let end = self.at + horizon(group);
        if end > self.until {
            return Examples::default();
        }
        let is_asked_for = |item: u32| {
            group_of(self.known, item as usize) == group
                && self.begun.is_none_or(|begun| begun[item as usize] < self.at + DAY)
        };
        let offered = self.engine.on_offer(self.at).into_iter().filter(|&item| is_asked_for(item)).count();
        let personalised = &self.known.members.personalised;
        let members: Vec<usize> = (0..personalised.len()).filter(|&member| personalised[member]).collect();
        let asked = (MOST_MEMBERS as f64 / members.len().max(1) as f64).min(1.0);
        let pairs = members.len() as f64 * asked * offered as f64;
        let kept = (most as f64 / pairs.max(1.0)).min(1.0);
        let of_member = |features: &mut MemberFeatures<'_>, &member: &usize| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed ^ (member as u64) << 20 ^ self.at.unsigned_abs());
            let responses = first_responses(self.known, member, group, self.until);
            let responds = |item: u32| responses.get(&item).is_some_and(|at| (self.at..end).contains(at));
            let mut drawn = Examples::default();
            let is_asked = asked >= 1.0 || rng.gen_bool(asked);
            if !is_asked && !responses.keys().any(|&item| responds(item)) {
                return drawn;
            }
            let mut is_loaded = false;
            for item in self.engine.candidates(member, self.at) {
                if !is_asked_for(item) || has_responded(&responses, item, self.at) {
                    continue;
                }
                let responded = responds(item);
                if !responded && !(is_asked && (kept >= 1.0 || rng.gen_bool(kept))) {
                    continue;
                }
                if !std::mem::replace(&mut is_loaded, true) {
                    features.load(member);
                }
                let weight = if responded { 1.0 } else { 1.0 / (asked * kept) as f32 };
                drawn.push([member as u32, item], self.at, &features.of(item as usize, self.at), responded, weight);
            }
            drawn
        };
        let drawn: Vec<Examples> =
            members.par_iter().map_init(|| MemberFeatures::new(self.engine), of_member).collect();
        let mut examples = Examples::default();
        examples.features.reserve(drawn.iter().map(Examples::len).sum::<usize>() * FEATURES.len());
        drawn.into_iter().for_each(|part| examples.append(part));
        examples
    }
}

impl Morning<'_> {
    /// What was shown or pushed from this morning until `next`, at most `most` of it, and what became of it.
    pub(super) fn exposures(self, group: ItemGroup, next: i64, most: usize, seed: u64) -> Examples {
        let shown = observed(self.known, group, [self.at, next, self.until], most, seed);
        let of_part = |part: &[Exposure]| {
            let mut features = MemberFeatures::new(self.engine);
            let mut examples = Examples::default();
            for (at, exposure) in part.iter().enumerate() {
                if at == 0 || part[at - 1].member != exposure.member {
                    features.load(exposure.member as usize);
                }
                let row = features.of(exposure.item as usize, exposure.at);
                examples.push([exposure.member, exposure.item], self.at, &row, exposure.responded, 1.0);
            }
            examples
        };
        let parts: Vec<Examples> = shown.par_chunks(PART).map(of_part).collect();
        let mut examples = Examples::default();
        parts.into_iter().for_each(|part| examples.append(part));
        examples
    }
}

/// Since when each item is asked for: its publication or opening, and where neither is known its first response before
/// `until`. Nobody asks whom to invite to an activity that is only known to begin next year.
pub(super) fn begun(known: &Snapshot, until: i64) -> Vec<i64> {
    let items = &known.items;
    let mut begun: Vec<i64> = (0..items.id.len())
        .map(|item| match (items.opens_at[item], items.published_at[item]) {
            (NO_TIME, NO_TIME) => i64::MAX,
            (NO_TIME, published) => published,
            (opens, _) => opens,
        })
        .collect();
    let is_known: Vec<bool> = begun.iter().map(|&at| at != i64::MAX).collect();
    let history = &known.history;
    for event in 0..history.at.len() {
        let (item, at) = (history.item[event] as usize, history.at[event]);
        let responds = matches!(history.kind[event], EventKind::Read | EventKind::SignUp);
        if !is_known[item] && responds && at < until {
            begun[item] = begun[item].min(at);
        }
    }
    begun
}

/// Whether the member had responded before: nobody is asked twice.
fn has_responded(responses: &HashMap<u32, i64>, item: u32, at: i64) -> bool {
    responses.get(&item).is_some_and(|&response| response < at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::weights::tests::random;

    #[test]
    fn an_item_is_asked_for_from_its_opening_or_its_first_response_on() {
        let mut known = random();
        let n_items = known.items.id.len();
        known.items.opens_at = vec![NO_TIME; n_items];
        known.items.published_at = vec![NO_TIME; n_items];
        (known.items.opens_at[3], known.items.published_at[4]) = (17, 18);
        let until = 40 * DAY;
        let begun = begun(&known, until);
        assert_eq!((begun[3], begun[4]), (17, 18));
        let history = &known.history;
        for item in (0..n_items).filter(|item| ![3, 4].contains(item)) {
            let responses = (0..history.at.len()).filter(|&event| {
                history.item[event] as usize == item
                    && matches!(history.kind[event], EventKind::Read | EventKind::SignUp)
                    && history.at[event] < until
            });
            let first = responses.map(|event| history.at[event]).min();
            assert_eq!(begun[item], first.unwrap_or(i64::MAX), "item {item}");
        }
    }

    #[test]
    fn weights_stand_for_the_population() {
        let mut examples = Examples::default();
        for at in 0..10 {
            examples.push([at, 0], 0, &[0.0; FEATURES.len()], at == 0, if at == 0 { 1.0 } else { 11.0 });
        }
        assert_eq!((examples.len(), examples.responses()), (10, 1));
        assert!((examples.base_rate() - 0.01).abs() < 1e-9);
    }
}
