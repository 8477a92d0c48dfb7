//! Logistic regression with sample weights, from features to a logit.
//!
//! The penalised loss is `Σ wᵢ·loss(yᵢ, xᵢ·β + b) + ½·ridge·|β|²` on standardised features, without a penalty on the
//! intercept b. Equal weights are fitted by linfa's solver, unequal ones by Newton's method. Both reach the same
//! optimum.

use serde::{Deserialize, Serialize};

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

/// Training examples: one row of features, one outcome and optionally one weight each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Examples<'a> {
    /// Features in row order, `n_features` for each example.
    pub features: &'a [f32],
    /// Length of a row.
    pub n_features: usize,
    /// Whether the member responded.
    pub outcomes: &'a [bool],
    /// Weight of each example; `None` for equal weights.
    pub weights: Option<&'a [f32]>,
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
            return Err(bad("ridge", self.ridge.to_string(), "a finite number above 0"));
        }
        if self.max_iterations == 0 {
            return Err(bad("max_iterations", "0".into(), "1 or more"));
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
        let fitted = if equal { linfa_solver::fit(&standardised, self) } else { None };
        let (weights, bias) = match fitted {
            Some(solution) => solution,
            None => newton::fit(
                &standardised.rows,
                standardised.n_features,
                &standardised.targets,
                &standardised.weights,
                self,
            )?,
        };
        Ok(Ranker {
            weights: weights.into_iter().map(|weight| weight as f32).collect(),
            bias: bias as f32,
            means: standardised.means.iter().map(|&mean| mean as f32).collect(),
            scales: standardised.scales.iter().map(|&scale| scale as f32).collect(),
        })
    }
}

/// Validated examples with standardised features.
pub(super) struct StandardisedExamples {
    pub(super) rows: Vec<f64>,
    pub(super) n_features: usize,
    pub(super) targets: Vec<f64>,
    pub(super) weights: Vec<f64>,
    means: Vec<f64>,
    scales: Vec<f64>,
}

impl StandardisedExamples {
    pub(super) fn new(examples: Examples<'_>) -> Result<Self, ModelError> {
        let n = examples.outcomes.len();
        let width = examples.n_features;
        if examples.features.len() != n * width {
            let lengths = format!("{} numbers", examples.features.len());
            return Err(bad("features", lengths, &format!("{n} rows of {width}")));
        }
        if let Some(weights) = examples.weights.filter(|weights| weights.len() != n) {
            return Err(bad("weights", format!("{} numbers", weights.len()), &format!("{n} numbers long")));
        }
        if let Some(at) = examples.features.iter().position(|value| !value.is_finite()) {
            let place = format!("{} in row {}, column {}", examples.features[at], at / width, at % width);
            return Err(bad("features", place, "finite"));
        }
        let weight_of = |row: usize| examples.weights.map_or(1.0, |weights| weights[row]);
        if let Some(row) = (0..n).find(|&row| !(weight_of(row).is_finite() && weight_of(row) >= 0.0)) {
            return Err(ModelError::BadWeight { row, column: 0, weight: weight_of(row) });
        }
        let kept: Vec<usize> = (0..n).filter(|&row| weight_of(row) > 0.0).collect();
        let responses = kept.iter().filter(|&&row| examples.outcomes[row]).count();
        if responses == 0 || responses == kept.len() {
            return Err(ModelError::NotEnoughData(format!(
                "a ranker needs examples with and without a response; {responses} of {} have one",
                kept.len()
            )));
        }
        let weights: Vec<f64> = kept.iter().map(|&row| f64::from(weight_of(row))).collect();
        let raw = |row: usize, column: usize| f64::from(examples.features[row * width + column]);
        let total: f64 = weights.iter().sum();
        let mean_of = |value: &dyn Fn(usize) -> f64| {
            kept.iter().zip(&weights).map(|(&row, weight)| weight * value(row)).sum::<f64>() / total
        };
        let means: Vec<f64> = (0..width).map(|column| mean_of(&|row| raw(row, column))).collect();
        let spread = |column: usize| mean_of(&|row| (raw(row, column) - means[column]).powi(2)).sqrt();
        // A spread below the single-precision rounding error of the mean counts as constant.
        let varies = |column: usize| spread(column) > 1e-7 * means[column].abs().max(1e-30);
        let constant: Vec<bool> = (0..width).map(|column| !varies(column)).collect();
        let scales: Vec<f64> = (0..width).map(|column| if constant[column] { 1.0 } else { spread(column) }).collect();
        let standardise = |row: usize, column: usize| {
            if constant[column] { 0.0 } else { (raw(row, column) - means[column]) / scales[column] }
        };
        let rows =
            kept.iter().flat_map(|&row| (0..width).map(move |column| (row, column))).map(|(r, c)| standardise(r, c));
        Ok(Self {
            rows: rows.collect(),
            n_features: width,
            targets: kept.iter().map(|&row| f64::from(u8::from(examples.outcomes[row]))).collect(),
            weights,
            means,
            scales,
        })
    }
}

fn bad(name: &str, value: String, bounds: &str) -> ModelError {
    ModelError::BadParameter { name: format!("ranker.{name}"), value, bounds: bounds.into() }
}
