//! Rankers of the groups of items, fitted on one window and calibrated on the next.
//!
//! A ranker is fitted on all pairs that could have been offered, so that its probabilities hold between members as well
//! as between items. With enough exposures it is calibrated on them, because probabilities are to hold for items that
//! are shown. Otherwise it is calibrated on the population of the later window.

use std::collections::BTreeMap;

use serde::Serialize;
use zhihui_data::snapshot::{EventKind, ItemGroup, RankerWeights, Sides, Snapshot};
use zhihui_engine::{Engine, FEATURES};
use zhihui_models::ranking::calibration::{Calibration, LinePrior};
use zhihui_models::ranking::logistic::{self, Ranker, RankerParams, probability};
use zhihui_models::ranking::reliability::{
    ReliabilityBin, calibration_error, weighted_brier_score, weighted_reliability,
};

use super::exposures::{ANY_EXPOSURE, are_enough};
use super::item_group::GROUPS;
use super::population::{DayExamples, Examples, first_offered_at};
use super::push_level::{DISPERSIONS, PushLevel, log_likelihood};
use super::{DAY, TrainError, TrainOptions};

/// Number of new items from which on only those are used for an estimate of dispersion.
const MIN_NEW_ITEMS: usize = 20;
/// Least dispersion of responses to a push as long as there was none, by [`GROUPS`]. Pushes go to other members than lists that
/// an item is shown in, so responses vary more than those of the examples. The values are those of pushes of a sample.
const MIN_DISPERSION: [f64; 2] = [0.2, 1.0];
/// Time since the first offer during which an item is new, in seconds.
const NEW_FOR: i64 = 3 * DAY;
/// Minimum number of responses for a ranker.
const MIN_RESPONSES: usize = 30;

/// Calibration report of a ranker on the later window.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RankerReport {
    /// Number of examples the ranker was fitted on.
    pub(super) fitted_on: usize,
    /// Whether these include logged exposures.
    pub(super) fitted_on_exposures: bool,
    /// Logged exposures of the later window.
    pub(super) exposures: usize,
    /// Exposures with a response in time.
    pub(super) responses: usize,
    /// Exposures used for calibration; 0 if there are too few.
    pub(super) calibrated_on: usize,
    /// Whether there were enough exposures.
    pub(super) calibrated: bool,
    /// Line from the logits of the ranker to those of the probabilities.
    pub(super) calibration: Calibration,
    /// Slope and intercept for members of even and of odd index, each fitted on the other half.
    #[serde(skip)]
    pub(super) calibration_by_half: [[f32; 2]; 2],
    /// Basis of the following measures: `exposures`, or `lists` if there are too few exposures.
    pub(super) judged_on: &'static str,
    /// Brier score on the later window. Each half is judged by the line fitted on the other half.
    pub(super) brier: Option<f64>,
    /// Brier score of a constant probability, the share that responded.
    pub(super) brier_of_base_rate: Option<f64>,
    /// Mean distance of predicted and observed rates.
    pub(super) calibration_error: Option<f64>,
    /// Predicted and observed rates in bins of equal size.
    pub(super) reliability: Vec<ReliabilityBin>,
    /// Dispersion of responses to a push around the expectation, as a squared coefficient of variation.
    pub(super) dispersion: Option<f32>,
    /// The pushes of both windows.
    pub(super) pushes: PushLevel,
    /// Weight of each standardised feature.
    pub(super) weights: Vec<(String, f32)>,
}

/// A ranker without calibration.
#[derive(Debug, Clone)]
pub(super) struct Fitted {
    pub(super) group: ItemGroup,
    pub(super) ranker: Ranker,
    pub(super) examples: usize,
    pub(super) on_exposures: bool,
    /// Share of the population that responded.
    pub(super) base_rate: f64,
}

/// Examples of a window, by [`GROUPS`].
#[derive(Debug, Default)]
pub(super) struct WindowExamples {
    population: [Examples; 2],
    exposures: [Examples; 2],
    /// Exposures by a push.
    pushes: [Examples; 2],
    /// First offer of each item; `None` uses all items on offer.
    first_offered_at: Option<Vec<i64>>,
}

impl WindowExamples {
    /// Creates a collection for calibration, which is limited to items that staff would push. Lists offer other items
    /// as well, so rankers are fitted on all; calibration does not change the order of a list.
    pub(super) fn of_offered_items(assembled: &Snapshot, until: i64) -> Self {
        Self { first_offered_at: Some(first_offered_at(assembled, until)), ..Self::default() }
    }

    /// Adds pushes of an earlier window. There are few, so both windows count for the level of pushes.
    pub(super) fn with_pushes(mut self, earlier: [Examples; 2]) -> Self {
        self.pushes = earlier;
        self
    }

    /// Drops all examples but those of pushes.
    pub(super) fn into_pushes(self) -> [Examples; 2] {
        self.pushes
    }

    /// Adds the examples of a day: about `limit` of the population, and the exposures until `next`.
    pub(super) fn add(
        &mut self,
        engine: &Engine,
        assembled: &Snapshot,
        [at, next, until]: [i64; 3],
        limit: usize,
        seed: u64,
    ) {
        let day = DayExamples { engine, assembled, at, until, first_offered_at: self.first_offered_at.as_deref() };
        self.population.iter_mut().zip(day.population(limit, seed)).for_each(|(all, of_day)| all.append(of_day));
        for (index, group) in GROUPS.into_iter().enumerate() {
            self.exposures[index].append(day.exposures(group, ANY_EXPOSURE, next, (limit, seed)));
            self.pushes[index].append(day.exposures(group, &[EventKind::Push], next, (limit, seed)));
        }
    }
}

/// Fits a ranker for each group with enough responses.
pub(super) fn fit(window: &WindowExamples, options: &TrainOptions) -> Result<Vec<Fitted>, TrainError> {
    let mut rankers = Vec::new();
    for (index, group) in GROUPS.into_iter().enumerate() {
        let population = &window.population[index];
        if population.responses() < MIN_RESPONSES || population.responses() == population.len() {
            continue;
        }
        let base_rate = population.base_rate();
        // Exposures are added to the population, weighted against exposure bias, since their outcome is certain.
        let mut examples = population.clone();
        let mut shown = window.exposures[index].clone();
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

/// Calibrates a ranker on the examples of the later window and reports its performance there.
///
/// Without enough exposures the probabilities are marked as not calibrated. They are then probabilities of a response
/// whether or not the item is seen, with a slope shrunk towards the base rate.
pub(super) fn calibrate(later: &WindowExamples, fitted: Fitted) -> Result<(RankerWeights, RankerReport), TrainError> {
    let Fitted { group, ranker, examples, on_exposures, base_rate } = fitted;
    let shown = JudgedRanker::of(&ranker, &later.exposures[group as usize]);
    let population = JudgedRanker::of(&ranker, &later.population[group as usize]);
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
    let pushed = JudgedRanker::of(&ranker, &later.pushes[group as usize]);
    let logits: Vec<f32> = pushed.logits.iter().map(|&logit| line.apply(logit)).collect();
    let pushes = PushLevel::learn(pushed.examples, &logits);
    let of_items = judged.dispersion(&predicted, later.first_offered_at.as_deref());
    let dispersion = pushes.dispersion.unwrap_or(of_items.max(MIN_DISPERSION[group as usize]) as f32);
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
        dispersion: Some(dispersion),
        pushes,
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
        push_shift: report.pushes.shift,
        dispersion: report.dispersion,
    };
    Ok((weights, report))
}

/// Examples of the later window with the logits of the ranker.
#[derive(Debug)]
struct JudgedRanker<'a> {
    examples: &'a Examples,
    logits: Vec<f32>,
}

impl<'a> JudgedRanker<'a> {
    fn of(ranker: &Ranker, examples: &'a Examples) -> Self {
        let logits = examples.features.chunks_exact(FEATURES.len()).map(|row| ranker.logit(row)).collect();
        Self { examples, logits }
    }

    fn line(&self, prior: LinePrior) -> Result<Calibration, TrainError> {
        let Examples { responded, weight, .. } = self.examples;
        Ok(Calibration::fit_weighted(&self.logits, responded, Some(weight), prior)?)
    }

    /// Fits lines for members of even and of odd index, each on the other half.
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

    /// Returns the dispersion: the squared coefficient of variation of the factor by which responses to a new item differ
    /// from their expectation. It is the posterior mean under negative binomial counts.
    ///
    /// Only the first days of an item count if there are enough, because staff push new items: the responses to an item
    /// are predicted better once it has some. All days of an item are one count: its factor is the same on each.
    fn dispersion(&self, predicted: &[f32], first_offered_at: Option<&[i64]>) -> f64 {
        let is_new = |item: u32, day_start: i64| {
            first_offered_at.is_none_or(|offered_at| day_start < offered_at[item as usize].saturating_add(NEW_FOR))
        };
        let new = self.items(predicted, &is_new);
        let items = if new.len() < MIN_NEW_ITEMS { self.items(predicted, &|_, _| true) } else { new };
        mean_dispersion(&items)
    }

    /// Returns expected and actual responses by item, from the examples that `counts` accepts.
    fn items(&self, predicted: &[f32], counts: &dyn Fn(u32, i64) -> bool) -> Vec<(f64, u32)> {
        let Examples { item, day_start, responded, weight, .. } = self.examples;
        let mut items: BTreeMap<u32, (f64, u32)> = BTreeMap::new();
        for at in (0..item.len()).filter(|&at| counts(item[at], day_start[at])) {
            let (expected, responses) = items.entry(item[at]).or_default();
            *expected += f64::from(weight[at]) * f64::from(predicted[at]);
            *responses += u32::from(responded[at]);
        }
        items.into_values().collect()
    }

    /// Returns probabilities, each by the line of the half of its member.
    fn predicted(&self, lines: [Calibration; 2]) -> Vec<f32> {
        let of = |(&member, &logit): (&u32, &f32)| probability(lines[member as usize % 2].apply(logit));
        self.examples.member.iter().zip(&self.logits).map(of).collect()
    }
}

/// Returns the posterior mean of the dispersion of these expected and actual counts; that of the prior without counts.
fn mean_dispersion(counts: &[(f64, u32)]) -> f64 {
    let log_posteriors = DISPERSIONS.map(|(dispersion, prior)| {
        let of_counts = counts.iter().map(|&(expected, responses)| log_likelihood(responses, expected, dispersion));
        prior.ln() + of_counts.sum::<f64>()
    });
    let highest = log_posteriors.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights = log_posteriors.map(|log_posterior| (log_posterior - highest).exp());
    let weighted: f64 = weights.iter().zip(DISPERSIONS).map(|(weight, (dispersion, _))| weight * dispersion).sum();
    weighted / weights.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dispersion_is_that_of_the_factors_by_which_items_differ() {
        // Items respond at 0.25, 1 or 1.75 times their expectation of 40: a squared coefficient of variation of 0.375.
        let of = |factors: [f64; 3]| -> Vec<(f64, u32)> {
            (0..90).map(|item| (40.0, (40.0 * factors[item % 3]).round() as u32)).collect()
        };
        let apart = mean_dispersion(&of([0.25, 1.0, 1.75]));
        assert!((0.3..=0.6).contains(&apart), "{apart}");
        assert!(mean_dispersion(&of([1.0; 3])) < 0.03);
        let prior = mean_dispersion(&[]);
        assert!((prior - 0.33).abs() < 0.01, "{prior}");
    }

    #[test]
    fn each_half_of_the_members_is_judged_by_the_line_fitted_on_the_other() {
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
            JudgedRanker { examples, logits: logits.clone() }.lines_of_the_other_half(prior).expect("lines")
        };
        let before = lines(&examples(&|_| false));
        for half in [0, 1] {
            let (own, other) = (half as usize, 1 - half as usize);
            let changed = lines(&examples(&|at| at % 7 % 2 == half && at.is_multiple_of(3)));
            assert_eq!(changed[own], before[own], "half {half} must not affect its own line");
            assert_ne!(changed[other], before[other]);
        }
    }
}
