//! The settings of a training, found by trying: on a window before everything that the model is judged on.
//!
//! A trial is a training in small: of some members, as known before the test window, with a fitting window and a judging
//! window of its own. One setting is moved at a time, up and down its rungs, for as long as that helps.

mod cut;
mod dials;
mod sample;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::Engine;
use zhihui_models::evaluation::Metric;

use super::gate;
use super::list_gate::Judged;
use super::windows::Windows;
use super::{TrainError, TrainOptions, rankers};
use cut::Cut;
use dials::{DIALS, Dial, Kind};

/// Members a trial learns from at most: settings that are best for so many are hardly ever bad for all.
const MOST_MEMBERS: usize = 20_000;
/// Members a trial is judged by at most.
const MOST_JUDGED: usize = 2_000;
/// Examples that a ranker learns from at most.
const MOST_EXAMPLES: usize = 50_000;
/// With fewer, chance would choose.
const FEWEST_JUDGED: usize = 100;
/// Trials after which a search ends by itself.
const MOST_TRIALS: usize = 60;

/// What was tried.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Search {
    /// Members whose lists were judged.
    pub members: usize,
    /// Every trial in order; the first is the settings as configured.
    pub trials: Vec<Trial>,
    /// The settings that training goes on with instead of the configured ones.
    pub taken: BTreeMap<&'static str, Value>,
}

/// One setting tried.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// What was moved, `None` for the first.
    pub setting: Option<&'static str>,
    /// Its value.
    pub value: Option<Value>,
    /// Mean NDCG of the members' lists.
    pub ndcg: f64,
    /// Mean gain over the best settings before, and its standard error.
    pub gain: Option<[f64; 2]>,
    /// Whether it was taken: where it gains more than a standard error (the rule of Breiman et al., *Classification and
    /// Regression Trees*, 1984, in favour of what stands).
    pub taken: bool,
}

/// Searches around `options` within `assembled`, of which only what lies before its test window is looked at; `None` where
/// there is too little to tell settings apart. The sequence of trials depends on data and options alone; `keep_going`
/// hears of each and ends the search by returning `false`.
///
/// # Errors
/// [`TrainError`] as training itself.
pub(super) fn search(
    assembled: &Snapshot,
    restrict: &dyn Fn(&Snapshot, i64) -> Snapshot,
    options: &TrainOptions,
    keep_going: &mut dyn FnMut(&Trial) -> bool,
) -> Result<Option<(TrainOptions, Search)>, TrainError> {
    let Some(outer) = Windows::of(assembled) else { return Ok(None) };
    let known = restrict(&sample::of_members(assembled, MOST_MEMBERS, options.seed), outer.test_from);
    let Some(windows) = Windows::of(&known) else { return Ok(None) };
    let cut = |at: i64| Cut::learn(restrict(&known, at), options);
    let field = Field { cuts: [cut(windows.fit_from)?, cut(windows.test_from)?], known: &known, windows };
    let Judgement { values, .. } = field.judge(options)?;
    if values.len() < FEWEST_JUDGED {
        return Ok(None);
    }
    let first = Trial { setting: None, value: None, ndcg: mean(&values), gain: None, taken: false };
    let mut climb = Climb {
        field,
        options: options.clone(),
        search: Search { members: values.len(), trials: Vec::new(), taken: BTreeMap::new() },
        values,
        without_effect: Vec::new(),
        keep_going,
        ended: false,
    };
    climb.record(first);
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
        let gain = mean_and_error(&values, &self.values);
        // The change of one member's list alone is one standard error, up to rounding.
        let taken = gain[0] > gain[1] * (1.0 + 1e-9);
        let value = dial.tell(&options);
        if values == self.values && !self.without_effect.contains(&(dial.name, value.clone())) {
            self.without_effect.push((dial.name, value.clone()));
        }
        let ndcg = mean(&values);
        if taken {
            self.field.cuts = cuts;
            (self.options, self.values) = (options, values);
        }
        self.record(Trial { setting: Some(dial.name), value: Some(value), ndcg, gain: Some(gain), taken });
        Ok(taken)
    }

    fn record(&mut self, trial: Trial) {
        self.ended = !(self.keep_going)(&trial);
        self.search.trials.push(trial);
        self.ended |= self.search.trials.len() >= MOST_TRIALS;
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
        for ranker in rankers::fit(&fitting, self.known, self.windows, options, MOST_EXAMPLES)? {
            rankers.push(rankers::calibrate(&testing, self.known, self.windows, options, MOST_EXAMPLES, ranker)?.0);
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

/// The mean of the members' gains and its standard error.
fn mean_and_error(values: &[f64], before: &[f64]) -> [f64; 2] {
    let gains: Vec<f64> = values.iter().zip(before).map(|(now, before)| now - before).collect();
    let gain = mean(&gains);
    let squares = gains.iter().map(|value| (value - gain).powi(2)).sum::<f64>();
    let n = gains.len() as f64;
    [gain, (squares / (n * (n - 1.0)).max(1.0)).sqrt()]
}
