//! Weights against exposure bias: what was shown to everybody must not drown what was shown to few.
//!
//! Exposures are not drawn at random: a mass push or the top of a list puts one item before most members and another
//! before hardly any, and a ranker learns the taste for the former. An item's *propensity* is its share of all exposures;
//! an example counts for a power of the inverse of its item's, as in inverse propensity scoring (Schnabel, Swaminathan,
//! Singh, Chandak and Joachims, "Recommendations as Treatments", ICML 2016), the power standing in for what the share does
//! not tell (Yang, Cui, Xuan, Wang, Belongie and Estrin, "Unbiased Offline Recommender Evaluation for
//! Missing-Not-At-Random Implicit Feedback", `RecSys` 2018). Clipped weights trade a little bias for far less variance.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::ModelError;

/// How strongly seldom shown items are weighed up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PropensityParams {
    /// Power of the inverse propensity, 0 to 1: 0 weighs all examples alike, 1 all items alike.
    pub power: f64,
    /// An example counts at most this many times as much, and at least this many times as little, as one of an item that
    /// was shown as often as the mean; 1 or more.
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
        let refuse = |name: &str, value: f64, bounds: &str| {
            let name = format!("propensity.{name}");
            Err(ModelError::BadParameter { name, value: value.to_string(), bounds: bounds.into() })
        };
        if !(0.0..=1.0).contains(&self.power) {
            return refuse("power", self.power, "from 0 to 1");
        }
        if !(self.clip.is_finite() && self.clip >= 1.0) {
            return refuse("clip", self.clip, "a finite number of 1 or more");
        }
        Ok(())
    }

    /// The weight of each exposure, given the item that it was of; their mean is 1.
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
