//! Logistic regression by linfa's solver, which does not support sample weights.

use linfa::{Dataset, traits::Fit};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};

use super::examples::StandardisedExamples;

/// The coefficients and intercept of minimum penalised loss; `None` if linfa's solver fails.
///
/// All weights are equal. Dividing the loss by the weight does not move the optimum, and divides the penalty.
pub(super) fn fit(examples: &StandardisedExamples, ridge: f64, max_iterations: usize) -> Option<(Vec<f64>, f64)> {
    let n = examples.targets.len();
    let rows = Array2::from_shape_vec((n, examples.n_features), examples.rows.clone()).ok()?;
    let responded: Array1<bool> = examples.targets.iter().map(|&target| target > 0.5).collect();
    let model = LogisticRegression::default()
        .alpha(ridge / examples.weights[0])
        .max_iterations(max_iterations as u64)
        .gradient_tolerance(1e-7 * n as f64)
        .fit(&Dataset::new(rows, responded))
        .ok()?;
    // linfa's positive class is the more frequent one.
    let sign = if model.labels().pos.class { 1.0 } else { -1.0 };
    let weights: Vec<f64> = model.params().iter().map(|weight| sign * weight).collect();
    let bias = sign * model.intercept();
    (bias.is_finite() && weights.iter().all(|weight| weight.is_finite())).then_some((weights, bias))
}

#[cfg(test)]
mod tests {
    use super::super::examples::{Examples, StandardisedExamples};

    #[test]
    fn linfa_fits_ordinary_examples() {
        let features: Vec<f32> = (0..200).map(|row| ((row * 37) % 101) as f32).collect();
        let outcomes: Vec<bool> = (0..200).map(|row| (row * 37) % 101 + (row * 17) % 60 > 80).collect();
        let examples = Examples { features: &features, n_features: 1, outcomes: &outcomes, weights: None };
        let fitted = StandardisedExamples::new(examples).map(|examples| super::fit(&examples, 1.0, 100));
        assert!(matches!(fitted, Ok(Some((weights, _))) if weights[0] > 0.5));
    }
}
