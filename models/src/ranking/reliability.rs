//! Measures the calibration of probabilities: the reliability table, expected calibration error and Brier score.

use serde::{Deserialize, Serialize};

/// Largest number of bins of a reliability table, each with an equal number of examples.
pub const BINS: usize = 10;

/// A bin of examples with similar predictions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Smallest predicted probability.
    pub low: f64,
    /// Largest predicted probability.
    pub high: f64,
    /// Number of examples.
    pub examples: usize,
    /// Number of responses.
    pub responses: usize,
    /// Mean predicted probability.
    pub predicted: f64,
    /// Share of responses.
    pub observed: f64,
}

/// At most ten bins of equal numbers of examples in ascending order of prediction. Bins of equal width would be
/// useless, because most probabilities of rare responses lie below 0.1.
///
/// Equal predictions share a bin, which may then be larger. NaN predictions are left out.
#[must_use]
pub fn reliability(predicted: &[f32], outcomes: &[bool]) -> Vec<ReliabilityBin> {
    weighted_reliability(predicted, outcomes, &vec![1.0; predicted.len()])
}

/// Bins like [`reliability`], with weighted means. A weight is the number of examples of the population that an example
/// represents.
#[must_use]
pub fn weighted_reliability(predicted: &[f32], outcomes: &[bool], weights: &[f32]) -> Vec<ReliabilityBin> {
    let pairs = predicted.iter().zip(outcomes).zip(weights);
    let pairs = pairs.map(|((&probability, &responded), &weight)| (probability, responded, weight));
    let mut pairs: Vec<WeightedPrediction> = pairs.filter(|(probability, ..)| !probability.is_nan()).collect();
    pairs.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut bins = Vec::with_capacity(BINS);
    let mut start = 0;
    for bin in 1..=BINS {
        let mut end = (pairs.len() * bin / BINS).max(start);
        while end > start && end < pairs.len() && pairs[end].0 == pairs[end - 1].0 {
            end += 1;
        }
        if end > start {
            bins.push(bin_of(&pairs[start..end]));
            start = end;
        }
    }
    bins
}

/// A prediction, its outcome and its weight.
type WeightedPrediction = (f32, bool, f32);

fn bin_of(pairs: &[WeightedPrediction]) -> ReliabilityBin {
    let examples = pairs.len();
    let responses = pairs.iter().filter(|(_, responded, _)| *responded).count();
    let total: f64 = pairs.iter().map(|&(.., weight)| f64::from(weight)).sum::<f64>().max(f64::MIN_POSITIVE);
    let predicted: f64 = pairs.iter().map(|&(probability, _, weight)| f64::from(probability) * f64::from(weight)).sum();
    let observed: f64 =
        pairs.iter().filter(|(_, responded, _)| *responded).map(|&(.., weight)| f64::from(weight)).sum();
    ReliabilityBin {
        low: f64::from(pairs[0].0),
        high: f64::from(pairs[examples - 1].0),
        examples,
        responses,
        predicted: predicted / total,
        observed: observed / total,
    }
}

/// The expected calibration error: mean difference of predicted and observed over the bins, weighted by examples
/// (Naeini, Cooper and Hauskrecht 2015). `None` without bins.
#[must_use]
pub fn calibration_error(bins: &[ReliabilityBin]) -> Option<f64> {
    let examples: usize = bins.iter().map(|bin| bin.examples).sum();
    let apart = bins.iter().map(|bin| (bin.predicted - bin.observed).abs() * bin.examples as f64);
    (examples > 0).then(|| apart.sum::<f64>() / examples as f64)
}

/// The Brier score: mean squared difference of probability and outcome (Brier 1950). Lower is better; `None` without
/// examples.
#[must_use]
pub fn brier_score(predicted: &[f32], outcomes: &[bool]) -> Option<f64> {
    weighted_brier_score(predicted, outcomes, &vec![1.0; predicted.len()])
}

/// The weighted Brier score; `None` if the weights sum to zero.
#[must_use]
pub fn weighted_brier_score(predicted: &[f32], outcomes: &[bool], weights: &[f32]) -> Option<f64> {
    let squares = predicted.iter().zip(outcomes).zip(weights).map(|((&probability, &outcome), &weight)| {
        let miss = f64::from(probability) - f64::from(u8::from(outcome));
        f64::from(weight) * miss * miss
    });
    let total: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
    (total > 0.0).then(|| squares.sum::<f64>() / total)
}
