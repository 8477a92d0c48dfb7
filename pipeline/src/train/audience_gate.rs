//! Judges audiences of items by the share of responders among the highest-ranked eligible members.

use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::{Engine, ItemPart, MemberFeatures};

use super::audience_head::{Place, head, length_that_weighs};
use super::compared_order::ComparedOrder;
use super::responses::LabelledAudience;

/// Sizes of an audience, as shares of its candidates.
pub(super) const SIZES: [f64; 2] = [0.01, 0.05];
/// Maximum number of candidates without a response. A larger population is represented by a sample.
const MAX_CANDIDATES: usize = 20_000;
/// Members whose features one thread computes at a time.
const CHUNK: usize = 512;
/// Number of candidates of audiences that are in memory at the same time, of about 60 bytes each.
const CANDIDATES_AT_A_TIME: usize = 2_000_000;

/// A response, and whether each ordering placed the member within each of [`SIZES`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Response {
    pub(super) item: u32,
    pub(super) member: u32,
    pub(super) captured: Vec<[bool; 2]>,
}

impl Response {
    /// Returns the response with some of its orderings.
    pub(super) fn of_orderings(&self, orderings: &[usize]) -> Self {
        let captured = orderings.iter().map(|&at| self.captured[at]).collect();
        Self { item: self.item, member: self.member, captured }
    }
}

/// Sample of members without a response.
pub(super) struct Sample {
    is_in: Vec<bool>,
    /// Number of members that each sampled member represents.
    weight: f64,
}

impl Sample {
    /// Selects all members who allow personalised lists, or [`MAX_CANDIDATES`] of them at random.
    pub(super) fn of(assembled: &Snapshot, seed: u64) -> Self {
        let allowed = &assembled.members.personalised;
        let members: Vec<usize> = (0..allowed.len()).filter(|&member| allowed[member]).collect();
        let mut is_in = vec![false; allowed.len()];
        let count = members.len().min(MAX_CANDIDATES);
        let chosen = index::sample(&mut ChaCha8Rng::seed_from_u64(seed ^ 0x4e1d), members.len(), count);
        chosen.iter().for_each(|at| is_in[members[at]] = true);
        Self { is_in, weight: members.len() as f64 / count.max(1) as f64 }
    }

    /// Returns the members of the sample and all who responded to one of the items, ascending.
    fn with_responders<'a>(&self, labelled: impl Iterator<Item = &'a LabelledAudience>) -> Vec<u32> {
        let mut counts = self.is_in.clone();
        for &(member, _) in labelled.flat_map(|label| label.responses.iter()) {
            counts[member as usize] = true;
        }
        (0..counts.len() as u32).filter(|&member| counts[member as usize]).collect()
    }
}

/// The audiences of one item at one instant, and what judges them.
struct JudgedItem<'a> {
    label: &'a LabelledAudience,
    part: ItemPart<'a>,
    orderings: &'a [ComparedOrder],
    group: usize,
}

struct Candidate {
    member: u32,
    responded: bool,
    tie_breaker: f32,
}

/// Some candidates of one audience with their scores: one row for each candidate, one column for each ordering.
#[derive(Default)]
struct Candidates {
    candidates: Vec<Candidate>,
    scores: Vec<f32>,
}

/// Judges audiences of both groups that are requested on one day. `engine` has the state at the start of that day. The features
/// of a member are gathered once for all items, and those of a pair once for all orderings.
pub(super) fn judge(
    engine: &Engine,
    labelled: [&[LabelledAudience]; 2],
    sample: &Sample,
    orderings: [&[ComparedOrder]; 2],
) -> [Vec<Response>; 2] {
    let items = [0, 1].into_iter().flat_map(|group| labelled[group].iter().map(move |label| (group, label)));
    let items: Vec<(usize, &LabelledAudience)> = items.collect();
    let members = sample.with_responders(items.iter().map(|&(_, label)| label));
    let mut responses = [Vec::new(), Vec::new()];
    for some in items.chunks((CANDIDATES_AT_A_TIME / members.len().max(1)).max(1)) {
        let judged = some.iter().map(|&(group, label)| {
            let part = ItemPart::new(engine, label.item as usize, label.at);
            JudgedItem { label, part, orderings: orderings[group], group }
        });
        let judged: Vec<JudgedItem<'_>> = judged.collect();
        for (item, found) in judged.iter().zip(judge_some(engine, &judged, &members, sample)) {
            responses[item.group].extend(found);
        }
    }
    responses
}

/// Judges audiences, all of which are in memory at the same time.
fn judge_some(engine: &Engine, judged: &[JudgedItem<'_>], members: &[u32], sample: &Sample) -> Vec<Vec<Response>> {
    let of_chunk = |chunk: &[u32]| {
        let mut features = MemberFeatures::new(engine);
        let mut audiences: Vec<Candidates> = judged.iter().map(|_| Candidates::default()).collect();
        for &member in chunk {
            features.load(member as usize);
            for (item, audience) in judged.iter().zip(&mut audiences) {
                audience.add(member, item, sample, &features);
            }
        }
        audiences
    };
    let chunks: Vec<Vec<Candidates>> = members.par_chunks(CHUNK).map(of_chunk).collect();
    let responses = |(at, item): (usize, &JudgedItem<'_>)| {
        let audience: Vec<&Candidates> = chunks.iter().map(|chunk| &chunk[at]).collect();
        responses(&audience, item.label.item, item.orderings.len(), sample.weight)
    };
    judged.par_iter().enumerate().map(responses).collect()
}

impl Candidates {
    /// Adds a member who is eligible for the item and has not responded to it before.
    fn add(&mut self, member: u32, item: &JudgedItem<'_>, sample: &Sample, features: &MemberFeatures<'_>) {
        let label = item.label;
        let response = label.response_of(member);
        let responded = response.is_some_and(|response| (label.at..label.until).contains(&response));
        let is_early = response.is_some_and(|response| response < label.at);
        let counts = responded || sample.is_in[member as usize];
        if !counts || is_early || !features.may_take_part(&item.part) {
            return;
        }
        let of_pair = features.of_part(&item.part);
        self.candidates.push(Candidate { member, responded, tie_breaker: features.tie_breaker() });
        let score = |ordering: &ComparedOrder| ordering.score(member, &item.part, features, &of_pair);
        self.scores.extend(item.orderings.iter().map(score));
    }
}

/// Returns for each responder of an audience whether each ordering placed them within each size. Ties have the order of the
/// service. Candidates ascend; those who did not respond count for `weight` members.
fn responses(audience: &[&Candidates], item: u32, orderings: usize, weight: f64) -> Vec<Response> {
    let candidates: Vec<&Candidate> = audience.iter().flat_map(|part| &part.candidates).collect();
    let weight_of = |candidate: &Candidate| if candidate.responded { 1.0 } else { weight };
    let total: f64 = candidates.iter().map(|candidate| weight_of(candidate)).sum();
    let responded: Vec<usize> = (0..candidates.len()).filter(|&at| candidates[at].responded).collect();
    let new = |&at: &usize| Response { item, member: candidates[at].member, captured: Vec::new() };
    let mut responses: Vec<Response> = responded.iter().map(new).collect();
    let limits = SIZES.map(|size| (size * total).max(1.0));
    let longest = length_that_weighs(limits[0].max(limits[1]), responded.len(), weight);
    let mut places = Vec::with_capacity(candidates.len());
    for ordering in 0..orderings {
        places.clear();
        let scores = audience.iter().flat_map(|part| part.scores.iter().skip(ordering).step_by(orderings));
        let place = |(at, &score): (usize, &f32)| Place::new(at, score, candidates[at].tie_breaker);
        places.extend(scores.enumerate().map(place));
        responses.iter_mut().for_each(|response| response.captured.push([false; 2]));
        let mut before = 0.0;
        for place in head(&mut places, longest) {
            let candidate = candidates[place.candidate()];
            if candidate.responded
                && let Ok(row) = responded.binary_search(&place.candidate())
            {
                responses[row].captured[ordering] = limits.map(|limit| before < limit);
            }
            before += weight_of(candidate);
        }
    }
    responses
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Members 0, 1, … with the scores of one ordering.
    fn audience(scores: &[f32], responded: &[u32]) -> Candidates {
        let candidate = |member: u32| Candidate { member, responded: responded.contains(&member), tie_breaker: 0.0 };
        Candidates { candidates: (0..scores.len() as u32).map(candidate).collect(), scores: scores.to_vec() }
    }

    #[test]
    fn the_highest_of_a_hundred_is_within_one_percent() {
        let scores: Vec<f32> = (0..100).map(|member| -(member as f32)).collect();
        let responses = responses(&[&audience(&scores, &[0, 1, 4, 5])], 7, 1, 1.0);
        let captured: Vec<[bool; 2]> = responses.iter().map(|response| response.captured[0]).collect();
        assert_eq!(captured, [[true, true], [false, true], [false, true], [false, false]]);
        assert!(responses.iter().all(|response| response.item == 7));
    }

    #[test]
    fn a_sampled_member_counts_for_those_it_represents() {
        // 48 members who represent 1,000 each, and two responders.
        let scores: Vec<f32> = (0..50).map(|member| -(member as f32)).collect();
        let responses = responses(&[&audience(&scores, &[1, 3])], 0, 1, 1_000.0);
        assert_eq!(responses[0].captured[0], [false, true], "1,000 of 48,002 rank higher");
        assert_eq!(responses[1].captured[0], [false, true], "2,001 of 48,002 rank higher");
    }

    #[test]
    fn ties_are_broken_by_activity() {
        let mut equal = audience(&[0.0; 100], &[99]);
        assert_eq!(responses(&[&equal], 0, 1, 1.0)[0].captured[0], [false, false]);
        equal.candidates[99].tie_breaker = 1.0;
        assert_eq!(responses(&[&equal], 0, 1, 1.0)[0].captured[0], [true, true]);
    }

    proptest! {
        #[test]
        fn responders_are_captured_as_in_the_sorted_audience(
            members in prop::collection::vec((0_u8..5, 0_u8..3, 0_u8..9), 1..300), weight in 1.0_f64..9.0,
        ) {
            let candidate = |(member, &(_, tie, responds)): (usize, &(u8, u8, u8))| Candidate {
                member: member as u32,
                responded: responds == 0,
                tie_breaker: f32::from(tie),
            };
            let of = |part: &[(u8, u8, u8)], from: usize| Candidates {
                candidates: part.iter().enumerate().map(|(at, own)| candidate((from + at, own))).collect(),
                scores: part.iter().flat_map(|own| [f32::from(own.0), -f32::from(own.2)]).collect(),
            };
            let half = members.len() / 2;
            let parts = [of(&members[..half], 0), of(&members[half..], half)];
            let found = responses(&[&parts[0], &parts[1]], 3, 2, weight);
            let weight_of = |at: usize| if members[at].2 == 0 { 1.0 } else { weight };
            let total: f64 = (0..members.len()).map(weight_of).sum();
            let mut expected = vec![[[false; 2]; 2]; members.len()];
            for (ordering, is_first) in [true, false].into_iter().enumerate() {
                let score = |at: usize| if is_first { i16::from(members[at].0) } else { -i16::from(members[at].2) };
                let mut sorted: Vec<usize> = (0..members.len()).collect();
                sorted.sort_by_key(|&at| (-score(at), -i16::from(members[at].1), at));
                let mut before = 0.0;
                for at in sorted {
                    expected[at][ordering] = SIZES.map(|size| before < (size * total).max(1.0));
                    before += weight_of(at);
                }
            }
            for response in found {
                prop_assert_eq!(&response.captured[..], &expected[response.member as usize][..]);
            }
        }
    }
}
