//! Weights against exposure bias, so that items shown to everyone do not outweigh items shown to few.
//!
//! Exposures are not random: a mass push or the top of a list shows one item to most members and another to almost
//! none, and a ranker would learn the preferences for the former. An item's *propensity* is its share of all exposures.
//! An example is weighted by a power of the inverse of its item's propensity, as in inverse propensity scoring
//! (Schnabel, Swaminathan, Singh, Chandak and Joachims, "Recommendations as Treatments", ICML 2016). The power accounts
//! for what the share does not capture (Yang, Cui, Xuan, Wang, Belongie and Estrin, "Unbiased Offline Recommender
//! Evaluation for Missing-Not-At-Random Implicit Feedback", `RecSys` 2018). Clipping the weights adds a small bias and
//! removes much variance.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::ModelError;

/// Parameters of the weights.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PropensityParams {
    /// Power of the inverse propensity, 0 to 1: 0 weighs all examples equally, 1 all items equally.
    pub power: f64,
    /// Largest ratio, up or down, of an example's weight to that of an item with the mean number of exposures; 1 or
    /// more.
    pub clip: f64,
}

impl Default for PropensityParams {
    fn default() -> Self {
        Self { power: 0.5, clip: 4.0 }
    }
}

impl PropensityParams {
    /// Checks every bound.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] naming the first parameter that is out of bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        if !(0.0..=1.0).contains(&self.power) {
            return Err(ModelError::bad_parameter("propensity.power", self.power, "from 0 to 1"));
        }
        if !(self.clip.is_finite() && self.clip >= 1.0) {
            return Err(ModelError::bad_parameter("propensity.clip", self.clip, "a finite number of 1 or more"));
        }
        Ok(())
    }

    /// The weight of each exposure, given its item. The mean weight is 1.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn weights(&self, items: &[u32]) -> Result<Vec<f32>, ModelError> {
        self.check()?;
        let mut exposures: HashMap<u32, u32> = HashMap::new();
        for &item in items {
            *exposures.entry(item).or_default() += 1;
        }
        let mean = items.len() as f64 / exposures.len().max(1) as f64;
        let weight = |item: &u32| (mean / f64::from(exposures[item])).powf(self.power);
        let clipped: Vec<f64> = items.iter().map(weight).map(|w| w.clamp(1.0 / self.clip, self.clip)).collect();
        let scale = items.len() as f64 / clipped.iter().sum::<f64>();
        Ok(clipped.into_iter().map(|weight| (weight * scale) as f32).collect())
    }
}
