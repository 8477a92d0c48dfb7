//! Training examples, and their standardised form.

use crate::ModelError;
use crate::bounds::check_weights;

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

/// Validated examples with standardised features.
pub(super) struct StandardisedExamples {
    pub(super) rows: Vec<f64>,
    pub(super) n_features: usize,
    pub(super) targets: Vec<f64>,
    pub(super) weights: Vec<f64>,
    pub(super) means: Vec<f64>,
    pub(super) scales: Vec<f64>,
}

impl StandardisedExamples {
    pub(super) fn new(examples: Examples<'_>) -> Result<Self, ModelError> {
        let n = examples.outcomes.len();
        let width = examples.n_features;
        if examples.features.len() != n * width {
            let lengths = format!("{} numbers", examples.features.len());
            return Err(ModelError::bad_parameter("ranker.features", lengths, format!("{n} rows of {width}")));
        }
        if let Some(at) = examples.features.iter().position(|value| !value.is_finite()) {
            let place = format!("{} in row {}, column {}", examples.features[at], at / width, at % width);
            return Err(ModelError::bad_parameter("ranker.features", place, "finite"));
        }
        if let Some(weights) = examples.weights {
            check_weights("ranker.weights", weights, n)?;
        }
        let weight_of = |row: usize| examples.weights.map_or(1.0, |weights| weights[row]);
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
