//! Examples of one day: pairs of a member and an item that could have been offered, or were, and whether the member
//! responded.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use zhihui_data::snapshot::{EventKind, ItemGroup, NO_TIME, Snapshot};
use zhihui_engine::{Engine, FEATURES, ItemPart, MemberFeatures};

use super::exposures::{Exposure, first_responses, horizon, observed};
use super::item_group::{GROUPS, group_of};
use super::windows::DAY;

/// Maximum number of sampled members without a response on one day. More do not make the weights more precise.
const MAX_MEMBERS: usize = 40_000;

/// Examples whose features one thread computes at a time.
const CHUNK: usize = 4096;
/// Members whose examples one thread draws at a time.
const MEMBERS_OF_TASK: usize = 512;

/// Examples with features, in columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Examples {
    pub(super) member: Vec<u32>,
    pub(super) item: Vec<u32>,
    /// Rows of [`FEATURES`].
    pub(super) features: Vec<f32>,
    pub(super) responded: Vec<bool>,
    /// Number of pairs of the population that each example represents.
    pub(super) weight: Vec<f32>,
    pub(super) day_start: Vec<i64>,
}

impl Examples {
    pub(super) fn len(&self) -> usize {
        self.item.len()
    }

    pub(super) fn responses(&self) -> usize {
        self.responded.iter().filter(|&&responded| responded).count()
    }

    /// Returns the share of the population that responded.
    pub(super) fn base_rate(&self) -> f64 {
        let of = |counts: &dyn Fn(bool) -> bool| -> f64 {
            let pairs = self.weight.iter().zip(&self.responded);
            pairs.filter(|&(_, &responded)| counts(responded)).map(|(&weight, _)| f64::from(weight)).sum()
        };
        of(&|responded| responded) / of(&|_| true).max(f64::MIN_POSITIVE)
    }

    /// Adds an example with the features at that time.
    pub(super) fn push(
        &mut self,
        [member, item]: [u32; 2],
        day_start: i64,
        features: &[f32],
        responded: bool,
        weight: f32,
    ) {
        self.day_start.push(day_start);
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
        self.day_start.append(&mut other.day_start);
    }
}

/// Source of the examples of one day.
#[derive(Debug, Clone, Copy)]
pub(super) struct DayExamples<'a> {
    /// The state at the start of the day.
    pub(super) engine: &'a Engine,
    /// The history with the events since.
    pub(super) assembled: &'a Snapshot,
    pub(super) at: i64,
    /// End of the window. Later responses are not used; pairs whose time to respond ends later are left out.
    pub(super) until: i64,
    /// First offer of each item, see [`first_offered_at`]; `None` uses all items on offer.
    pub(super) first_offered_at: Option<&'a [i64]>,
}

impl DayExamples<'_> {
    /// Samples the population of all pairs of a member and an item that could have been offered to the member, by
    /// [`GROUPS`]: all pairs with a response in time, and about `limit` of the others of each group. Each is weighted by the
    /// inverse of its sampling probability (Horvitz and Thompson, 1952), so that the ranker holds between members as well as
    /// between items.
    ///
    /// Returns no examples of a group whose time to respond ends after the window.
    pub(super) fn population(self, limit: usize, seed: u64) -> [Examples; 2] {
        let personalised = &self.assembled.members.personalised;
        let members: Vec<usize> = (0..personalised.len()).filter(|&member| personalised[member]).collect();
        let sampled = (MAX_MEMBERS as f64 / members.len().max(1) as f64).min(1.0);
        let is_offered = |item: u32| {
            self.first_offered_at.is_none_or(|first_offered_at| first_offered_at[item as usize] < self.at + DAY)
        };
        let on_offer: Vec<u32> = self.engine.on_offer(self.at).into_iter().filter(|&item| is_offered(item)).collect();
        let draws = GROUPS.map(|group| {
            let of_group = on_offer.iter().filter(|&&item| group_of(self.assembled, item as usize) == group);
            let items: Vec<ItemPart<'_>> =
                of_group.map(|&item| ItemPart::new(self.engine, item as usize, self.at)).collect();
            let pairs = members.len() as f64 * sampled * items.len() as f64;
            let kept = (limit as f64 / pairs.max(1.0)).min(1.0);
            GroupDraw { group, items, end: self.at + horizon(group), sampled, kept, seed }
        });
        let draws: Vec<GroupDraw<'_>> = draws.into_iter().filter(|draw| draw.end <= self.until).collect();
        let of_chunk = |chunk: &[usize]| {
            let mut features = MemberFeatures::new(self.engine);
            let mut response_at = vec![NO_TIME; self.assembled.items.id.len()];
            let mut drawn = <[Examples; 2]>::default();
            for &member in chunk {
                let mut is_loaded = false;
                for draw in &draws {
                    let into = &mut drawn[draw.group as usize];
                    self.draw_member(draw, member, (&mut features, &mut is_loaded), &mut response_at, into);
                }
            }
            drawn
        };
        let drawn: Vec<[Examples; 2]> = members.par_chunks(MEMBERS_OF_TASK).map(of_chunk).collect();
        let mut examples = <[Examples; 2]>::default();
        for (at, examples) in examples.iter_mut().enumerate() {
            examples.features.reserve(drawn.iter().map(|parts| parts[at].len()).sum::<usize>() * FEATURES.len());
        }
        for parts in drawn {
            examples.iter_mut().zip(parts).for_each(|(examples, part)| examples.append(part));
        }
        examples
    }

    /// Adds the examples of a member. `response_at` has no times before and after the call.
    fn draw_member(
        self,
        draw: &GroupDraw<'_>,
        member: usize,
        (features, is_loaded): (&mut MemberFeatures<'_>, &mut bool),
        response_at: &mut [i64],
        into: &mut Examples,
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(draw.seed ^ (member as u64) << 20 ^ self.at.unsigned_abs());
        let responses = first_responses(self.assembled, member, draw.group, self.until);
        let is_sampled = draw.sampled >= 1.0 || rng.gen_bool(draw.sampled);
        if !is_sampled && !responses.iter().any(|(_, at)| (self.at..draw.end).contains(&at)) {
            return;
        }
        if !std::mem::replace(is_loaded, true) {
            features.load_for_few(member);
        }
        responses.iter().for_each(|(item, at)| response_at[item as usize] = at);
        for item in draw.items.iter().filter(|item| features.may_take_part(item)) {
            let response = response_at[item.item() as usize];
            let has_responded = response != NO_TIME && response < self.at;
            let responded = (self.at..draw.end).contains(&response);
            if !has_responded && (responded || is_sampled && (draw.kept >= 1.0 || rng.gen_bool(draw.kept))) {
                let weight = if responded { 1.0 } else { draw.weight() };
                into.push([member as u32, item.item()], self.at, &features.of_part(item), responded, weight);
            }
        }
        responses.iter().for_each(|(item, _)| response_at[item as usize] = NO_TIME);
    }
}

/// How pairs of a group are drawn.
#[derive(Debug)]
struct GroupDraw<'a> {
    group: ItemGroup,
    /// The items on offer.
    items: Vec<ItemPart<'a>>,
    /// End of the time to respond.
    end: i64,
    /// Probability of a member without a response.
    sampled: f64,
    /// Probability of a pair of a sampled member.
    kept: f64,
    seed: u64,
}

impl GroupDraw<'_> {
    /// Number of pairs without a response that a drawn one represents.
    fn weight(&self) -> f32 {
        1.0 / (self.sampled * self.kept) as f32
    }
}

impl DayExamples<'_> {
    /// Returns at most `limit` exposures by events of these kinds from this day until `next`, with their responses.
    pub(super) fn exposures(
        self,
        group: ItemGroup,
        kinds: &[EventKind],
        next: i64,
        (limit, seed): (usize, u64),
    ) -> Examples {
        let shown = observed(self.assembled, (group, kinds), [self.at, next, self.until], limit, seed);
        let of_chunk = |chunk: &[Exposure]| {
            let mut features = MemberFeatures::new(self.engine);
            let mut examples = Examples::default();
            for (at, exposure) in chunk.iter().enumerate() {
                if at == 0 || chunk[at - 1].member != exposure.member {
                    features.load_for_few(exposure.member as usize);
                }
                let row = features.of(exposure.item as usize, exposure.at);
                examples.push([exposure.member, exposure.item], self.at, &row, exposure.responded, 1.0);
            }
            examples
        };
        let chunks: Vec<Examples> = shown.par_chunks(CHUNK).map(of_chunk).collect();
        let mut examples = Examples::default();
        chunks.into_iter().for_each(|chunk| examples.append(chunk));
        examples
    }
}

/// Returns when each item was first offered: at its publication or opening, or if both are unknown at its first
/// response before `until`. The begin of an activity does not count: it may be known a year ahead.
pub(crate) fn first_offered_at(assembled: &Snapshot, until: i64) -> Vec<i64> {
    let items = &assembled.items;
    let mut first_offered_at: Vec<i64> = (0..items.id.len())
        .map(|item| match (items.opens_at[item], items.published_at[item]) {
            (NO_TIME, NO_TIME) => i64::MAX,
            (NO_TIME, published) => published,
            (opens, _) => opens,
        })
        .collect();
    let is_known: Vec<bool> = first_offered_at.iter().map(|&at| at != i64::MAX).collect();
    let history = &assembled.history;
    for event in history.places() {
        let (item, at) = (history.item(event) as usize, history.at(event));
        let responds = matches!(history.kind(event), EventKind::Read | EventKind::SignUp);
        if !is_known[item] && responds && at < until {
            first_offered_at[item] = first_offered_at[item].min(at);
        }
    }
    first_offered_at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::weights::tests::random;

    #[test]
    fn an_item_is_first_offered_at_its_opening_or_first_response() {
        let mut assembled = random();
        let n_items = assembled.items.id.len();
        assembled.items.opens_at = vec![NO_TIME; n_items];
        assembled.items.published_at = vec![NO_TIME; n_items];
        (assembled.items.opens_at[3], assembled.items.published_at[4]) = (17, 18);
        let until = 40 * DAY;
        let first_offered_at = first_offered_at(&assembled, until);
        assert_eq!((first_offered_at[3], first_offered_at[4]), (17, 18));
        let history = &assembled.history;
        for item in (0..n_items).filter(|item| ![3, 4].contains(item)) {
            let responses = history.places().filter(|&event| {
                history.item(event) as usize == item
                    && matches!(history.kind(event), EventKind::Read | EventKind::SignUp)
                    && history.at(event) < until
            });
            let first = responses.map(|event| history.at(event)).min();
            assert_eq!(first_offered_at[item], first.unwrap_or(i64::MAX), "item {item}");
        }
    }

    #[test]
    fn weights_estimate_the_population() {
        let mut examples = Examples::default();
        for at in 0..10 {
            examples.push([at, 0], 0, &[0.0; FEATURES.len()], at == 0, if at == 0 { 1.0 } else { 11.0 });
        }
        assert_eq!((examples.len(), examples.responses()), (10, 1));
        assert!((examples.base_rate() - 0.01).abs() < 1e-9);
    }
}
