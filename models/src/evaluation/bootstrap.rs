//! Percentile bootstrap intervals over members.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Parameters of a bootstrap interval. Members are resampled with replacement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// Resamples; at least 1.
    pub samples: usize,
    /// Share of resamples that the interval covers, between 0 and 1.
    pub level: f64,
    /// Seed of the resampling.
    pub seed: u64,
}

impl Bootstrap {
    /// 1000 resamples and a level of 95 %.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { samples: 1000, level: 0.95, seed }
    }

    /// The mean of `values`, one for each member, and its interval; all zero without values.
    #[must_use]
    pub fn mean(&self, values: &[f64]) -> Interval {
        self.mean_of(&values.iter().map(|&value| (value, 1.0)).collect::<Vec<_>>())
    }

    /// The mean of `values`, of which `values[n]` belongs to member `members[n]`. A resampled member brings all of its
    /// values.
    #[must_use]
    pub fn mean_by_member(&self, members: &[u32], values: &[f64]) -> Interval {
        let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        for (&member, value) in members.iter().zip(values) {
            let (sum, count) = sums.entry(member).or_default();
            *sum += value;
            *count += 1.0;
        }
        self.mean_of(&sums.into_values().collect::<Vec<_>>())
    }

    /// `members`: the sum and the number of each member's values.
    fn mean_of(&self, members: &[(f64, f64)]) -> Interval {
        let ratio = |(sum, count): (f64, f64)| if count > 0.0 { sum / count } else { 0.0 };
        let add = |left: (f64, f64), right: (f64, f64)| (left.0 + right.0, left.1 + right.1);
        if members.is_empty() {
            return Interval { low: 0.0, value: 0.0, high: 0.0 };
        }
        let mut means: Vec<f64> = (0..self.samples.max(1) as u64)
            .into_par_iter()
            .map(|sample| {
                let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
                rng.set_stream(sample);
                let mut draw = || members[rng.gen_range(0..members.len() as u32) as usize];
                ratio((0..members.len()).map(|_| draw()).fold((0.0, 0.0), add))
            })
            .collect();
        means.sort_unstable_by(f64::total_cmp);
        let tail = (1.0 - self.level.clamp(0.0, 1.0)) / 2.0;
        let at = |share: f64| means[(share * (means.len() - 1) as f64).round() as usize];
        let value = ratio(members.iter().copied().fold((0.0, 0.0), add));
        Interval { low: at(tail), value, high: at(1.0 - tail) }
    }
}

/// An estimate and its confidence bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// The estimate itself.
    pub value: f64,
    /// Upper bound.
    pub high: f64,
}
