//! Whether predicted probabilities come true: the reliability table and the Brier score.

use serde::Serialize;

/// Bins of a reliability table, each a tenth of the range of probabilities.
pub const BINS: usize = 10;

/// Examples whose predicted probability lies in `[low, high)`; the last bin holds 1 as well.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// Lower bound of the bin.
    pub low: f64,
    /// Upper bound of the bin.
    pub high: f64,
    /// Number of examples.
    pub examples: usize,
    /// Mean predicted probability; `None` in an empty bin.
    pub predicted: Option<f64>,
    /// Share that responded; `None` in an empty bin.
    pub observed: Option<f64>,
}

/// The ten bins from 0 to 1; predictions that are not numbers are left out.
#[must_use]
pub fn reliability(predicted: &[f32], outcomes: &[bool]) -> Vec<ReliabilityBin> {
    let mut sums = [(0_usize, 0.0_f64, 0_usize); BINS];
    for (&probability, &outcome) in predicted.iter().zip(outcomes).filter(|(probability, _)| !probability.is_nan()) {
        let bin = ((f64::from(probability) * BINS as f64) as usize).min(BINS - 1);
        sums[bin].0 += 1;
        sums[bin].1 += f64::from(probability);
        sums[bin].2 += usize::from(outcome);
    }
    let bin = |(at, (examples, predicted, responded)): (usize, (usize, f64, usize))| {
        let mean = |sum: f64| (examples > 0).then(|| sum / examples as f64);
        ReliabilityBin {
            low: at as f64 / BINS as f64,
            high: (at + 1) as f64 / BINS as f64,
            examples,
            predicted: mean(predicted),
            observed: mean(responded as f64),
        }
    };
    sums.into_iter().enumerate().map(bin).collect()
}

/// Mean squared difference of probability and outcome (Brier 1950); lower is better, `None` without examples.
#[must_use]
pub fn brier_score(predicted: &[f32], outcomes: &[bool]) -> Option<f64> {
    let squares = predicted.iter().zip(outcomes).map(|(&probability, &outcome)| {
        let miss = f64::from(probability) - f64::from(u8::from(outcome));
        miss * miss
    });
    let n = predicted.len().min(outcomes.len());
    (n > 0).then(|| squares.sum::<f64>() / n as f64)
}
