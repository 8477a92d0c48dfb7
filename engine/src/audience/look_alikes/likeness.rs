//! The function that says how alike a member is to a seed.

use crate::scoring::dot;

/// Added to the variance of each standardised feature, so that directions in which members hardly differ count little. The
/// number of features divided by the number of members is added, too.
const RIDGE: f64 = 0.1;

/// Fisher's linear discriminant between the seed and all members: the direction in which the seed differs most from the
/// others, relative to how members differ among one another.
///
/// On the sample, it finds more of the held-out half of a seed than the cosine to the seed's mean, than the mean of the
/// nearest seeds, and than a discriminant that takes features as independent.
///
/// # References
/// Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 1936; with the ridge of Friedman,
/// "Regularized discriminant analysis", JASA 1989.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Likeness {
    weights: Vec<f32>,
}

impl Likeness {
    /// Fits the weights. Both arguments have the features of one member after another, `n_features` each.
    pub(super) fn fit(seeds: &[f32], background: &[f32], n_features: usize) -> Self {
        let (mean, covariance) = moments(background, n_features);
        let seed_mean = means(seeds, n_features);
        // Standardised, so that the ridge is the same for all features. A constant feature gets no weight.
        let scale: Vec<f64> = (0..n_features).map(|at| covariance[at * n_features + at].max(0.0).sqrt()).collect();
        let by = |value: f64, scale: f64| if scale > 1e-9 { value / scale } else { 0.0 };
        let mut system: Vec<f64> = covariance
            .iter()
            .enumerate()
            .map(|(at, &value)| by(by(value, scale[at / n_features]), scale[at % n_features]))
            .collect();
        // The fewer members, the less is known of how features vary together.
        let n_members = (background.len() / n_features.max(1)).max(1);
        let ridge = RIDGE + n_features as f64 / n_members as f64;
        (0..n_features).for_each(|at| system[at * n_features + at] += ridge);
        let mut weights: Vec<f64> = (0..n_features).map(|at| by(seed_mean[at] - mean[at], scale[at])).collect();
        solve(&mut system, &mut weights);
        Self { weights: weights.iter().zip(&scale).map(|(&weight, &scale)| by(weight, scale) as f32).collect() }
    }

    /// The likeness of a member with these features. Only the order of members has a meaning.
    pub(super) fn score(&self, features: &[f32]) -> f32 {
        dot(&self.weights, features)
    }
}

fn means(rows: &[f32], n_features: usize) -> Vec<f64> {
    let mut mean = vec![0.0; n_features];
    for row in rows.chunks_exact(n_features.max(1)) {
        mean.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    let n_rows = (rows.len() / n_features.max(1)).max(1) as f64;
    mean.iter_mut().for_each(|sum| *sum /= n_rows);
    mean
}

/// The mean and the covariance matrix of the features.
fn moments(rows: &[f32], n_features: usize) -> (Vec<f64>, Vec<f64>) {
    let mean = means(rows, n_features);
    let mut sums = vec![0.0; n_features * n_features];
    let mut centred = vec![0.0; n_features];
    for row in rows.chunks_exact(n_features.max(1)) {
        centred.iter_mut().zip(row).zip(&mean).for_each(|((to, &value), mean)| *to = f64::from(value) - mean);
        for (left, &value) in centred.iter().enumerate() {
            let of_row = &mut sums[left * n_features..left * n_features + left + 1];
            of_row.iter_mut().zip(&centred).for_each(|(sum, other)| *sum += value * other);
        }
    }
    let n_rows = (rows.len() / n_features.max(1)).max(1) as f64;
    for left in 0..n_features {
        for right in 0..=left {
            let value = sums[left * n_features + right] / n_rows;
            (sums[left * n_features + right], sums[right * n_features + left]) = (value, value);
        }
    }
    (mean, sums)
}

/// Solves a symmetric positive definite system in place by Cholesky's decomposition. `target` becomes the solution.
fn solve(system: &mut [f64], target: &mut [f64]) {
    let n = target.len();
    for row in 0..n {
        for column in 0..=row {
            let known: f64 = (0..column).map(|at| system[row * n + at] * system[column * n + at]).sum();
            let rest = system[row * n + column] - known;
            system[row * n + column] =
                if row == column { rest.max(f64::MIN_POSITIVE).sqrt() } else { rest / system[column * n + column] };
        }
    }
    for row in 0..n {
        let known: f64 = (0..row).map(|at| system[row * n + at] * target[at]).sum();
        target[row] = (target[row] - known) / system[row * n + row];
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|at| system[at * n + row] * target[at]).sum();
        target[row] = (target[row] - known) / system[row * n + row];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn solution_meets_the_system(values in prop::collection::vec(-2.0_f64..2.0, 16), target in prop::collection::vec(-3.0_f64..3.0, 4)) {
            // AᵀA + I is positive definite.
            let entry = |row: usize, column: usize| {
                let sum: f64 = (0..4).map(|at| values[at * 4 + row] * values[at * 4 + column]).sum();
                sum + f64::from(u8::from(row == column))
            };
            let mut system: Vec<f64> = (0..16).map(|at| entry(at / 4, at % 4)).collect();
            let mut solution = target.clone();
            solve(&mut system, &mut solution);
            for (row, wanted) in target.iter().enumerate() {
                let product: f64 = solution.iter().enumerate().map(|(column, value)| entry(row, column) * value).sum();
                prop_assert!((product - wanted).abs() < 1e-6);
            }
        }

        #[test]
        fn seed_scores_higher_than_others_on_average(
            rows in prop::collection::vec(prop::collection::vec(-1.0_f32..1.0, 3), 12..40), constant in -1.0_f32..1.0,
        ) {
            // The fourth feature is the same for all members.
            let flat: Vec<f32> = rows.iter().flat_map(|row| row.iter().copied().chain([constant])).collect();
            let seeds = &flat[..4 * 6];
            let likeness = Likeness::fit(seeds, &flat, 4);
            let mean = |rows: &[f32]| {
                rows.chunks_exact(4).map(|row| f64::from(likeness.score(row))).sum::<f64>() / (rows.len() / 4) as f64
            };
            prop_assert!(mean(seeds) >= mean(&flat) - 1e-4);
            prop_assert!(likeness.weights.iter().all(|weight| weight.is_finite()));
        }
    }
}
