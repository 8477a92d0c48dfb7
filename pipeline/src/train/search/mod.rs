//! Searches the settings of training on a window before the data that the model is judged on.
//!
//! A trial is a small training: of a sample of members, with the state before the test window, and with a fitting and a
//! test window of its own. One setting at a time is moved along its grid as long as lists improve.

mod active_members;
mod learnt_snapshot;
mod parameters;
mod warm_start;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::Engine;
use zhihui_models::evaluation::{Metric, exceeds_standard_error, mean_gain};

use super::gate;
use super::list_gate::JudgedList;
use super::rankers::{self, WindowExamples};
use super::windows::Windows;
use super::{TrainError, TrainOptions};
use crate::trial::{SERVICE, Trial, ValidationReport};
pub(crate) use active_members::sample_active_members;
use learnt_snapshot::LearntSnapshot;
use parameters::{PARAMETERS, Parameter, Values};

/// Maximum number of members in a trial. Settings that are best for so many are rarely bad for all.
const MAX_MEMBERS: usize = 20_000;
const MAX_JUDGED: usize = 2_000;
const MAX_EXAMPLES: usize = 50_000;
/// Minimum number of judged members. With fewer, chance would decide.
const MIN_JUDGED: usize = 100;

/// The report of a search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchReport {
    /// Number of members whose lists were judged.
    pub members: usize,
    /// Where lists were judged.
    pub validation: ValidationReport,
    /// Settings of the last model card that the search started from, because they were no worse than the configured
    /// ones; else empty.
    pub warm_start: BTreeMap<&'static str, Value>,
    /// All trials in order. The first has the configured settings.
    pub trials: Vec<Trial>,
    /// Settings that training uses instead of the configured ones.
    pub taken: BTreeMap<&'static str, Value>,
}

/// Searches around `options`, using only data before the test window of `assembled`. Returns `None` if there are too
/// few data to compare settings. After the configured settings the search tries those of `last`. The sequence of trials
/// depends only on data, options and `last`. `keep_going` is called with each trial and ends the search by returning
/// `false`.
///
/// # Errors
/// [`TrainError`] as training itself.
pub(super) fn search(
    assembled: &Snapshot,
    snapshot_before: &dyn Fn(&Snapshot, i64) -> Snapshot,
    options: &TrainOptions,
    last: Option<&Snapshot>,
    keep_going: &mut dyn FnMut(&Trial) -> bool,
) -> Result<Option<(TrainOptions, SearchReport)>, TrainError> {
    let Some(outer) = Windows::of(assembled) else { return Ok(None) };
    let before_test = snapshot_before(&sample_active_members(assembled, MAX_MEMBERS, options.seed), outer.test_from);
    let Some(windows) = Windows::of(&before_test) else { return Ok(None) };
    let learnt = |at: i64| LearntSnapshot::learn(snapshot_before(&before_test, at), options);
    let runner = TrialRunner {
        snapshots: [learnt(windows.fit_from)?, learnt(windows.test_from)?],
        assembled: &before_test,
        windows,
    };
    let TrialJudgement { values, .. } = runner.judge(options)?;
    if values.len() < MIN_JUDGED {
        return Ok(None);
    }
    let validation = ValidationReport {
        cut: "future".to_owned(),
        members: values.len(),
        from: Some(windows.test_from),
        until: Some(windows.until),
        fresh_cuts: 0,
    };
    let members = values.len();
    let mut search = CoordinateSearch {
        runner,
        options: options.clone(),
        report: SearchReport {
            members,
            validation,
            warm_start: BTreeMap::new(),
            trials: Vec::new(),
            taken: BTreeMap::new(),
        },
        values,
        without_effect: Vec::new(),
        keep_going,
        ended: false,
    };
    let first = search.describe_trial(None, options, mean(&search.values));
    search.record(first);
    if let Some(warm) = last.and_then(|last| warm_start::options(&last.model.card, options)) {
        search.try_warm_start(warm)?;
    }
    search.run()?;
    let CoordinateSearch { options: found, mut report, .. } = search;
    let moved = PARAMETERS.iter().filter(|parameter| parameter.to_json(&found) != parameter.to_json(options));
    report.taken = moved.map(|parameter| (parameter.name, parameter.to_json(&found))).collect();
    Ok(Some((found, report)))
}

/// A coordinate search with the best settings so far.
struct CoordinateSearch<'a> {
    runner: TrialRunner<'a>,
    /// NDCG of each judged member's list.
    values: Vec<f64>,
    options: TrainOptions,
    report: SearchReport,
    /// Values that changed no list. A parameter with two such values is skipped.
    without_effect: Vec<(&'static str, Value)>,
    keep_going: &'a mut dyn FnMut(&Trial) -> bool,
    ended: bool,
}

impl CoordinateSearch<'_> {
    /// Continues from earlier settings unless they are worse than the configured ones.
    fn try_warm_start(&mut self, warm: TrainOptions) -> Result<(), TrainError> {
        if self.ended {
            return Ok(());
        }
        let TrialJudgement { values, snapshots } = self.runner.judge(&warm)?;
        let gain = mean_gain(&values, &self.values);
        let taken = gain[0] >= 0.0;
        let trial = Trial { gain: Some(gain), taken, ..self.describe_trial(None, &warm, mean(&values)) };
        if taken {
            let moved =
                PARAMETERS.iter().filter(|parameter| parameter.to_json(&warm) != parameter.to_json(&self.options));
            self.report.warm_start = moved.map(|parameter| (parameter.name, parameter.to_json(&warm))).collect();
            self.runner.snapshots = snapshots;
            (self.options, self.values) = (warm, values);
        }
        self.record(trial);
        Ok(())
    }

    fn describe_trial(&self, moved: Option<&Parameter>, options: &TrainOptions, ndcg: f64) -> Trial {
        Trial {
            number: self.report.trials.len(),
            model: SERVICE.to_owned(),
            params: PARAMETERS
                .iter()
                .map(|parameter| (parameter.name.to_owned(), parameter.to_json(options)))
                .collect(),
            setting: moved.map(|parameter| parameter.name),
            value: moved.map(|parameter| parameter.to_json(options)),
            ndcg: Some(ndcg),
            gain: None,
            taken: false,
            why: None,
        }
    }

    /// Moves one parameter after the other until a whole round changes nothing.
    fn run(&mut self) -> Result<(), TrainError> {
        let mut unmoved = 0;
        for parameter in PARAMETERS.iter().cycle() {
            if self.ended || unmoved == PARAMETERS.len() {
                break;
            }
            let moved = match parameter.values {
                Values::Grid(_) => self.try_direction(parameter, true)? || self.try_direction(parameter, false)?,
                Values::Choices => self.try_choices(parameter)?,
            };
            unmoved = if moved { 0 } else { unmoved + 1 };
        }
        Ok(())
    }

    /// Moves a parameter in one direction as long as that helps. Returns whether it did.
    fn try_direction(&mut self, parameter: &Parameter, up: bool) -> Result<bool, TrainError> {
        let mut moved = false;
        while let Some(options) = parameter.step(&self.options, up) {
            if !self.run_trial(parameter, options)? {
                break;
            }
            moved = true;
        }
        Ok(moved)
    }

    /// Tries every other choice. Returns whether one was taken.
    fn try_choices(&mut self, parameter: &Parameter) -> Result<bool, TrainError> {
        let mut moved = false;
        for options in parameter.other_choices(&self.options) {
            moved |= self.run_trial(parameter, options)?;
        }
        Ok(moved)
    }

    /// Tries settings and takes them if they are better. Returns whether they were.
    fn run_trial(&mut self, parameter: &Parameter, options: TrainOptions) -> Result<bool, TrainError> {
        let idle = self.without_effect.iter().filter(|(name, _)| *name == parameter.name).count() > 1;
        if self.ended || idle {
            return Ok(false);
        }
        let TrialJudgement { values, snapshots } = self.runner.judge(&options)?;
        let gain = mean_gain(&values, &self.values);
        let taken = exceeds_standard_error(gain);
        let value = parameter.to_json(&options);
        if values == self.values && !self.without_effect.contains(&(parameter.name, value.clone())) {
            self.without_effect.push((parameter.name, value.clone()));
        }
        let trial = Trial { gain: Some(gain), taken, ..self.describe_trial(Some(parameter), &options, mean(&values)) };
        if taken {
            self.runner.snapshots = snapshots;
            (self.options, self.values) = (options, values);
        }
        self.record(trial);
        Ok(taken)
    }

    fn record(&mut self, trial: Trial) {
        self.ended = !(self.keep_going)(&trial);
        self.report.trials.push(trial);
        self.ended |= self.report.trials.len() >= self.options.search_trials;
    }
}

struct TrialRunner<'a> {
    /// State before the fitting window and before the test window, learnt with the best settings so far.
    snapshots: [LearntSnapshot; 2],
    assembled: &'a Snapshot,
    windows: Windows,
}

impl TrialRunner<'_> {
    /// Learns, fits, calibrates and ranks with these settings. Without a ranker no list is judged.
    fn judge(&self, options: &TrainOptions) -> Result<TrialJudgement, TrainError> {
        let [first, second] = [self.snapshots[0].with(options)?, self.snapshots[1].with(options)?];
        let (fitting, testing) = (Engine::new(first.snapshot), Engine::new(second.snapshot));
        let mut rankers = Vec::new();
        let Windows { fit_from, test_from, until } = self.windows;
        let examples_of = |engine: &Engine, [from, until]: [i64; 2]| {
            let mut examples = WindowExamples::default();
            examples.add(engine, self.assembled, [from, until, until], MAX_EXAMPLES, options.seed);
            examples
        };
        let later = examples_of(&testing, [test_from, until]);
        for ranker in rankers::fit(&examples_of(&fitting, [fit_from, test_from]), options)? {
            rankers.push(rankers::calibrate(&later, ranker)?.0);
        }
        let judged = gate::rank(&testing, self.assembled, self.windows, &rankers, options.seed, MAX_JUDGED);
        let first = LearntSnapshot { snapshot: fitting.into_snapshot(), ..first };
        let second = LearntSnapshot { snapshot: testing.into_snapshot(), ..second };
        let ndcg = |member: &JudgedList| member.metrics[0][Metric::Ndcg as usize];
        Ok(TrialJudgement { values: judged.iter().map(ndcg).collect(), snapshots: [first, second] })
    }
}

struct TrialJudgement {
    /// NDCG of each judged member's list.
    values: Vec<f64>,
    /// Snapshots learnt with the settings.
    snapshots: [LearntSnapshot; 2],
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
