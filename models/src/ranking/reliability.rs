//! Whether predicted probabilities come true: the reliability table, its error and the Brier score.

use serde::Serialize;

/// Bins of a reliability table at most, each with as many examples as the others.
pub const BINS: usize = 10;

/// Examples with neighbouring predictions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// Least predicted probability in the bin.
    pub low: f64,
    /// Greatest predicted probability in the bin.
    pub high: f64,
    /// Number of examples.
    pub examples: usize,
    /// Number that responded.
    pub responses: usize,
    /// Mean predicted probability.
    pub predicted: f64,
    /// Share that responded.
    pub observed: f64,
}

/// At most ten bins of equal numbers of examples, in ascending order of prediction: most probabilities of rare responses
/// lie below 0.1, where bins of equal width would be one.
///
/// Equal predictions stay in one bin, which can make it larger than others. Predictions that are not numbers are left out.
#[must_use]
pub fn reliability(predicted: &[f32], outcomes: &[bool]) -> Vec<ReliabilityBin> {
    weighted_reliability(predicted, outcomes, &vec![1.0; predicted.len()])
}

/// As [`reliability`], each example standing for `weights` of the population; the means are weighted.
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

/// Mean distance of predicted and observed over the bins, each weighed by its examples (expected calibration error; Naeini,
/// Cooper and Hauskrecht 2015); `None` without bins.
#[must_use]
pub fn calibration_error(bins: &[ReliabilityBin]) -> Option<f64> {
    let examples: usize = bins.iter().map(|bin| bin.examples).sum();
    let apart = bins.iter().map(|bin| (bin.predicted - bin.observed).abs() * bin.examples as f64);
    (examples > 0).then(|| apart.sum::<f64>() / examples as f64)
}

/// Mean squared difference of probability and outcome (Brier 1950); lower is better, `None` without examples.
#[must_use]
pub fn brier_score(predicted: &[f32], outcomes: &[bool]) -> Option<f64> {
    weighted_brier_score(predicted, outcomes, &vec![1.0; predicted.len()])
}

/// As [`brier_score`], the mean being weighted; `None` without weight.
#[must_use]
pub fn weighted_brier_score(predicted: &[f32], outcomes: &[bool], weights: &[f32]) -> Option<f64> {
    let squares = predicted.iter().zip(outcomes).zip(weights).map(|((&probability, &outcome), &weight)| {
        let miss = f64::from(probability) - f64::from(u8::from(outcome));
        f64::from(weight) * miss * miss
    });
    let total: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
    (total > 0.0).then(|| squares.sum::<f64>() / total)
}
