//! Logistic regression with sample weights, from features to a logit.
//!
//! The penalised loss is `Σ wᵢ·loss(yᵢ, xᵢ·β + b) + ½·ridge·|β|²` on standardised features, without a penalty on the
//! intercept b. Equal weights are fitted by linfa's solver, unequal ones by Newton's method. Both reach the same
//! optimum.

use serde::{Deserialize, Serialize};

pub use super::examples::Examples;
use super::examples::StandardisedExamples;
use super::{linfa_solver, newton};
use crate::ModelError;

/// Parameters of the regression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RankerParams {
    /// Strength of the quadratic penalty, above zero, in units of one example of weight 1.
    pub ridge: f64,
    /// Largest number of solver steps, 1 or more.
    pub max_iterations: usize,
}

impl Default for RankerParams {
    fn default() -> Self {
        Self { ridge: 1.0, max_iterations: 100 }
    }
}

/// A fitted linear ranker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ranker {
    /// Coefficient of each standardised feature; 0 for a constant feature.
    pub weights: Vec<f32>,
    /// The logit of an example with mean features.
    pub bias: f32,
    /// Mean of each feature.
    pub means: Vec<f32>,
    /// Standard deviation of each feature; 1 for a constant feature.
    pub scales: Vec<f32>,
}

impl Ranker {
    /// The log odds of a response before calibration. NaN features are replaced by the mean.
    #[must_use]
    pub fn logit(&self, features: &[f32]) -> f32 {
        self.contributions(features).fold(self.bias, |logit, contribution| logit + contribution)
    }

    /// What each feature contributes to the logit, relative to an example with mean features.
    pub fn contributions<'a>(&'a self, features: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        let scaled =
            self.means.iter().zip(&self.scales).zip(features).map(|((mean, scale), value)| (value - mean) / scale);
        let known = scaled.map(|value| if value.is_nan() { 0.0 } else { value });
        self.weights.iter().zip(known).map(|(weight, value)| weight * value)
    }
}

/// The logistic function, 1 / (1 + e^−`logit`).
#[must_use]
pub fn probability(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

impl RankerParams {
    /// Checks every bound.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] naming the first parameter that is out of bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        if !(self.ridge.is_finite() && self.ridge > 0.0) {
            return Err(ModelError::bad_parameter("ranker.ridge", self.ridge, "a finite number above 0"));
        }
        if self.max_iterations == 0 {
            return Err(ModelError::bad_parameter("ranker.max_iterations", 0, "1 or more"));
        }
        Ok(())
    }

    /// Fits a ranker. Examples of weight 0 are ignored.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] for parameters out of bounds, inconsistent lengths or a feature that is not finite,
    /// [`ModelError::BadWeight`] for a weight that is negative or not finite, [`ModelError::NotEnoughData`] unless both
    /// outcomes occur, [`ModelError::Diverged`] if the solver's result is not finite.
    pub fn fit(&self, examples: Examples<'_>) -> Result<Ranker, ModelError> {
        self.check()?;
        let standardised = StandardisedExamples::new(examples)?;
        let equal = standardised.weights.iter().all(|&weight| weight == standardised.weights[0]);
        let fitted = if equal { linfa_solver::fit(&standardised, self.ridge, self.max_iterations) } else { None };
        let (weights, bias) = match fitted {
            Some(solution) => solution,
            None => newton::fit(&standardised, self.ridge, self.max_iterations)?,
        };
        Ok(Ranker {
            weights: weights.into_iter().map(|weight| weight as f32).collect(),
            bias: bias as f32,
            means: standardised.means.iter().map(|&mean| mean as f32).collect(),
            scales: standardised.scales.iter().map(|&scale| scale as f32).collect(),
        })
    }
}
