//! The settings of a training, found by trying: on a window before everything that the model is judged on.
//!
//! A trial is a training in small: of some members, as known before the test window, with a fitting window and a judging
//! window of its own. One setting is moved at a time, up and down its rungs, for as long as that helps.

mod cut;
mod dials;
mod sample;
mod warm_start;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::Engine;
use zhihui_models::evaluation::{Metric, exceeds_standard_error, mean_gain};

use super::gate;
use super::list_gate::Judged;
use super::rankers::{self, Gathered};
use super::windows::Windows;
use super::{TrainError, TrainOptions};
use crate::trial::{SERVICE, Trial, ValidationReport};
use cut::Cut;
use dials::{DIALS, Dial, Kind};
pub(crate) use sample::of_members;

/// Members a trial learns from at most: settings that are best for so many are hardly ever bad for all.
const MOST_MEMBERS: usize = 20_000;
/// Members a trial is judged by at most.
const MOST_JUDGED: usize = 2_000;
/// Examples that a ranker learns from at most.
const MOST_EXAMPLES: usize = 50_000;
/// With fewer, chance would choose.
const FEWEST_JUDGED: usize = 100;

/// What was tried.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Search {
    /// Members whose lists were judged.
    pub members: usize,
    /// Where they were judged.
    pub validation: ValidationReport,
    /// Settings of the last model card from which the search went on, because they were no worse than the configured ones; empty
    /// where it did not.
    pub warm_start: BTreeMap<&'static str, Value>,
    /// Every trial in order; the first is the settings as configured.
    pub trials: Vec<Trial>,
    /// The settings that training goes on with instead of the configured ones.
    pub taken: BTreeMap<&'static str, Value>,
}

/// Searches around `options` within `assembled`, of which only what lies before its test window is looked at; `None` where
/// there is too little to tell settings apart. After the settings as configured those that `last` was trained with are tried. The
/// sequence of trials depends on data, options and `last` alone; `keep_going` is called with each and ends the search by
/// returning `false`.
///
/// # Errors
/// [`TrainError`] as training itself.
pub(super) fn search(
    assembled: &Snapshot,
    restrict: &dyn Fn(&Snapshot, i64) -> Snapshot,
    options: &TrainOptions,
    last: Option<&Snapshot>,
    keep_going: &mut dyn FnMut(&Trial) -> bool,
) -> Result<Option<(TrainOptions, Search)>, TrainError> {
    let Some(outer) = Windows::of(assembled) else { return Ok(None) };
    let known = restrict(&of_members(assembled, MOST_MEMBERS, options.seed), outer.test_from);
    let Some(windows) = Windows::of(&known) else { return Ok(None) };
    let cut = |at: i64| Cut::learn(restrict(&known, at), options);
    let field = Field { cuts: [cut(windows.fit_from)?, cut(windows.test_from)?], known: &known, windows };
    let Judgement { values, .. } = field.judge(options)?;
    if values.len() < FEWEST_JUDGED {
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
    let mut climb = Climb {
        field,
        options: options.clone(),
        search: Search { members, validation, warm_start: BTreeMap::new(), trials: Vec::new(), taken: BTreeMap::new() },
        values,
        without_effect: Vec::new(),
        keep_going,
        ended: false,
    };
    let first = climb.trial(None, options, mean(&climb.values));
    climb.record(first);
    if let Some(warm) = last.and_then(|last| warm_start::options(&last.model.card, options)) {
        climb.warm_up(warm)?;
    }
    climb.run()?;
    let Climb { options: found, mut search, .. } = climb;
    let moved = DIALS.iter().filter(|dial| dial.tell(&found) != dial.tell(options));
    search.taken = moved.map(|dial| (dial.name, dial.tell(&found))).collect();
    Ok(Some((found, search)))
}

/// The best so far, and the way there.
struct Climb<'a> {
    field: Field<'a>,
    /// NDCG of each judged member's list.
    values: Vec<f64>,
    options: TrainOptions,
    search: Search,
    /// What changed nothing; a dial of which two values did is left alone.
    without_effect: Vec<(&'static str, Value)>,
    keep_going: &'a mut dyn FnMut(&Trial) -> bool,
    ended: bool,
}

impl Climb<'_> {
    /// Goes on from settings that won before, unless they are worse than the configured ones by now.
    fn warm_up(&mut self, warm: TrainOptions) -> Result<(), TrainError> {
        if self.ended {
            return Ok(());
        }
        let Judgement { values, cuts } = self.field.judge(&warm)?;
        let gain = mean_gain(&values, &self.values);
        let taken = gain[0] >= 0.0;
        let trial = Trial { gain: Some(gain), taken, ..self.trial(None, &warm, mean(&values)) };
        if taken {
            let moved = DIALS.iter().filter(|dial| dial.tell(&warm) != dial.tell(&self.options));
            self.search.warm_start = moved.map(|dial| (dial.name, dial.tell(&warm))).collect();
            self.field.cuts = cuts;
            (self.options, self.values) = (warm, values);
        }
        self.record(trial);
        Ok(())
    }

    fn trial(&self, moved: Option<&Dial>, options: &TrainOptions, ndcg: f64) -> Trial {
        Trial {
            number: self.search.trials.len(),
            model: SERVICE.to_owned(),
            params: DIALS.iter().map(|dial| (dial.name.to_owned(), dial.tell(options))).collect(),
            setting: moved.map(|dial| dial.name),
            value: moved.map(|dial| dial.tell(options)),
            ndcg: Some(ndcg),
            gain: None,
            taken: false,
            why: None,
        }
    }

    /// Moves one dial after the other until a whole round changes nothing.
    fn run(&mut self) -> Result<(), TrainError> {
        let mut unmoved = 0;
        for dial in DIALS.iter().cycle() {
            if self.ended || unmoved == DIALS.len() {
                break;
            }
            let moved = match dial.kind {
                Kind::Ladder(_) => self.walk(dial, true)? || self.walk(dial, false)?,
                Kind::Words => self.choose(dial)?,
            };
            unmoved = if moved { 0 } else { unmoved + 1 };
        }
        Ok(())
    }

    /// Goes on in one direction for as long as that helps; says whether it did.
    fn walk(&mut self, dial: &Dial, up: bool) -> Result<bool, TrainError> {
        let mut moved = false;
        while let Some(options) = dial.step(&self.options, up) {
            if !self.attempt(dial, options)? {
                break;
            }
            moved = true;
        }
        Ok(moved)
    }

    /// Tries every other word; says whether one was taken.
    fn choose(&mut self, dial: &Dial) -> Result<bool, TrainError> {
        let mut moved = false;
        for options in dial.others(&self.options) {
            moved |= self.attempt(dial, options)?;
        }
        Ok(moved)
    }

    /// Tries settings and takes them where they are better; says whether they were.
    fn attempt(&mut self, dial: &Dial, options: TrainOptions) -> Result<bool, TrainError> {
        let idle = self.without_effect.iter().filter(|(name, _)| *name == dial.name).count() > 1;
        if self.ended || idle {
            return Ok(false);
        }
        let Judgement { values, cuts } = self.field.judge(&options)?;
        let gain = mean_gain(&values, &self.values);
        let taken = exceeds_standard_error(gain);
        let value = dial.tell(&options);
        if values == self.values && !self.without_effect.contains(&(dial.name, value.clone())) {
            self.without_effect.push((dial.name, value.clone()));
        }
        let trial = Trial { gain: Some(gain), taken, ..self.trial(Some(dial), &options, mean(&values)) };
        if taken {
            self.field.cuts = cuts;
            (self.options, self.values) = (options, values);
        }
        self.record(trial);
        Ok(taken)
    }

    fn record(&mut self, trial: Trial) {
        self.ended = !(self.keep_going)(&trial);
        self.search.trials.push(trial);
        self.ended |= self.search.trials.len() >= self.options.search_trials;
    }
}

/// Where trials are made.
struct Field<'a> {
    /// As known before the fitting window and before the judging window, learnt with the best settings so far.
    cuts: [Cut; 2],
    known: &'a Snapshot,
    windows: Windows,
}

impl Field<'_> {
    /// Learns, fits, calibrates and ranks with these settings; nobody is judged where no ranker can be fitted.
    fn judge(&self, options: &TrainOptions) -> Result<Judgement, TrainError> {
        let [first, second] = [self.cuts[0].with(options)?, self.cuts[1].with(options)?];
        let (fitting, testing) = (Engine::new(first.snapshot), Engine::new(second.snapshot));
        let mut rankers = Vec::new();
        let Windows { fit_from, test_from, until } = self.windows;
        let gathered = |engine: &Engine, [from, until]: [i64; 2]| {
            let mut gathered = Gathered::default();
            gathered.add(engine, self.known, [from, until, until], MOST_EXAMPLES, options);
            gathered
        };
        let later = gathered(&testing, [test_from, until]);
        for ranker in rankers::fit(&gathered(&fitting, [fit_from, test_from]), options)? {
            rankers.push(rankers::calibrate(&later, ranker)?.0);
        }
        let judged = gate::rank(&testing, self.known, self.windows, &rankers, options.seed, MOST_JUDGED);
        let first = Cut { snapshot: fitting.into_snapshot(), ..first };
        let second = Cut { snapshot: testing.into_snapshot(), ..second };
        let ndcg = |member: &Judged| member.metrics[0][Metric::Ndcg as usize];
        Ok(Judgement { values: judged.iter().map(ndcg).collect(), cuts: [first, second] })
    }
}

/// How settings did.
struct Judgement {
    /// NDCG of each judged member's list.
    values: Vec<f64>,
    /// What was learnt by them.
    cuts: [Cut; 2],
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
