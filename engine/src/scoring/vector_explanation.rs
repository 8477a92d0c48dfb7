//! Explains scores of the factor model by the items of the member's history.

use zhihui_data::snapshot::Factors;

use super::{
    Profile, dot,
    fold_in::{diagonal, vector_of},
};
use crate::{
    Engine,
    overlay::{MemberState, total_weight, weighed_history},
};

/// Maximum relative difference between a vector and the one recomputed from the history.
const TOLERANCE: f32 = 1e-2;

/// Explains a member's vector by the history, so that each item's part of any score can be computed.
///
/// The vector x solves `(D + Σ w·y·yᵀ) x = Σ w·y`, so `x = Σ w·(1 − yᵀx)·D⁻¹y`, and the score of an item is a sum over
/// the history: `yᵢᵀx = Σ w·(1 − yᵀx)·(yᵢᵀD⁻¹y)`. Each summand is the similarity of the two items times the part of the
/// past item that the rest of the history leaves unexplained. No system has to be solved, so it is fast enough for
/// lists.
///
/// The member's vector is a mixture of that x and the mean vector of the age band. The score is therefore a mixture of
/// that sum and of the band's own score, which no item of the history explains.
///
/// # References
/// Yeh, Kim, Yen, Ravikumar, "Representer Point Selection for Explaining Deep Neural Networks", `NeurIPS` 2018, theorem
/// 3.1, with ridge regression as the simplest case.
#[derive(Debug, Clone)]
pub(crate) struct VectorExplanation {
    /// Items, latest first, and `w·(1 − yᵀx)` times the share of x in the member's vector.
    strengths: Vec<(u32, f32)>,
    /// The diagonal of `D⁻¹`.
    inverse: Vec<f32>,
    /// The band's mean times its share in the member's vector. Empty without a mean.
    prior: Vec<f32>,
}

impl VectorExplanation {
    /// `None` if the profile's vector was not folded in from the history, but comes from an earlier model.
    fn of(engine: &Engine, factors: &Factors, profile: &Profile, state: MemberState<'_>) -> Option<Self> {
        let history = weighed_history(engine, state.row, state.live);
        match factors.prior(profile.facts.band, total_weight(&history)) {
            Some((share, mean)) => Self::of_mixture(factors, &profile.vector, &history, share, mean),
            None => Self::of_vector(factors, &profile.vector, &history),
        }
    }

    /// Explains a vector that consists of the band's `mean` to this `share`.
    fn of_mixture(factors: &Factors, vector: &[f32], history: &[(u32, f32)], share: f32, mean: &[f32]) -> Option<Self> {
        let prior: Vec<f32> = mean.iter().map(|value| share * value).collect();
        let rest: Vec<f32> = vector.iter().zip(&prior).map(|(value, prior)| value - prior).collect();
        if history.is_empty() {
            let is_mean =
                vector.len() == prior.len() && dot(&rest, &rest) <= TOLERANCE * TOLERANCE * dot(&prior, &prior);
            return is_mean.then_some(Self { strengths: Vec::new(), inverse: Vec::new(), prior });
        }
        let own: Vec<f32> = rest.iter().map(|value| value / (1.0 - share)).collect();
        let mut explanation = Self::of_vector(factors, &own, history)?;
        explanation.strengths.iter_mut().for_each(|(_, strength)| *strength *= 1.0 - share);
        Some(Self { prior, ..explanation })
    }

    fn of_vector(factors: &Factors, vector: &[f32], history: &[(u32, f32)]) -> Option<Self> {
        let inverse: Vec<f32> = diagonal(factors, history).map(|own| (1.0 / own) as f32).collect();
        if history.is_empty() || vector.len() != inverse.len() {
            return None;
        }
        let unexplained = |&(item, weight): &(u32, f32)| {
            vector_of(factors, item).map(|known| (item, weight * (1.0 - dot(vector, known))))
        };
        let strengths: Vec<(u32, f32)> = history.iter().filter_map(unexplained).collect();
        let mut again = vec![0.0_f32; inverse.len()];
        for &(item, strength) in &strengths {
            let known = vector_of(factors, item)?;
            again.iter_mut().zip(known).for_each(|(sum, value)| *sum += strength * value);
        }
        again.iter_mut().zip(&inverse).for_each(|(sum, inverse)| *sum *= inverse);
        let apart: Vec<f32> = again.iter().zip(vector).map(|(left, right)| left - right).collect();
        (dot(&apart, &apart) <= TOLERANCE * TOLERANCE * dot(vector, vector)).then_some(Self {
            strengths,
            inverse,
            prior: Vec::new(),
        })
    }

    /// The part of an item's score that comes from the age band's mean.
    fn band_part(&self, factors: &Factors, item: u32) -> f32 {
        vector_of(factors, item).map_or(0.0, |wanted| dot(&self.prior, wanted))
    }

    /// The part of an item's score that comes from each item of the history, latest first.
    fn causes<'a>(&'a self, factors: &'a Factors, item: u32) -> impl Iterator<Item = (u32, f32)> + 'a {
        let wanted = vector_of(factors, item).unwrap_or_default();
        let scaled: Vec<f32> = wanted.iter().zip(&self.inverse).map(|(value, inverse)| value * inverse).collect();
        self.strengths.iter().map(move |&(known, strength)| {
            let likeness = vector_of(factors, known).map_or(0.0, |vector| dot(&scaled, vector));
            (known, strength * likeness)
        })
    }
}

impl Engine {
    /// The part of the dot product of the two vectors that comes from each item of the member's history, latest first.
    /// Together with [the age band's part](Self::band_factor_part) they sum to it. Empty without a factor model or
    /// history, or if the vector does not come from the history.
    pub(crate) fn factor_causes<'a>(
        &'a self,
        profile: &'a Profile,
        state: MemberState<'a>,
        item: u32,
    ) -> impl Iterator<Item = (u32, f32)> + 'a {
        let factors = self.snapshot().model.factors.as_ref();
        factors.into_iter().flat_map(move |factors| {
            let explanation =
                profile.vector_explanation.get_or_init(|| VectorExplanation::of(self, factors, profile, state));
            explanation.iter().flat_map(move |explanation| explanation.causes(factors, item))
        })
    }

    /// The part of the dot product of the two vectors that comes from the mean of the member's age band, in addition to
    /// [`factor_causes`](Self::factor_causes). 0 if the vector has no explanation.
    pub(crate) fn band_factor_part(&self, profile: &Profile, state: MemberState<'_>, item: u32) -> f32 {
        let Some(factors) = &self.snapshot().model.factors else { return 0.0 };
        let explanation =
            profile.vector_explanation.get_or_init(|| VectorExplanation::of(self, factors, profile, state));
        explanation.as_ref().map_or(0.0, |explanation| explanation.band_part(factors, item))
    }

    /// The similarity of each recent item of the member to this one, if not 0. They sum to the feature `neighbours`.
    pub(crate) fn neighbour_causes<'a>(
        &'a self,
        profile: &'a Profile,
        item: u32,
    ) -> impl Iterator<Item = (u32, f32)> + 'a {
        let (rows, wanted) = match self.pool().slot_of(item) {
            Some(slot) => (&self.pool().neighbours, slot as u32),
            None => (&self.snapshot().model.neighbours, item),
        };
        profile.recent.iter().filter_map(move |&(known, _)| {
            let similar = rows.pairs(known as usize).filter(|&(neighbour, _)| neighbour == wanted);
            Some((known, similar.map(|(_, similarity)| similarity).sum::<f32>())).filter(|&(_, sum)| sum != 0.0)
        })
    }

    /// The lift of each topic of an item divided by their number, without sensitive ones. They sum to the feature
    /// `topic_lift`.
    pub(crate) fn topic_causes(&self, profile: &Profile, item: u32) -> Vec<(u32, f32)> {
        let topics = self.snapshot().items.topics.row(item as usize).iter().copied();
        let topics: Vec<u32> = topics.filter(|&topic| !self.is_sensitive(topic)).collect();
        let share = |&topic: &u32| (topic, self.topic_lift(profile, topic) / topics.len() as f32);
        topics.iter().map(share).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::fold_in::tests::{fitted, folded},
        *,
    };

    proptest! {
        #[test]
        fn history_causes_sum_to_the_score(
            history in prop::collection::btree_map(0_u32..8, 1_u8..4, 1..8), item in 0_u32..8,
        ) {
            let (_, factors) = fitted();
            let history: Vec<(u32, f32)> = history.into_iter().map(|(item, weight)| (item, f32::from(weight))).collect();
            let vector = folded(&factors, &history).expect("positive definite");
            let explanation = VectorExplanation::of_vector(&factors, &vector, &history).expect("the vector of this history");
            let parts: Vec<(u32, f32)> = explanation.causes(&factors, item).collect();
            prop_assert!(parts.iter().map(|part| part.0).eq(history.iter().map(|entry| entry.0)));
            let (sum, score): (f32, f32) =
                (parts.iter().map(|part| part.1).sum(), dot(&vector, vector_of(&factors, item).expect("known")));
            prop_assert!((sum - score).abs() <= 1e-4 * (1.0 + score.abs()), "{} {}", sum, score);
        }
    }

    proptest! {
        #[test]
        fn history_and_band_parts_sum_to_the_score(
            history in prop::collection::btree_map(0_u32..8, 1_u8..4, 0..8), weight in 0.1_f32..9.0, item in 0_u32..8,
        ) {
            let (_, factors) = fitted();
            let factors = Factors { band_means: vec![0.3, -0.1, 0.2, 0.4], prior_weight: weight, ..factors };
            let history: Vec<(u32, f32)> = history.into_iter().map(|(item, weight)| (item, f32::from(weight))).collect();
            let mut vector = folded(&factors, &history).expect("positive definite");
            factors.shrink_to_band(0, total_weight(&history), &mut vector);
            let (share, mean) = factors.prior(0, total_weight(&history)).expect("a mean");
            let explanation = VectorExplanation::of_mixture(&factors, &vector, &history, share, mean).expect("this mixture");
            let sum = explanation.band_part(&factors, item) + explanation.causes(&factors, item).map(|part| part.1).sum::<f32>();
            let score = dot(&vector, vector_of(&factors, item).expect("known"));
            prop_assert!((sum - score).abs() <= 1e-4 * (1.0 + score.abs()), "{} {}", sum, score);
        }
    }

    #[test]
    fn vector_of_another_history_has_no_explanation() {
        let (_, factors) = fitted();
        let vector = folded(&factors, &[(1, 1.0), (3, 1.0)]).expect("positive definite");
        assert!(VectorExplanation::of_vector(&factors, &vector, &[(1, 1.0), (3, 1.0)]).is_some());
        assert!(VectorExplanation::of_vector(&factors, &vector, &[(0, 1.0), (3, 1.0)]).is_none());
        assert!(VectorExplanation::of_vector(&factors, &vector, &[]).is_none());
    }
}
