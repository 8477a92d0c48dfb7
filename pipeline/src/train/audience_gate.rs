//! Judges audiences of items by the share of responders among the highest-ranked eligible members.

use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::{Engine, MemberFeatures};

use super::audience_head::{Place, head, length_that_weighs};
use super::compared_order::ComparedOrder;
use super::responses::LabelledAudience;

/// Sizes of an audience, as shares of its candidates.
pub(super) const SIZES: [f64; 2] = [0.01, 0.05];
/// Maximum number of candidates without a response. A larger population is represented by a sample.
const MAX_CANDIDATES: usize = 20_000;
/// Members whose features one thread computes at a time.
const CHUNK: usize = 512;
/// Number of candidates of audiences that are in memory at the same time, of about 100 bytes each.
const CANDIDATES_AT_A_TIME: usize = 1_000_000;

/// A response, and whether each ordering placed the member within each of [`SIZES`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Response {
    pub(super) item: u32,
    pub(super) member: u32,
    pub(super) captured: Vec<[bool; 2]>,
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
}

struct Candidate {
    member: u32,
    weight: f64,
    responded: bool,
    tie_breaker: f32,
}

/// Candidates of one audience with their scores: one row for each candidate, one column for each ordering.
#[derive(Default)]
struct Audience {
    candidates: Vec<Candidate>,
    scores: Vec<f32>,
}

/// Judges audiences that are requested on one day. `engine` has the state at the start of that day.
pub(super) fn judge(
    engine: &Engine,
    labelled: &[LabelledAudience],
    sample: &Sample,
    orderings: &[ComparedOrder],
) -> Vec<Response> {
    let responds = |member: u32| labelled.iter().any(|label| label.responses.contains_key(&member));
    let members: Vec<u32> =
        (0..sample.is_in.len() as u32).filter(|&member| sample.is_in[member as usize] || responds(member)).collect();
    let audiences_at_a_time = (CANDIDATES_AT_A_TIME / members.len().max(1)).max(1);
    let some = labelled.chunks(audiences_at_a_time);
    some.flat_map(|labelled| judge_some(engine, labelled, &members, sample, orderings)).collect()
}

/// Judges audiences, all of which are in memory at the same time.
fn judge_some(
    engine: &Engine,
    labelled: &[LabelledAudience],
    members: &[u32],
    sample: &Sample,
    orderings: &[ComparedOrder],
) -> Vec<Response> {
    let of_chunk = |chunk: &[u32]| {
        let mut features = MemberFeatures::new(engine);
        let mut audiences: Vec<Audience> = labelled.iter().map(|_| Audience::default()).collect();
        for &member in chunk {
            features.load(member as usize);
            for (label, audience) in labelled.iter().zip(&mut audiences) {
                audience.add(member, label, sample, &features, orderings);
            }
        }
        audiences
    };
    let mut chunks: Vec<Vec<Audience>> = members.par_chunks(CHUNK).map(of_chunk).collect();
    let merge = |at: usize, chunks: &mut [Vec<Audience>]| {
        let mut audience = Audience::default();
        for chunk in chunks.iter_mut() {
            audience.candidates.append(&mut chunk[at].candidates);
            audience.scores.append(&mut chunk[at].scores);
        }
        audience
    };
    let audiences: Vec<Audience> = (0..labelled.len()).map(|at| merge(at, &mut chunks)).collect();
    let responses = |(audience, label): (&Audience, &LabelledAudience)| audience.responses(label.item, orderings.len());
    audiences.par_iter().zip(labelled).flat_map_iter(responses).collect()
}

impl Audience {
    /// Adds a member who is eligible for the item and has not responded to it before.
    fn add(
        &mut self,
        member: u32,
        label: &LabelledAudience,
        sample: &Sample,
        features: &MemberFeatures<'_>,
        orderings: &[ComparedOrder],
    ) {
        let response = label.responses.get(&member).copied();
        let responded = response.is_some_and(|response| (label.at..label.until).contains(&response));
        let is_early = response.is_some_and(|response| response < label.at);
        let counts = responded || sample.is_in[member as usize];
        if !counts || is_early || !features.may_take(label.item as usize, label.at) {
            return;
        }
        let of_pair = features.of(label.item as usize, label.at);
        let weight = if responded { 1.0 } else { sample.weight };
        self.candidates.push(Candidate { member, weight, responded, tie_breaker: features.tie_breaker() });
        let score = |ordering: &ComparedOrder| ordering.score(member, label.item, features, &of_pair);
        self.scores.extend(orderings.iter().map(score));
    }

    /// Returns for each responder whether each ordering placed them within each size. Ties have the order of the
    /// service.
    fn responses(&self, item: u32, orderings: usize) -> Vec<Response> {
        let total: f64 = self.candidates.iter().map(|candidate| candidate.weight).sum();
        let responded: Vec<usize> = (0..self.candidates.len()).filter(|&at| self.candidates[at].responded).collect();
        let new = |&at: &usize| Response { item, member: self.candidates[at].member, captured: Vec::new() };
        let mut responses: Vec<Response> = responded.iter().map(new).collect();
        let limits = SIZES.map(|size| (size * total).max(1.0));
        let heaviest = self.candidates.iter().map(|candidate| candidate.weight).fold(1.0, f64::max);
        let longest = length_that_weighs(limits[0].max(limits[1]), responded.len(), heaviest);
        let mut places = Vec::with_capacity(self.candidates.len());
        for ordering in 0..orderings {
            let place = |(at, candidate): (usize, &Candidate)| {
                Place::new(at, self.scores[at * orderings + ordering], candidate.tie_breaker)
            };
            places.clear();
            places.extend(self.candidates.iter().enumerate().map(place));
            responses.iter_mut().for_each(|response| response.captured.push([false; 2]));
            let mut before = 0.0;
            for place in head(&mut places, longest) {
                if let Ok(row) = responded.binary_search(&place.candidate()) {
                    responses[row].captured[ordering] = limits.map(|limit| before < limit);
                }
                before += self.candidates[place.candidate()].weight;
            }
        }
        responses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Members 0, 1, … with the scores of one ordering.
    fn audience(scores: &[f32], responded: &[u32], weight: f64) -> Audience {
        let candidate = |member: u32| {
            let responded = responded.contains(&member);
            Candidate { member, weight: if responded { 1.0 } else { weight }, responded, tie_breaker: 0.0 }
        };
        Audience { candidates: (0..scores.len() as u32).map(candidate).collect(), scores: scores.to_vec() }
    }

    #[test]
    fn the_highest_of_a_hundred_is_within_one_percent() {
        let scores: Vec<f32> = (0..100).map(|member| -(member as f32)).collect();
        let responses = audience(&scores, &[0, 1, 4, 5], 1.0).responses(7, 1);
        let captured: Vec<[bool; 2]> = responses.iter().map(|response| response.captured[0]).collect();
        assert_eq!(captured, [[true, true], [false, true], [false, true], [false, false]]);
        assert!(responses.iter().all(|response| response.item == 7));
    }

    #[test]
    fn a_sampled_member_counts_for_those_it_represents() {
        // 48 members who represent 1,000 each, and two responders.
        let scores: Vec<f32> = (0..50).map(|member| -(member as f32)).collect();
        let responses = audience(&scores, &[1, 3], 1_000.0).responses(0, 1);
        assert_eq!(responses[0].captured[0], [false, true], "1,000 of 48,002 rank higher");
        assert_eq!(responses[1].captured[0], [false, true], "2,001 of 48,002 rank higher");
    }

    #[test]
    fn ties_are_broken_by_activity() {
        let mut equal = audience(&[0.0; 100], &[99], 1.0);
        assert_eq!(equal.responses(0, 1)[0].captured[0], [false, false]);
        equal.candidates[99].tie_breaker = 1.0;
        assert_eq!(equal.responses(0, 1)[0].captured[0], [true, true]);
    }
}
