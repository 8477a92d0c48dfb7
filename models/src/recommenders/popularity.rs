//! Recommends the most popular items to all members: the baseline for all other recommenders.

use serde::{Deserialize, Serialize};

use crate::bounds::within;
use crate::decay::decay;
use crate::{ModelError, Recommender, Row, UserItems};

/// Parameters of [`PopularityRecommender`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PopularityParams {
    /// 0 counts members (人数); 1 adds up weights (人次, if a weight is a number of reads).
    pub by_weight: usize,
    /// Half-life of an interaction in days; 0 for no decay. Needs times, and overrides `by_weight`.
    pub half_life_days: f64,
}

impl PopularityParams {
    /// Checks the bounds.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] if `by_weight` is neither 0 nor 1, or the half-life is negative.
    pub fn check(&self) -> Result<(), ModelError> {
        within("popular.by_weight", self.by_weight as f64, 0.0..=1.0)?;
        within("popular.half_life_days", self.half_life_days, 0.0..=1e6)
    }

    /// Counts each item's members or weights.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn fit(&self, interactions: &UserItems) -> Result<PopularityRecommender, ModelError> {
        self.check()?;
        let scores = if self.by_weight == 1 {
            interactions.column_sums().into_iter().map(|sum| sum.min(f32::MAX)).collect()
        } else {
            interactions.column_counts().into_iter().map(|count| count as f32).collect()
        };
        Ok(PopularityRecommender { scores })
    }

    /// Sums the decayed weights of interactions. `ages`: item and age in days of every interaction.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn fit_recent(
        &self,
        n_items: usize,
        ages: impl Iterator<Item = (u32, f64)>,
    ) -> Result<PopularityRecommender, ModelError> {
        self.check()?;
        let mut sums = vec![0.0_f64; n_items];
        for (item, age) in ages {
            sums[item as usize] += if self.half_life_days > 0.0 { decay(age, self.half_life_days) } else { 1.0 };
        }
        // Relative to the largest sum, because half-lives of minutes give sums outside the range of `f32`.
        let largest = sums.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        Ok(PopularityRecommender { scores: sums.into_iter().map(|sum| (sum / largest) as f32).collect() })
    }
}

/// One score for each item, the same for all members.
#[derive(Debug, Clone, PartialEq)]
pub struct PopularityRecommender {
    scores: Vec<f32>,
}

impl Recommender for PopularityRecommender {
    fn n_items(&self) -> usize {
        self.scores.len()
    }

    fn serves(&self, _user: Option<usize>, _history: Row<'_>) -> bool {
        true
    }

    fn score_into(&self, _user: Option<usize>, _history: Row<'_>, scores: &mut [f32]) {
        scores.copy_from_slice(&self.scores);
    }
}
