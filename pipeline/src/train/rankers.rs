//! One ranker for each group of items: fitted on one window, calibrated on the next.
//!
//! It learns from everybody who could have been asked, so that its probabilities hold between members as well as between
//! items. Where enough was shown or pushed, the line to probabilities is found on that, because they are to hold for what
//! is shown; elsewhere on the later window's population, then moved by the few exposures there are.

use std::collections::BTreeMap;

use serde::Serialize;
use zhihui_data::snapshot::{ItemGroup, RankerWeights, Sides, Snapshot};
use zhihui_engine::{Engine, FEATURES};
use zhihui_models::ranking::calibration::{Calibration, LinePrior};
use zhihui_models::ranking::logistic::{self, Ranker, RankerParams, probability};
use zhihui_models::ranking::reliability::{
    ReliabilityBin, calibration_error, weighted_brier_score, weighted_reliability,
};

use super::exposures::are_enough;
use super::population::{Examples, Morning, begun};
use super::{TrainError, TrainOptions};

/// Fewer audiences than this measure no dispersion.
const FEWEST_AUDIENCES: usize = 20;
/// Squared coefficients of variation that are tried.
const DISPERSIONS: [f64; 10] = [0.01, 0.03, 0.1, 0.3, 0.6, 1.0, 2.0, 4.0, 8.0, 16.0];
/// Fewer responses than this make no ranker.
const FEWEST_RESPONSES: usize = 30;
/// The groups of items, each with its ranker.
pub(super) const GROUPS: [ItemGroup; 2] = [ItemGroup::Articles, ItemGroup::Activities];

/// How one ranker did on the later window.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RankerReport {
    /// Examples it was fitted on.
    pub(super) fitted_on: usize,
    /// Whether real exposures are among them.
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
    /// Slope and intercept for members of even and of odd index, each found on the other members' examples.
    #[serde(skip)]
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
    /// How far items differ from what is expected of them, as a squared coefficient of variation.
    pub(super) dispersion: Option<f32>,
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
    /// Share of the population that responded.
    pub(super) base_rate: f64,
}

/// The examples of a window, by [`GROUPS`].
#[derive(Debug, Default)]
pub(super) struct Gathered {
    population: [Examples; 2],
    exposures: [Examples; 2],
    /// Since when each item is asked for; `None` where all that is on offer counts.
    begun: Option<Vec<i64>>,
}

impl Gathered {
    /// Examples to calibrate on: of items that staff would ask about. Lists offer others as well, so that rankers are fitted on
    /// all, but no line moves the order of a list.
    pub(super) fn of_items_asked_for(known: &Snapshot, until: i64) -> Self {
        Self { begun: Some(begun(known, until)), ..Self::default() }
    }

    /// Adds the examples of a morning, about `most` of each kind, and what was shown until `next`.
    pub(super) fn add(
        &mut self,
        engine: &Engine,
        known: &Snapshot,
        [at, next, until]: [i64; 3],
        most: usize,
        options: &TrainOptions,
    ) {
        let morning = Morning { engine, known, at, until, begun: self.begun.as_deref() };
        for (place, group) in GROUPS.into_iter().enumerate() {
            self.population[place].append(morning.population(group, most, options.seed));
            self.exposures[place].append(morning.exposures(group, next, most, options.seed));
        }
    }
}

/// Fits a ranker for every group that has enough responses.
pub(super) fn fit(gathered: &Gathered, options: &TrainOptions) -> Result<Vec<Fitted>, TrainError> {
    let mut rankers = Vec::new();
    for (place, group) in GROUPS.into_iter().enumerate() {
        let population = &gathered.population[place];
        if population.responses() < FEWEST_RESPONSES || population.responses() == population.len() {
            continue;
        }
        let base_rate = population.base_rate();
        // What was shown is known better than what could have been: it counts in addition, against exposure bias.
        let mut examples = population.clone();
        let mut shown = gathered.exposures[place].clone();
        let on_exposures = !shown.item.is_empty();
        shown.weight = options.propensity.weights(&shown.item)?;
        examples.append(shown);
        let ranker = RankerParams::default().fit(logistic::Examples {
            features: &examples.features,
            n_features: FEATURES.len(),
            outcomes: &examples.responded,
            weights: Some(&examples.weight),
        })?;
        rankers.push(Fitted { group, ranker, examples: examples.len(), on_exposures, base_rate });
    }
    Ok(rankers)
}

/// Calibrates a ranker on the examples of the later window and reports how it does there.
///
/// Without enough real exposures the probabilities say that they are not calibrated; they are then those of a response
/// whether or not the item is seen, with the slope drawn towards the base rate as far as the data do not speak against it.
pub(super) fn calibrate(later: &Gathered, fitted: Fitted) -> Result<(RankerWeights, RankerReport), TrainError> {
    let Fitted { group, ranker, examples, on_exposures, base_rate } = fitted;
    let shown = Judged::of(&ranker, &later.exposures[group as usize]);
    let population = Judged::of(&ranker, &later.population[group as usize]);
    let calibrated = are_enough(shown.examples.len(), shown.examples.responses());
    let cautious = LinePrior::cautious(base_rate);
    let line = if calibrated {
        shown.line(LinePrior::cautious(shown.examples.base_rate()))?
    } else {
        population.line(cautious)?
    };
    let judged = if calibrated { &shown } else { &population };
    let lines = judged.lines_of_the_other_half(cautious)?;
    let predicted = judged.predicted(lines);
    let (outcomes, weights) = (&judged.examples.responded, &judged.examples.weight);
    let share = judged.examples.base_rate() as f32;
    let bins = weighted_reliability(&predicted, outcomes, weights);
    let report = RankerReport {
        fitted_on: examples,
        fitted_on_exposures: on_exposures,
        exposures: shown.examples.len(),
        responses: shown.examples.responses(),
        calibrated_on: if calibrated { shown.examples.len() } else { 0 },
        calibrated,
        calibration: line,
        calibration_by_half: lines.map(|line| [line.slope, line.shift]),
        judged_on: if calibrated { "exposures" } else { "lists" },
        brier: weighted_brier_score(&predicted, outcomes, weights),
        brier_of_base_rate: weighted_brier_score(&vec![share; outcomes.len()], outcomes, weights),
        calibration_error: calibration_error(&bins),
        reliability: bins,
        dispersion: judged.dispersion(&predicted),
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
        calibration: [line.slope, line.shift],
        calibrated,
        dispersion: report.dispersion,
    };
    Ok((weights, report))
}

/// Examples of the later window with the ranker's logits.
#[derive(Debug)]
struct Judged<'a> {
    examples: &'a Examples,
    logits: Vec<f32>,
}

impl<'a> Judged<'a> {
    fn of(ranker: &Ranker, examples: &'a Examples) -> Self {
        let logits = examples.features.chunks_exact(FEATURES.len()).map(|row| ranker.logit(row)).collect();
        Self { examples, logits }
    }

    fn line(&self, prior: LinePrior) -> Result<Calibration, TrainError> {
        let Examples { responded, weight, .. } = self.examples;
        Ok(Calibration::fit_weighted(&self.logits, responded, Some(weight), prior)?)
    }

    /// Lines for members of even and of odd index, each fitted on the other members' examples.
    fn lines_of_the_other_half(&self, prior: LinePrior) -> Result<[Calibration; 2], TrainError> {
        let Examples { member, responded, weight, .. } = self.examples;
        let lines = [1, 0].map(|other| {
            let half: Vec<usize> = (0..member.len()).filter(|&at| member[at] % 2 == other).collect();
            let logits: Vec<f32> = half.iter().map(|&at| self.logits[at]).collect();
            let outcomes: Vec<bool> = half.iter().map(|&at| responded[at]).collect();
            let weights: Vec<f32> = half.iter().map(|&at| weight[at]).collect();
            Calibration::fit_weighted(&logits, &outcomes, Some(&weights), prior)
        });
        let [of_even, of_odd] = lines;
        Ok([of_even?, of_odd?])
    }

    /// Squared coefficient of variation of the factor by which the responses to an item on a morning differ from their
    /// expectation: of [`DISPERSIONS`] the one under which the counts are likeliest, as negative binomial ones. `None` on
    /// fewer than [`FEWEST_AUDIENCES`].
    fn dispersion(&self, predicted: &[f32]) -> Option<f32> {
        let Examples { item, morning, responded, weight, .. } = self.examples;
        let mut audiences: BTreeMap<(i64, u32), (f64, u32)> = BTreeMap::new();
        for at in 0..item.len() {
            let (expected, came) = audiences.entry((morning[at], item[at])).or_default();
            *expected += f64::from(weight[at]) * f64::from(predicted[at]);
            *came += u32::from(responded[at]);
        }
        let of_all = |dispersion: f64| -> f64 {
            audiences.values().map(|&(expected, came)| log_likelihood(came, expected, dispersion)).sum()
        };
        let likeliest = DISPERSIONS.into_iter().max_by(|&left, &right| of_all(left).total_cmp(&of_all(right)));
        likeliest.filter(|_| audiences.len() >= FEWEST_AUDIENCES).map(|dispersion| dispersion as f32)
    }

    /// Probabilities by the line of each member's half.
    fn predicted(&self, lines: [Calibration; 2]) -> Vec<f32> {
        let of = |(&member, &logit): (&u32, &f32)| probability(lines[member as usize % 2].apply(logit));
        self.examples.member.iter().zip(&self.logits).map(of).collect()
    }
}

/// Of a negative binomial count of this mean, whose variance is `mean + dispersion · mean²`.
fn log_likelihood(count: u32, mean: f64, dispersion: f64) -> f64 {
    let mean = mean.max(1e-9);
    let size = 1.0 / dispersion;
    let ways: f64 = (0..count).map(|before| ((f64::from(before) + size) / f64::from(before + 1)).ln()).sum();
    ways + size * (size / (size + mean)).ln() + f64::from(count) * (mean / (size + mean)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_a_dispersion_sum_to_one_and_have_its_moments() {
        for (mean, dispersion) in [(0.3, 0.1), (2.0, 1.0), (5.0, 4.0)] {
            let of = |count: u32| log_likelihood(count, mean, dispersion).exp();
            let sum = |of_count: &dyn Fn(f64) -> f64| -> f64 {
                (0..2_000).map(|count| of(count) * of_count(f64::from(count))).sum()
            };
            assert!((sum(&|_| 1.0) - 1.0).abs() < 1e-6);
            assert!((sum(&|count| count) - mean).abs() < 1e-3 * mean);
            let variance = sum(&|count| (count - mean).powi(2));
            assert!(
                (variance - mean - dispersion * mean * mean).abs() < 1e-2 * variance,
                "{mean} {dispersion}: {variance}"
            );
        }
    }

    #[test]
    fn each_half_of_the_members_is_judged_by_the_line_of_the_other() {
        let examples = |flip: &dyn Fn(u32) -> bool| {
            let mut examples = Examples::default();
            for at in 0..700_u32 {
                let responded = (at % 5 < 2) != flip(at);
                examples.push([at % 7, at], 0, &[0.0; FEATURES.len()], responded, 1.0);
            }
            examples
        };
        let logits: Vec<f32> = (0..700).map(|at| (at % 11) as f32 / 4.0 - 1.0).collect();
        let prior = LinePrior::cautious(0.3);
        let lines = |examples: &Examples| {
            Judged { examples, logits: logits.clone() }.lines_of_the_other_half(prior).expect("lines")
        };
        let before = lines(&examples(&|_| false));
        for half in [0, 1] {
            let (own, other) = (half as usize, 1 - half as usize);
            let changed = lines(&examples(&|at| at % 7 % 2 == half && at.is_multiple_of(3)));
            assert_eq!(changed[own], before[own], "what half {half} did says nothing of its own line");
            assert_ne!(changed[other], before[other]);
        }
    }
}
