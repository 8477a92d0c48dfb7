//! One ranker for each group of items: fitted on one window, calibrated on the next.

use rayon::prelude::*;
use serde::Serialize;
use zhihui_data::snapshot::{ItemGroup, RankerWeights, Snapshot};
use zhihui_engine::{Engine, FEATURES};
use zhihui_models::ranking::calibration::{Calibration, sampled_negatives_shift};
use zhihui_models::ranking::logistic::{Examples, Ranker, RankerParams};
use zhihui_models::ranking::reliability::{ReliabilityBin, brier_score, reliability};

use super::TrainError;
use super::exposures::{Exposure, Exposures, in_window};
use super::windows::Windows;

/// How one ranker did on the later window.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RankerReport {
    /// Examples it was fitted on.
    pub(super) fitted_on: usize,
    /// Examples it was calibrated on.
    pub(super) calibrated_on: usize,
    /// Whether those were real exposures.
    pub(super) calibrated: bool,
    /// Mean squared error of the probabilities on the later window.
    pub(super) brier: Option<f64>,
    /// The same for one probability for everybody: the share that responded.
    pub(super) brier_of_base_rate: Option<f64>,
    /// Predicted against observed, in ten bins.
    pub(super) reliability: Vec<ReliabilityBin>,
    /// Weight of each standardised feature.
    pub(super) weights: Vec<(String, f32)>,
}

/// A ranker that is not calibrated yet.
#[derive(Debug)]
pub(super) struct Fitted {
    pub(super) group: ItemGroup,
    ranker: Ranker,
    examples: usize,
    /// Added to the logit to undo the sampling of negatives.
    shift: f32,
}

/// Fits a ranker for every group that has enough examples in the first window.
///
/// `engine` stands on what was known where the window begins; `known` holds what happened since.
pub(super) fn fit(engine: &Engine, known: &Snapshot, windows: Windows, seed: u64) -> Result<Vec<Fitted>, TrainError> {
    let mut rankers = Vec::new();
    for group in [ItemGroup::Articles, ItemGroup::Activities] {
        let exposures = in_window(known, group, windows.fit_from, windows.test_from, windows.until, seed);
        let outcomes: Vec<bool> = exposures.examples.iter().map(|exposure| exposure.responded).collect();
        if !outcomes.contains(&true) || !outcomes.contains(&false) {
            continue;
        }
        let features = features(engine, &exposures.examples);
        let examples = Examples { features: &features, n_features: FEATURES.len(), outcomes: &outcomes, weights: None };
        let ranker = RankerParams::default().fit(examples)?;
        let shift = if exposures.observed { 0.0 } else { sampled_negatives_shift(exposures.kept)? };
        rankers.push(Fitted { group, ranker, examples: outcomes.len(), shift });
    }
    Ok(rankers)
}

/// Calibrates a ranker on the second window and reports how it does there.
///
/// Without real exposures the probabilities are corrected for the sampling only, and say that they are not calibrated.
pub(super) fn calibrate(
    engine: &Engine,
    known: &Snapshot,
    windows: Windows,
    fitted: Fitted,
) -> Result<(RankerWeights, RankerReport), TrainError> {
    let Fitted { group, ranker, examples, shift } = fitted;
    let Exposures { examples: later, observed, .. } =
        in_window(known, group, windows.test_from, windows.until, windows.until, 0);
    let outcomes: Vec<bool> = later.iter().map(|exposure| exposure.responded).collect();
    let features = features(engine, &later);
    let logits: Vec<f32> = features.chunks_exact(FEATURES.len()).map(|row| ranker.logit(row)).collect();
    let both = outcomes.contains(&true) && outcomes.contains(&false);
    let calibrated = observed && both && shift == 0.0;
    let calibration =
        if calibrated { Calibration::fit(&logits, &outcomes)? } else { Calibration { slope: 1.0, shift } };
    let predicted: Vec<f32> = logits.iter().map(|&logit| calibration.apply(logit)).collect();
    let base_rate = outcomes.iter().filter(|&&outcome| outcome).count() as f32 / outcomes.len().max(1) as f32;
    let report = RankerReport {
        fitted_on: examples,
        calibrated_on: if calibrated { outcomes.len() } else { 0 },
        calibrated,
        brier: brier_score(&predicted, &outcomes).filter(|_| observed),
        brier_of_base_rate: brier_score(&vec![base_rate; outcomes.len()], &outcomes).filter(|_| observed),
        reliability: if observed { reliability(&predicted, &outcomes) } else { Vec::new() },
        weights: FEATURES.iter().map(|&name| name.to_owned()).zip(ranker.weights.iter().copied()).collect(),
    };
    let weights = RankerWeights {
        group,
        features: FEATURES.iter().map(|&name| name.to_owned()).collect(),
        weights: ranker.weights,
        bias: ranker.bias,
        means: ranker.means,
        scales: ranker.scales,
        calibration: [calibration.slope, calibration.shift],
        calibrated,
    };
    Ok((weights, report))
}

fn features(engine: &Engine, examples: &[Exposure]) -> Vec<f32> {
    let of = |exposure: &Exposure| engine.features(exposure.member as usize, exposure.item as usize, exposure.at);
    examples.par_iter().flat_map_iter(of).collect()
}
