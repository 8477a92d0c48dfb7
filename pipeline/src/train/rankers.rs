//! One ranker for each group of items: fitted on one window, calibrated on the next.
//!
//! What was shown or pushed is learnt from with weights against exposure bias, and calibrated without them, because
//! probabilities are to hold for what is shown. Where too little was, negatives are sampled from what was on offer, and
//! the line to probabilities is found on whole lists of the later window, then moved by the few exposures there are.

use rayon::prelude::*;
use serde::Serialize;
use zhihui_data::snapshot::{ItemGroup, RankerWeights, Sides, Snapshot};
use zhihui_engine::{Engine, FEATURES, MemberFeatures};
use zhihui_models::ranking::calibration::{Calibration, LinePrior, sampled_negatives_shift};
use zhihui_models::ranking::logistic::{Examples, Ranker, RankerParams, probability};
use zhihui_models::ranking::reliability::{ReliabilityBin, brier_score, calibration_error, reliability};

use super::exposures::{Exposure, are_enough, in_lists, observed, responses, sampled};
use super::windows::Windows;
use super::{TrainError, TrainOptions};

/// Examples whose features one thread gathers at a time.
const PART: usize = 4096;

/// How one ranker did on the later window.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RankerReport {
    /// Examples it was fitted on.
    pub(super) fitted_on: usize,
    /// Whether those were real exposures; otherwise their negatives were sampled.
    pub(super) fitted_on_exposures: bool,
    /// Real exposures of the later window.
    pub(super) exposures: usize,
    /// Those that responded in time.
    pub(super) responses: usize,
    /// Exposures it was calibrated on; 0 where there are too few to call it so.
    pub(super) calibrated_on: usize,
    /// Whether those were enough real exposures.
    pub(super) calibrated: bool,
    /// The line from the ranker's logits to those of the probabilities.
    pub(super) calibration: Calibration,
    /// Slope and intercept for members of even and of odd index, each found on the others: what the gate judges with.
    pub(super) calibration_by_half: [[f32; 2]; 2],
    /// What the following measures are of: `exposures`, or `lists` where there are too few.
    pub(super) judged_on: &'static str,
    /// Mean squared error of the probabilities on the later window; each half judged by the line of the other.
    pub(super) brier: Option<f64>,
    /// The same for one probability for everybody: the share that responded.
    pub(super) brier_of_base_rate: Option<f64>,
    /// Mean distance of predicted and observed.
    pub(super) calibration_error: Option<f64>,
    /// Predicted against observed, in bins of equally many.
    pub(super) reliability: Vec<ReliabilityBin>,
    /// Weight of each standardised feature.
    pub(super) weights: Vec<(String, f32)>,
}

/// A ranker that is not calibrated yet.
#[derive(Debug, Clone)]
pub(super) struct Fitted {
    pub(super) group: ItemGroup,
    pub(super) ranker: Ranker,
    pub(super) examples: usize,
    pub(super) on_exposures: bool,
    /// Added to the logit to undo the sampling of negatives.
    pub(super) shift: f32,
    /// Share that responded.
    pub(super) base_rate: f64,
}

/// Fits a ranker for every group that has enough examples in the first window, on at most `most` of them.
///
/// `engine` stands on what was known where the window begins; `known` holds what happened since.
pub(super) fn fit(
    engine: &Engine,
    known: &Snapshot,
    windows: Windows,
    options: &TrainOptions,
    most: usize,
) -> Result<Vec<Fitted>, TrainError> {
    let Windows { fit_from, test_from, .. } = windows;
    let mut rankers = Vec::new();
    for group in [ItemGroup::Articles, ItemGroup::Activities] {
        let exposures = observed(known, group, [fit_from, test_from, test_from], most, options.seed);
        let on_exposures = are_enough(&exposures);
        let (examples, kept, base_rate) = if on_exposures {
            let base_rate = responses(&exposures) as f64 / exposures.len() as f64;
            (exposures, 1.0, base_rate)
        } else {
            let sampled = sampled(engine, known, group, [fit_from, test_from], most, options.seed);
            (sampled.examples, sampled.kept, sampled.base_rate)
        };
        let outcomes = outcomes(&examples);
        if !outcomes.contains(&true) || !outcomes.contains(&false) {
            continue;
        }
        let items: Vec<u32> = examples.iter().map(|exposure| exposure.item).collect();
        let weights = if on_exposures { Some(options.propensity.weights(&items)?) } else { None };
        let features = features(engine, &examples);
        let taught = Examples {
            features: &features,
            n_features: FEATURES.len(),
            outcomes: &outcomes,
            weights: weights.as_deref(),
        };
        let ranker = RankerParams::default().fit(taught)?;
        let shift = if on_exposures { 0.0 } else { sampled_negatives_shift(kept)? };
        rankers.push(Fitted { group, ranker, examples: examples.len(), on_exposures, shift, base_rate });
    }
    Ok(rankers)
}

/// Calibrates a ranker on at most `most` examples of the second window and reports how it does there.
///
/// Without enough real exposures the probabilities say that they are not calibrated; they are then those of a response
/// whether or not the item is seen, with the slope drawn towards the base rate as far as the data do not speak against it.
pub(super) fn calibrate(
    engine: &Engine,
    known: &Snapshot,
    windows: Windows,
    options: &TrainOptions,
    most: usize,
    fitted: Fitted,
) -> Result<(RankerWeights, RankerReport), TrainError> {
    let Fitted { group, ranker, examples, on_exposures, shift, base_rate } = fitted;
    let Windows { test_from, until, .. } = windows;
    let shown =
        Judged::of(engine, &ranker, shift, observed(known, group, [test_from, until, until], most, options.seed));
    let calibrated = are_enough(&shown.examples);
    let cautious = LinePrior::cautious(base_rate);
    let lists = if calibrated {
        Vec::new()
    } else {
        in_lists(engine, known, group, [test_from, until], most / 2, options.seed)
    };
    let lists = Judged::of(engine, &ranker, shift, lists);
    let line = if calibrated { shown.line(cautious)? } else { shown.line(cautious.about(lists.line(cautious)?))? };
    let judged = if calibrated { &shown } else { &lists };
    let lines = judged.lines_of_the_other_half(cautious)?;
    let predicted = judged.predicted(lines);
    let outcomes = outcomes(&judged.examples);
    let share = responses(&judged.examples) as f32 / outcomes.len().max(1) as f32;
    let bins = reliability(&predicted, &outcomes);
    let report = RankerReport {
        fitted_on: examples,
        fitted_on_exposures: on_exposures,
        exposures: shown.examples.len(),
        responses: responses(&shown.examples),
        calibrated_on: if calibrated { shown.examples.len() } else { 0 },
        calibrated,
        calibration: line,
        calibration_by_half: lines.map(|line| [line.slope, line.slope * shift + line.shift]),
        judged_on: if calibrated { "exposures" } else { "lists" },
        brier: brier_score(&predicted, &outcomes),
        brier_of_base_rate: brier_score(&vec![share; outcomes.len()], &outcomes),
        calibration_error: calibration_error(&bins),
        reliability: bins,
        weights: FEATURES.iter().map(|&name| name.to_owned()).zip(ranker.weights.iter().copied()).collect(),
    };
    let weights = RankerWeights {
        group,
        sides: Sides::Both,
        features: FEATURES.iter().map(|&name| name.to_owned()).collect(),
        weights: ranker.weights,
        bias: ranker.bias,
        means: ranker.means,
        scales: ranker.scales,
        calibration: [line.slope, line.slope * shift + line.shift],
        calibrated,
    };
    Ok((weights, report))
}

/// Examples of the later window with the ranker's logits, sampling undone.
#[derive(Debug)]
struct Judged {
    examples: Vec<Exposure>,
    logits: Vec<f32>,
}

impl Judged {
    fn of(engine: &Engine, ranker: &Ranker, shift: f32, examples: Vec<Exposure>) -> Self {
        let features = features(engine, &examples);
        let logits = features.chunks_exact(FEATURES.len()).map(|row| ranker.logit(row) + shift).collect();
        Self { examples, logits }
    }

    fn line(&self, prior: LinePrior) -> Result<Calibration, TrainError> {
        Ok(Calibration::fit(&self.logits, &outcomes(&self.examples), prior)?)
    }

    /// Lines for members of even and of odd index, each fitted on the other members' examples.
    fn lines_of_the_other_half(&self, prior: LinePrior) -> Result<[Calibration; 2], TrainError> {
        let lines = [1, 0].map(|other| {
            let in_half = |at: &usize| self.examples[*at].member % 2 == other;
            let half: Vec<usize> = (0..self.examples.len()).filter(in_half).collect();
            let logits: Vec<f32> = half.iter().map(|&at| self.logits[at]).collect();
            let outcomes: Vec<bool> = half.iter().map(|&at| self.examples[at].responded).collect();
            Calibration::fit(&logits, &outcomes, prior)
        });
        let [of_even, of_odd] = lines;
        Ok([of_even?, of_odd?])
    }

    /// Probabilities by the line of each member's half.
    fn predicted(&self, lines: [Calibration; 2]) -> Vec<f32> {
        let of = |(exposure, &logit): (&Exposure, &f32)| probability(lines[exposure.member as usize % 2].apply(logit));
        self.examples.iter().zip(&self.logits).map(of).collect()
    }
}

fn outcomes(examples: &[Exposure]) -> Vec<bool> {
    examples.iter().map(|exposure| exposure.responded).collect()
}

fn features(engine: &Engine, examples: &[Exposure]) -> Vec<f32> {
    let of_part = |part: &[Exposure]| {
        let mut member = MemberFeatures::new(engine);
        let mut rows = Vec::with_capacity(part.len() * FEATURES.len());
        for (at, exposure) in part.iter().enumerate() {
            if at == 0 || part[at - 1].member != exposure.member {
                member.load(exposure.member as usize);
            }
            rows.extend(member.of(exposure.item as usize, exposure.at));
        }
        rows
    };
    examples.par_chunks(PART).flat_map_iter(of_part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_half_of_the_members_is_judged_by_the_line_of_the_other() {
        let example = |at: u32| Exposure { member: at % 7, item: at, at: 0, responded: at % 5 < 2 };
        let examples: Vec<Exposure> = (0..700).map(example).collect();
        let logits: Vec<f32> = (0..700).map(|at| (at % 11) as f32 / 4.0 - 1.0).collect();
        let judged = Judged { examples, logits };
        let prior = LinePrior::cautious(0.3);
        let lines = judged.lines_of_the_other_half(prior).expect("lines");
        let of_other_outcomes = |half: u32| {
            let flip = |exposure: &Exposure| Exposure {
                responded: exposure.responded != (exposure.member % 2 == half && exposure.item.is_multiple_of(3)),
                ..*exposure
            };
            let examples = judged.examples.iter().map(flip).collect();
            Judged { examples, logits: judged.logits.clone() }.lines_of_the_other_half(prior).expect("lines")
        };
        for half in [0, 1] {
            let (own, other) = (half as usize, 1 - half as usize);
            let changed = of_other_outcomes(half);
            assert_eq!(changed[own], lines[own], "what half {half} did says nothing of its own line");
            assert_ne!(changed[other], lines[other]);
        }
    }
}
