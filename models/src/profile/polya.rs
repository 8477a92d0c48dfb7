//! The Dirichlet-multinomial (Pólya) distribution: estimates how much rows of counts differ from a common prior.
//!
//! A row's shares are drawn from `Dirichlet(τ·prior)`, and its counts from those shares. For large τ rows are alike and
//! a row's own counts carry little information; for small τ they carry much. After Minka, "Estimating a Dirichlet
//! distribution" (2000). Decayed weights replace counts, which the formulas allow.

use rayon::prelude::*;

use super::digamma::{digamma, replace_by_digamma};
use super::sign_change::SignChange;
use crate::{Row, UserItems};

/// Lower bound of the strength.
const MIN_STRENGTH: f64 = 1e-3;
/// Upper bound of the strength, at which rows differ no more than by chance.
const MAX_STRENGTH: f64 = 1e6;
/// Halvings of the logarithmic range, which leave an error of 2e-5 of τ.
const HALVINGS: usize = 20;
/// Rows summed at a time. The partial sums are added in order, so that the result does not depend on threads.
const CHUNK: usize = 4096;
/// Rows whose values of digamma are computed at a time, so that they stay in the nearest cache.
const ROWS_AT_A_TIME: usize = 128;

/// A subset of a matrix's rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct CountRows<'a> {
    pub(super) matrix: &'a UserItems,
    pub(super) members: &'a [u32],
}

impl CountRows<'_> {
    /// The τ of maximum marginal likelihood under `prior`, between 0.001 and a million. `near` is a guess, which changes
    /// the time that it takes and not the result.
    pub(super) fn strength(&self, prior: &[f64], near: Option<f64>) -> f64 {
        let scaled_slope = |log_strength: f64| {
            let strength = log_strength.exp();
            strength * self.slope(strength, prior)
        };
        let range = [MIN_STRENGTH.ln(), MAX_STRENGTH.ln()];
        // The slope is positive before the maximum and negative after it.
        match SignChange::search(range, near.map_or(0.0, f64::ln), HALVINGS, scaled_slope) {
            SignChange::Before => MIN_STRENGTH,
            SignChange::At(log_strength) => log_strength.exp(),
            SignChange::After => MAX_STRENGTH,
        }
    }

    /// Derivative of the log marginal likelihood with respect to τ.
    fn slope(&self, strength: f64, prior: &[f64]) -> f64 {
        let at_strength = digamma(strength);
        let at_topics: Vec<f64> = prior.iter().map(|share| digamma(strength * share)).collect();
        let part = |rows: &[u32]| {
            let mut sum = 0.0;
            let (mut arguments, mut totals) = (Vec::new(), Vec::new());
            for rows in rows.chunks(ROWS_AT_A_TIME) {
                arguments.clear();
                totals.clear();
                for &row in rows {
                    let mut total = 0.0;
                    for (topic, weight) in self.entries(row) {
                        total += weight;
                        arguments.push(weight + strength * prior[topic]);
                    }
                    arguments.push(total + strength);
                    totals.push(total);
                }
                replace_by_digamma(&mut arguments);
                let mut values = arguments.iter();
                for (&row, &total) in rows.iter().zip(&totals) {
                    let entries = self.entries(row).zip(values.by_ref());
                    let slope: f64 = entries.map(|((topic, _), value)| prior[topic] * (value - at_topics[topic])).sum();
                    let of_total = values.next().copied().unwrap_or_default();
                    sum += if total > 0.0 { slope + at_strength - of_total } else { 0.0 };
                }
            }
            sum
        };
        let parts: Vec<f64> = self.members.par_chunks(CHUNK).map(part).collect();
        parts.into_iter().sum()
    }

    /// By topic, the expected number of independent draws from the prior behind the counts. Repeats within a row mostly
    /// reflect the row's own preference and count for little.
    pub(super) fn expected_draws(&self, strength: f64, prior: &[f64]) -> Vec<f64> {
        let at_topics: Vec<f64> = prior.iter().map(|share| digamma(strength * share)).collect();
        let part = |rows: &[u32]| {
            let mut draws = vec![0.0; prior.len()];
            let mut arguments = Vec::new();
            for rows in rows.chunks(ROWS_AT_A_TIME) {
                let entries = rows.iter().flat_map(|&row| self.entries(row));
                arguments.clear();
                arguments.extend(entries.clone().map(|(topic, weight)| weight + strength * prior[topic]));
                replace_by_digamma(&mut arguments);
                for ((topic, _), value) in entries.zip(&arguments) {
                    draws[topic] += strength * prior[topic] * (value - at_topics[topic]);
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

    /// Entries of a row with a weight above zero, in double precision.
    fn entries(&self, row: u32) -> impl Iterator<Item = (usize, f64)> + Clone {
        let Row { columns, weights } = self.matrix.row(row as usize);
        let entries = columns.iter().zip(weights).filter(|&(_, &weight)| weight > 0.0);
        entries.map(|(&topic, &weight)| (topic as usize, f64::from(weight)))
    }
}
