//! Combines several recommenders: the weighted sum of their standardised scores.

use crate::{ModelError, Recommender, Row};

/// Fitted recommenders and their weights. A member whom one of them cannot score is scored by the others.
#[derive(Debug)]
pub struct Blend {
    n_items: usize,
    parts: Vec<(Box<dyn Recommender>, f32)>,
    /// Scores members without a history, and members whom no part can score.
    fallback: Option<Box<dyn Recommender>>,
}

impl Blend {
    /// Creates a blend of models over the same items.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] without a model, or if the models score different items;
    /// [`ModelError::BadParameter`] for a weight that is not finite.
    pub fn new(parts: Vec<(Box<dyn Recommender>, f32)>) -> Result<Self, ModelError> {
        let Some(n_items) = parts.first().map(|(model, _)| model.n_items()) else {
            return Err(ModelError::NotEnoughData("a blend needs at least one recommender".to_owned()));
        };
        if parts.iter().any(|(model, _)| model.n_items() != n_items) {
            let message = "the recommenders of a blend must be fitted on the same items";
            return Err(ModelError::NotEnoughData(message.to_owned()));
        }
        if let Some((_, weight)) = parts.iter().find(|(_, weight)| !weight.is_finite()) {
            return Err(ModelError::bad_parameter("blend", weight, "a finite number"));
        }
        Ok(Self { n_items, parts, fallback: None })
    }

    /// Adds a recommender for members without a history and for members whom no part can score. It must score the same
    /// items.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] if it scores different items.
    pub fn with_fallback(mut self, fallback: Box<dyn Recommender>) -> Result<Self, ModelError> {
        if fallback.n_items() != self.n_items {
            let message = "the recommenders of a blend must be fitted on the same items";
            return Err(ModelError::NotEnoughData(message.to_owned()));
        }
        self.fallback = Some(fallback);
        Ok(self)
    }

    fn any_part_serves(&self, user: Option<usize>, history: Row<'_>) -> bool {
        self.parts.iter().any(|(model, _)| model.serves(user, history))
    }

    fn fall_back(&self, user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        let unknown = history.is_empty() || !self.any_part_serves(user, history);
        if let Some(fallback) = self.fallback.as_ref().filter(|_| unknown) {
            fallback.score_into(user, history, scores);
        }
    }

    /// What each part contributes to the score of `item`, in the order of the parts; 0 for a part that cannot score the
    /// member.
    #[must_use]
    pub fn explain_by_parts(&self, user: Option<usize>, history: Row<'_>, item: usize) -> Vec<f32> {
        let mut scores = vec![0.0; self.n_items];
        let share = |(model, weight): &(Box<dyn Recommender>, f32)| {
            if !model.serves(user, history) {
                return 0.0;
            }
            model.score_into(user, history, &mut scores);
            let (mean, deviation) = mean_and_deviation(&scores);
            if deviation > 0.0 { weight / deviation * (scores[item] - mean) } else { 0.0 }
        };
        self.parts.iter().map(share).collect()
    }

    /// The parts and their weights.
    #[must_use]
    pub fn into_parts(self) -> Vec<(Box<dyn Recommender>, f32)> {
        self.parts
    }
}

impl Recommender for Blend {
    fn n_items(&self) -> usize {
        self.n_items
    }

    fn serves(&self, user: Option<usize>, history: Row<'_>) -> bool {
        self.any_part_serves(user, history) || self.fallback.as_ref().is_some_and(|model| model.serves(user, history))
    }

    fn score_into(&self, user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        scores.fill(0.0);
        let mut part = vec![0.0; self.n_items];
        for (model, weight) in self.parts.iter().filter(|(model, _)| model.serves(user, history)) {
            model.score_into(user, history, &mut part);
            add_standardised(&part, *weight, scores);
        }
        self.fall_back(user, history, scores);
    }

    fn score_block(&self, users: &[usize], histories: &[Row<'_>], scores: &mut [f32]) {
        scores.fill(0.0);
        let mut block = vec![0.0; scores.len()];
        for (model, weight) in &self.parts {
            model.score_block(users, histories, &mut block);
            let rows = scores.chunks_exact_mut(self.n_items).zip(block.chunks_exact(self.n_items));
            for ((&user, &history), (row, part)) in users.iter().zip(histories).zip(rows) {
                if model.serves(Some(user), history) {
                    add_standardised(part, *weight, row);
                }
            }
        }
        let rows = scores.chunks_exact_mut(self.n_items);
        users
            .iter()
            .zip(histories)
            .zip(rows)
            .for_each(|((&user, &history), row)| self.fall_back(Some(user), history, row));
    }
}

fn add_standardised(part: &[f32], weight: f32, scores: &mut [f32]) {
    let (mean, deviation) = mean_and_deviation(part);
    if deviation > 0.0 {
        let factor = weight / deviation;
        scores.iter_mut().zip(part).for_each(|(score, value)| *score += factor * (value - mean));
    }
}

/// Mean and standard deviation; both 0 without values.
pub(crate) fn mean_and_deviation(values: &[f32]) -> (f32, f32) {
    let n = values.len().max(1) as f32;
    let mean = lane_sum(values, |value| value) / n;
    let variance = lane_sum(values, |value| (value - mean) * (value - mean)) / n;
    (mean, variance.sqrt())
}

/// Sums in sixteen interleaved accumulators, which is more precise than one running sum and compiles to vector
/// instructions.
fn lane_sum(values: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0_f32; LANES];
    let groups = values.chunks_exact(LANES);
    let rest: f32 = groups.remainder().iter().map(|&value| term(value)).sum();
    for group in groups {
        sums.iter_mut().zip(group).for_each(|(sum, &value)| *sum += term(value));
    }
    sums.iter().sum::<f32>() + rest
}
