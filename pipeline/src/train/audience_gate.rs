//! Audiences of items, judged: how many of those who then responded are among the first of the eligible members.

use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::{Engine, MemberFeatures};

use super::contender::Contender;
use super::takes::Opening;

/// Shares of the candidates that a list takes.
pub(super) const SIZES: [f64; 2] = [0.01, 0.05];
/// Members who did not respond are looked at up to this number; of more a sample stands for all.
const MOST_CANDIDATES: usize = 20_000;
/// Members whose features one thread gathers at a time.
const PART: usize = 512;

/// A response, and for each contender whether it lay within each of [`SIZES`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Response {
    pub(super) item: u32,
    pub(super) member: u32,
    pub(super) captured: Vec<[bool; 2]>,
}

/// The members who are looked at beside those who responded.
pub(super) struct Sample {
    is_in: Vec<bool>,
    /// Members that each of them stands for.
    weight: f64,
}

impl Sample {
    /// All members who allow personalised lists, or so many of them by seed.
    pub(super) fn of(known: &Snapshot, seed: u64) -> Self {
        let allowed = &known.members.personalised;
        let members: Vec<usize> = (0..allowed.len()).filter(|&member| allowed[member]).collect();
        let mut is_in = vec![false; allowed.len()];
        let taken = members.len().min(MOST_CANDIDATES);
        let chosen = index::sample(&mut ChaCha8Rng::seed_from_u64(seed ^ 0x4e1d), members.len(), taken);
        chosen.iter().for_each(|at| is_in[members[at]] = true);
        Self { is_in, weight: members.len() as f64 / taken.max(1) as f64 }
    }
}

/// One candidate of one audience.
struct Candidate {
    member: u32,
    weight: f64,
    responded: bool,
    tie_breaker: f32,
}

/// The candidates of one audience, and their scores: one row a candidate, one column a contender.
#[derive(Default)]
struct Audience {
    candidates: Vec<Candidate>,
    scores: Vec<f32>,
}

/// Judges the audiences of `openings`, all of one morning on which `engine` stands.
pub(super) fn judge(engine: &Engine, openings: &[Opening], sample: &Sample, contenders: &[Contender]) -> Vec<Response> {
    let responds = |member: u32| openings.iter().any(|opening| opening.responses.contains_key(&member));
    let members: Vec<u32> =
        (0..sample.is_in.len() as u32).filter(|&member| sample.is_in[member as usize] || responds(member)).collect();
    let of_part = |part: &[u32]| {
        let mut features = MemberFeatures::new(engine);
        let mut audiences: Vec<Audience> = openings.iter().map(|_| Audience::default()).collect();
        for &member in part {
            features.load(member as usize);
            for (opening, audience) in openings.iter().zip(&mut audiences) {
                audience.consider(member, opening, sample, &features, contenders);
            }
        }
        audiences
    };
    let mut parts: Vec<Vec<Audience>> = members.par_chunks(PART).map(of_part).collect();
    let whole = |at: usize, parts: &mut [Vec<Audience>]| {
        let mut audience = Audience::default();
        for part in parts.iter_mut() {
            audience.candidates.append(&mut part[at].candidates);
            audience.scores.append(&mut part[at].scores);
        }
        audience
    };
    let audiences: Vec<Audience> = (0..openings.len()).map(|at| whole(at, &mut parts)).collect();
    let responses = |(audience, opening): (&Audience, &Opening)| audience.responses(opening.item, contenders.len());
    audiences.par_iter().zip(openings).flat_map_iter(responses).collect()
}

impl Audience {
    /// Takes a member up who could be chosen for the item and has not responded to it before.
    fn consider(
        &mut self,
        member: u32,
        opening: &Opening,
        sample: &Sample,
        features: &MemberFeatures<'_>,
        contenders: &[Contender],
    ) {
        let response = opening.responses.get(&member).copied();
        let responded = response.is_some_and(|response| (opening.at..opening.until).contains(&response));
        let is_early = response.is_some_and(|response| response < opening.at);
        let counts = responded || sample.is_in[member as usize];
        if !counts || is_early || !features.may_take(opening.item as usize, opening.at) {
            return;
        }
        let of_pair = features.of(opening.item as usize, opening.at);
        let weight = if responded { 1.0 } else { sample.weight };
        self.candidates.push(Candidate { member, weight, responded, tie_breaker: features.tie_breaker() });
        let score = |contender: &Contender| contender.score(member, opening.item, features, &of_pair);
        self.scores.extend(contenders.iter().map(score));
    }

    /// Where those who responded stand by each contender, equals in the order of service.
    fn responses(&self, item: u32, contenders: usize) -> Vec<Response> {
        let total: f64 = self.candidates.iter().map(|candidate| candidate.weight).sum();
        let responded: Vec<usize> = (0..self.candidates.len()).filter(|&at| self.candidates[at].responded).collect();
        let new = |&at: &usize| Response { item, member: self.candidates[at].member, captured: Vec::new() };
        let mut responses: Vec<Response> = responded.iter().map(new).collect();
        let mut order: Vec<usize> = (0..self.candidates.len()).collect();
        let mut captured = vec![[false; 2]; self.candidates.len()];
        for contender in 0..contenders {
            let score = |at: usize| self.scores[at * contenders + contender];
            order.sort_unstable_by(|&left, &right| {
                let (a, b) = (&self.candidates[left], &self.candidates[right]);
                let by_score = score(right).total_cmp(&score(left));
                by_score.then(b.tie_breaker.total_cmp(&a.tie_breaker)).then(a.member.cmp(&b.member))
            });
            let mut before = 0.0;
            for &at in &order {
                captured[at] = SIZES.map(|size| before < (size * total).max(1.0));
                before += self.candidates[at].weight;
            }
            for (response, &at) in responses.iter_mut().zip(&responded) {
                response.captured.push(captured[at]);
            }
        }
        responses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Members 0, 1, …, with what one contender thinks of them.
    fn audience(scores: &[f32], responded: &[u32], weight: f64) -> Audience {
        let candidate = |member: u32| {
            let responded = responded.contains(&member);
            Candidate { member, weight: if responded { 1.0 } else { weight }, responded, tie_breaker: 0.0 }
        };
        Audience { candidates: (0..scores.len() as u32).map(candidate).collect(), scores: scores.to_vec() }
    }

    #[test]
    fn the_first_of_a_hundred_is_the_first_percent() {
        let scores: Vec<f32> = (0..100).map(|member| -(member as f32)).collect();
        let responses = audience(&scores, &[0, 1, 4, 5], 1.0).responses(7, 1);
        let captured: Vec<[bool; 2]> = responses.iter().map(|response| response.captured[0]).collect();
        assert_eq!(captured, [[true, true], [false, true], [false, true], [false, false]]);
        assert!(responses.iter().all(|response| response.item == 7));
    }

    #[test]
    fn a_sample_stands_for_all_members() {
        // 48 members who stand for 1,000 each, and two who responded.
        let scores: Vec<f32> = (0..50).map(|member| -(member as f32)).collect();
        let responses = audience(&scores, &[1, 3], 1_000.0).responses(0, 1);
        assert_eq!(responses[0].captured[0], [false, true], "1,000 of 48,002 are before it");
        assert_eq!(responses[1].captured[0], [false, true], "2,001 of 48,002 are before it");
    }

    #[test]
    fn of_equals_those_who_did_more_come_first() {
        let mut equal = audience(&[0.0; 100], &[99], 1.0);
        assert_eq!(equal.responses(0, 1)[0].captured[0], [false, false]);
        equal.candidates[99].tie_breaker = 1.0;
        assert_eq!(equal.responses(0, 1)[0].captured[0], [true, true]);
    }
}
