//! Percentile bootstrap intervals over members.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// How an interval is drawn: members are resampled with replacement.
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
    /// A thousand resamples at 95 %.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { samples: 1000, level: 0.95, seed }
    }

    /// The mean of `values` and its interval; all zero without values.
    #[must_use]
    pub fn mean(&self, values: &[f64]) -> Interval {
        if values.is_empty() {
            return Interval { low: 0.0, value: 0.0, high: 0.0 };
        }
        let mut means: Vec<f64> = (0..self.samples.max(1) as u64)
            .into_par_iter()
            .map(|sample| {
                let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
                rng.set_stream(sample);
                let sum: f64 = (0..values.len()).map(|_| values[rng.gen_range(0..values.len() as u32) as usize]).sum();
                sum / values.len() as f64
            })
            .collect();
        means.sort_unstable_by(f64::total_cmp);
        let tail = (1.0 - self.level.clamp(0.0, 1.0)) / 2.0;
        let at = |share: f64| means[(share * (means.len() - 1) as f64).round() as usize];
        let value = values.iter().sum::<f64>() / values.len() as f64;
        Interval { low: at(tail), value, high: at(1.0 - tail) }
    }
}

/// An estimate and the bounds within which it would mostly fall had other members been asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// The estimate itself.
    pub value: f64,
    /// Upper bound.
    pub high: f64,
}
