//! Logistic regression with sample weights: a short list of numbers becomes a logit.
//!
//! The penalised loss is `Σ wᵢ·loss(yᵢ, xᵢ·β + b) + ½·ridge·|β|²` on standardised features, the intercept b unpenalised.
//! Equal weights are fitted by linfa's solver, unequal ones by Newton's method here; both have the same optimum.

use serde::{Deserialize, Serialize};

use super::{linfa_solver, newton};
use crate::ModelError;

/// How to fit a [`Ranker`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RankerParams {
    /// Strength of the quadratic penalty, above zero, in units of one example of weight 1.
    pub ridge: f64,
    /// Most steps of the solver, 1 or more.
    pub max_iterations: usize,
}

impl Default for RankerParams {
    fn default() -> Self {
        Self { ridge: 1.0, max_iterations: 100 }
    }
}

/// What a ranker learns from: one row of features, one outcome and perhaps one weight for each example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Examples<'a> {
    /// Features, row after row, `n_features` a row.
    pub features: &'a [f32],
    /// Length of a row.
    pub n_features: usize,
    /// Whether the member responded.
    pub outcomes: &'a [bool],
    /// What each example counts for; `None` is 1 for all.
    pub weights: Option<&'a [f32]>,
}

/// A fitted linear ranker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ranker {
    /// Coefficient of each standardised feature; 0 for a feature that did not vary.
    pub weights: Vec<f32>,
    /// The logit of an example whose features are all at their means.
    pub bias: f32,
    /// Mean of each feature.
    pub means: Vec<f32>,
    /// Standard deviation of each feature; 1 for a feature that did not vary.
    pub scales: Vec<f32>,
}

impl Ranker {
    /// Log odds of a response, before calibration. A feature that is not a number counts as average.
    #[must_use]
    pub fn logit(&self, features: &[f32]) -> f32 {
        self.contributions(features).fold(self.bias, |logit, contribution| logit + contribution)
    }

    /// What each feature adds to the logit, against an average example.
    pub fn contributions<'a>(&'a self, features: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        let scaled =
            self.means.iter().zip(&self.scales).zip(features).map(|((mean, scale), value)| (value - mean) / scale);
        let known = scaled.map(|value| if value.is_nan() { 0.0 } else { value });
        self.weights.iter().zip(known).map(|(weight, value)| weight * value)
    }
}

/// One over one plus e to the minus `logit`.
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

    /// Fits a ranker; examples of weight 0 are left out.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] for parameters out of bounds, lengths that do not fit together or a feature that is
    /// not finite, [`ModelError::BadWeight`] for a weight that is negative or not finite, [`ModelError::NotEnoughData`]
    /// unless there is an example of each outcome, [`ModelError::Diverged`] if the solver leaves the finite numbers.
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

/// Checked examples with standardised features.
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
                "a ranker needs examples that responded and examples that did not; of {} there are {responses} that did",
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
        // Below single precision's rounding of the mean a feature is constant.
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
