//! Adjusts a recommender's scores for trends: recent interactions with an item relative to earlier ones.
//!
//! By Bayes' rule P(item | member, now) ∝ P(item | member) · P(item | now) / P(item), if member and time are
//! independent given the item. The last quotient is the trend. Recent popularity is added to the scores, because a
//! model fitted on the whole past does not contain it.

use crate::bounds::within;
use crate::decay::decay;
use crate::recommenders::blend::mean_and_deviation;
use crate::{ModelError, Recommender, Row};

/// Pseudo-interactions of average age, added to each item so that a single recent interaction is not a trend.
const SHRINKAGE: f64 = 1.0;

/// Parameters of the adjustment.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendParams {
    /// Exponent of the trend: 0 ignores it, 1 is Bayes' rule.
    pub exponent: f64,
    /// Half-life of an interaction's recency in days.
    pub days: f64,
    /// Weight of recent popularity relative to the scores, both standardised over the items.
    pub popularity: f64,
}

impl Default for TrendParams {
    fn default() -> Self {
        Self { exponent: 1.0, days: 7.0, popularity: 1.0 }
    }
}

impl TrendParams {
    /// Checks the bounds.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] naming the parameter that is out of bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        within("trend", self.exponent, 0.0..=4.0)?;
        within("trend_days", self.days, 1e-4..=1e6)?;
        within("trend_popularity", self.popularity, 0.0..=1e3)
    }

    /// Whether the adjustment has any effect.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.exponent != 0.0 || self.popularity != 0.0
    }

    /// Wraps `model` with the trends of its items. `ages`: item and age in days of every interaction.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn fit(
        &self,
        model: Box<dyn Recommender>,
        ages: impl Iterator<Item = (u32, f64)>,
    ) -> Result<Trending, ModelError> {
        self.check()?;
        let n_items = model.n_items();
        let (mut recent, mut all) = (vec![0.0_f64; n_items], vec![0.0_f64; n_items]);
        for (item, age) in ages {
            recent[item as usize] += decay(age, self.days);
            all[item as usize] += 1.0;
        }
        let share = recent.iter().sum::<f64>() / all.iter().sum::<f64>().max(1.0);
        let trend = |(recent, all): (&f64, &f64)| {
            let quotient = if share > 0.0 { (recent / share + SHRINKAGE) / (all + SHRINKAGE) } else { 1.0 };
            quotient.powf(self.exponent) as f32
        };
        let factors = recent.iter().zip(&all).map(trend).collect();
        let mut popularity: Vec<f32> = recent.iter().map(|&recent| recent as f32).collect();
        standardise(&mut popularity, self.popularity as f32);
        Ok(Trending { model, factors, popularity })
    }
}

/// A fitted recommender whose scores are adjusted for trends.
#[derive(Debug)]
pub struct Trending {
    model: Box<dyn Recommender>,
    /// Factor of each item's score above the member's lowest.
    factors: Vec<f32>,
    /// Added to the standardised product.
    popularity: Vec<f32>,
}

impl Trending {
    fn adjust(&self, scores: &mut [f32]) {
        // Scores may be on any scale. Relative to the member's lowest score they can be multiplied.
        let lowest = scores.iter().copied().fold(f32::INFINITY, f32::min);
        scores.iter_mut().zip(&self.factors).for_each(|(score, factor)| *score = (*score - lowest) * factor);
        standardise(scores, 1.0);
        scores.iter_mut().zip(&self.popularity).for_each(|(score, popularity)| *score += popularity);
    }
}

impl Recommender for Trending {
    fn n_items(&self) -> usize {
        self.model.n_items()
    }

    fn serves(&self, user: Option<usize>, history: Row<'_>) -> bool {
        self.model.serves(user, history)
    }

    fn score_into(&self, user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        self.model.score_into(user, history, scores);
        self.adjust(scores);
    }

    fn score_block(&self, users: &[usize], histories: &[Row<'_>], scores: &mut [f32]) {
        self.model.score_block(users, histories, scores);
        scores.chunks_exact_mut(self.n_items()).for_each(|scores| self.adjust(scores));
    }
}

/// Scales to mean 0 and standard deviation `weight`; all 0 if all values are equal.
fn standardise(values: &mut [f32], weight: f32) {
    let (mean, deviation) = mean_and_deviation(values);
    let factor = if deviation > 0.0 { weight / deviation } else { 0.0 };
    values.iter_mut().for_each(|value| *value = (*value - mean) * factor);
}
