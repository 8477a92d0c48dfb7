//! The Dirichlet-multinomial (Pólya) distribution: how much rows of counts differ from a prior they share.
//!
//! A row's shares are drawn from `Dirichlet(τ·prior)`, its counts from those shares. Large τ: rows are alike and a row's
//! own counts say little; small τ: rows differ and its own counts say much. After Minka, "Estimating a Dirichlet
//! distribution" (2000); decayed weights stand in for counts, which the formulas allow.

use rayon::prelude::*;

use crate::{Row, UserItems};

/// Smallest strength looked for.
const MIN_STRENGTH: f64 = 1e-3;
/// Largest strength looked for: rows are then as alike as chance allows.
const MAX_STRENGTH: f64 = 1e6;
/// Halvings of the logarithmic range; leaves an error of 2e-5 of τ.
const HALVINGS: usize = 20;
/// Rows summed at a time; the partial sums are added in order, so threads do not change the result.
const CHUNK: usize = 4096;

/// Which rows of a matrix take part.
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

    /// The τ of greatest marginal likelihood under `prior`, between 0.001 and a million.
    pub(super) fn strength(&self, prior: &[f64]) -> f64 {
        let is_increasing = |strength: f64| self.slope(strength, prior) > 0.0;
        if is_increasing(MAX_STRENGTH) {
            return MAX_STRENGTH;
        }
        if !is_increasing(MIN_STRENGTH) {
            return MIN_STRENGTH;
        }
        // The slope is above zero before the maximum and below it after: halve on a logarithmic scale.
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

    /// By topic, the expected number of independent draws from the prior behind the counts: repeats within a row are
    /// mostly the row's own taste and count for little.
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
    fn digamma_has_its_known_values() {
        const EULER: f64 = 0.577_215_664_901_532_9;
        for (at, wanted) in
            [(1.0, -EULER), (0.5, -EULER - 4.0_f64.ln()), (2.0, 1.0 - EULER), (10.0, 2.251_752_589_066_721)]
        {
            assert!((digamma(at) - wanted).abs() < 1e-9, "digamma({at}) = {} is not {wanted}", digamma(at));
        }
    }
}
