//! Newton's method for weighted logistic regression with a ridge (iteratively reweighted least squares).

use faer::{Mat, Side, linalg::solvers::Solve};
use rayon::prelude::*;

use super::examples::StandardisedExamples;
use crate::ModelError;

/// Rows summed at a time. The partial sums are added in order, so that the result does not depend on threads.
const CHUNK: usize = 4096;

/// Value, gradient and Hessian of the penalised loss at a point.
struct Loss {
    value: f64,
    gradient: Vec<f64>,
    /// Lower triangle, row-major.
    curvature: Vec<f64>,
}

/// The coefficients and intercept of minimum penalised loss.
pub(super) fn fit(
    examples: &StandardisedExamples,
    ridge: f64,
    max_iterations: usize,
) -> Result<(Vec<f64>, f64), ModelError> {
    let StandardisedExamples { rows, n_features, targets, weights, .. } = examples;
    let n_features = *n_features;
    let side = n_features + 1;
    let total: f64 = weights.iter().sum();
    let responded: f64 = weights.iter().zip(targets).map(|(weight, target)| weight * target).sum();
    let mut point = vec![0.0; side];
    point[n_features] = (responded / (total - responded)).ln();
    let loss_at = |point: &[f64]| loss(rows, n_features, targets, weights, ridge, point);
    let mut loss = loss_at(&point);
    for _ in 0..max_iterations {
        let step = newton_step(&loss, side)?;
        let mut share = 1.0;
        let next = loop {
            let moved: Vec<f64> = point.iter().zip(&step).map(|(at, step)| at - share * step).collect();
            let next = loss_at(&moved);
            if next.value <= loss.value {
                point = moved;
                break Some(next);
            }
            share *= 0.5;
            if share < 1e-6 {
                break None;
            }
        };
        let Some(next) = next else { break };
        let gained = loss.value - next.value;
        loss = next;
        if gained <= 1e-12 * loss.value.abs() {
            break;
        }
    }
    if !point.iter().all(|value| value.is_finite()) {
        return Err(ModelError::Diverged("the ranker"));
    }
    let bias = point.pop().unwrap_or_default();
    Ok((point, bias))
}

fn newton_step(loss: &Loss, side: usize) -> Result<Vec<f64>, ModelError> {
    let curvature = Mat::from_fn(side, side, |row, column| loss.curvature[row.max(column) * side + row.min(column)]);
    let factor = curvature.llt(Side::Lower).map_err(|_| ModelError::Diverged("the ranker"))?;
    let gradient = Mat::from_fn(side, 1, |row, _| loss.gradient[row]);
    let step = factor.solve(&gradient);
    Ok((0..side).map(|row| step[(row, 0)]).collect())
}

fn loss(rows: &[f64], width: usize, targets: &[f64], weights: &[f64], ridge: f64, point: &[f64]) -> Loss {
    let part = |chunk: usize| {
        let range = chunk * CHUNK..((chunk + 1) * CHUNK).min(targets.len());
        let mut sum = Loss::zero(width + 1);
        let mut row = vec![1.0; width + 1];
        for at in range {
            row[..width].copy_from_slice(&rows[at * width..(at + 1) * width]);
            sum.add(&row, targets[at], weights[at], point);
        }
        sum
    };
    let parts: Vec<Loss> = (0..targets.len().div_ceil(CHUNK)).into_par_iter().map(part).collect();
    let mut sum = Loss::zero(width + 1);
    for part in parts {
        sum.value += part.value;
        sum.gradient.iter_mut().zip(part.gradient).for_each(|(sum, part)| *sum += part);
        sum.curvature.iter_mut().zip(part.curvature).for_each(|(sum, part)| *sum += part);
    }
    for (feature, &coefficient) in point[..width].iter().enumerate() {
        sum.value += 0.5 * ridge * coefficient * coefficient;
        sum.gradient[feature] += ridge * coefficient;
        sum.curvature[feature * (width + 1) + feature] += ridge;
    }
    sum
}

impl Loss {
    fn zero(side: usize) -> Self {
        Self { value: 0.0, gradient: vec![0.0; side], curvature: vec![0.0; side * side] }
    }

    fn add(&mut self, row: &[f64], target: f64, weight: f64, point: &[f64]) {
        let side = row.len();
        let logit: f64 = row.iter().zip(point).map(|(value, at)| value * at).sum();
        let probability = 1.0 / (1.0 + (-logit).exp());
        // ln(1 + e^logit) without overflow.
        let log_partition = logit.max(0.0) + (-logit.abs()).exp().ln_1p();
        self.value += weight * (log_partition - target * logit);
        let slope = weight * (probability - target);
        let bend = weight * (probability * (1.0 - probability)).max(1e-12);
        for (a, &left) in row.iter().enumerate() {
            self.gradient[a] += slope * left;
            let products = &mut self.curvature[a * side..=a * side + a];
            products.iter_mut().zip(row).for_each(|(sum, &right)| *sum += bend * left * right);
        }
    }
}
