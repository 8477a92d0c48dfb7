//! The Dirichlet-multinomial (Pólya) distribution: estimates how much rows of counts differ from a common prior.
//!
//! A row's shares are drawn from `Dirichlet(τ·prior)`, and its counts from those shares. For large τ rows are alike and
//! a row's own counts carry little information; for small τ they carry much. After Minka, "Estimating a Dirichlet
//! distribution" (2000). Decayed weights replace counts, which the formulas allow.

use rayon::prelude::*;

use crate::{Row, UserItems};

/// Lower bound of the strength.
const MIN_STRENGTH: f64 = 1e-3;
/// Upper bound of the strength, at which rows differ no more than by chance.
const MAX_STRENGTH: f64 = 1e6;
/// Bisections of the logarithmic range, which leave an error of 2e-5 of τ.
const HALVINGS: usize = 20;
/// Rows summed at a time. The partial sums are added in order, so that the result does not depend on threads.
const CHUNK: usize = 4096;

/// A subset of a matrix's rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct CountRows<'a> {
    pub(super) matrix: &'a UserItems,
    pub(super) members: &'a [u32],
}

impl CountRows<'_> {
    fn sum(&self, of: impl Fn(Row<'_>) -> f64 + Sync) -> f64 {
        let part = |rows: &[u32]| rows.iter().map(|&row| of(self.matrix.row(row as usize))).sum::<f64>();
        let parts: Vec<f64> = self.members.par_chunks(CHUNK).map(part).collect();
        parts.into_iter().sum()
    }

    /// The τ of maximum marginal likelihood under `prior`, between 0.001 and a million.
    pub(super) fn strength(&self, prior: &[f64]) -> f64 {
        let is_increasing = |strength: f64| self.slope(strength, prior) > 0.0;
        if is_increasing(MAX_STRENGTH) {
            return MAX_STRENGTH;
        }
        if !is_increasing(MIN_STRENGTH) {
            return MIN_STRENGTH;
        }
        // The slope is positive before the maximum and negative after it, so bisect on a logarithmic scale.
        let (mut low, mut high) = (MIN_STRENGTH.ln(), MAX_STRENGTH.ln());
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if is_increasing(middle.exp()) { low = middle } else { high = middle }
        }
        (0.5 * (low + high)).exp()
    }

    /// Derivative of the log marginal likelihood with respect to τ.
    fn slope(&self, strength: f64, prior: &[f64]) -> f64 {
        let at_strength = digamma(strength);
        let at_topics: Vec<f64> = prior.iter().map(|share| digamma(strength * share)).collect();
        self.sum(|row| {
            let (mut total, mut slope) = (0.0, 0.0);
            for (topic, weight) in positive_entries(row) {
                total += weight;
                slope += prior[topic] * (digamma(weight + strength * prior[topic]) - at_topics[topic]);
            }
            if total > 0.0 { slope + at_strength - digamma(total + strength) } else { 0.0 }
        })
    }

    /// By topic, the expected number of independent draws from the prior behind the counts. Repeats within a row mostly
    /// reflect the row's own preference and count for little.
    pub(super) fn expected_draws(&self, strength: f64, prior: &[f64]) -> Vec<f64> {
        let at_topics: Vec<f64> = prior.iter().map(|share| digamma(strength * share)).collect();
        let part = |rows: &[u32]| {
            let mut draws = vec![0.0; prior.len()];
            for &row in rows {
                for (topic, weight) in positive_entries(self.matrix.row(row as usize)) {
                    let pseudo = strength * prior[topic];
                    draws[topic] += pseudo * (digamma(weight + pseudo) - at_topics[topic]);
                }
            }
            draws
        };
        let parts: Vec<Vec<f64>> = self.members.par_chunks(CHUNK).map(part).collect();
        let mut draws = vec![0.0; prior.len()];
        for part in parts {
            draws.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        draws
    }
}

/// Entries with a weight above zero, in double precision.
fn positive_entries(row: Row<'_>) -> impl Iterator<Item = (usize, f64)> {
    row.iter().filter(|&(_, weight)| weight > 0.0).map(|(topic, weight)| (topic, f64::from(weight)))
}

/// Derivative of ln Γ for arguments above zero, by recurrence up to 8 and the asymptotic series from there.
fn digamma(argument: f64) -> f64 {
    let (mut at, mut shift) = (argument, 0.0);
    while at < 8.0 {
        shift += 1.0 / at;
        at += 1.0;
    }
    let square = 1.0 / (at * at);
    let series = square * (1.0 / 12.0 - square * (1.0 / 120.0 - square * (1.0 / 252.0 - square / 240.0)));
    at.ln() - 0.5 / at - series - shift
}

#[cfg(test)]
mod tests {
    use super::digamma;

    #[test]
    fn digamma_equals_known_values() {
        const EULER: f64 = 0.577_215_664_901_532_9;
        for (at, expected) in
            [(1.0, -EULER), (0.5, -EULER - 4.0_f64.ln()), (2.0, 1.0 - EULER), (10.0, 2.251_752_589_066_721)]
        {
            assert!((digamma(at) - expected).abs() < 1e-9, "digamma({at}) = {} is not {expected}", digamma(at));
        }
    }
}
