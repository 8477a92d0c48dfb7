//! The state of a search: what was tried, what did best in each family, what comes next.

use std::collections::VecDeque;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::blending::Blending;
use super::effort::{self, Effort, expected, finish};
use super::finals;
use super::folds::{Folds, Models, WAVES};
use super::{Outcome, Progress, Trial, TuneOptions, proposal, servable};
use crate::ModelError;
use crate::catalogue::{ModelName, ModelSpec, Range, TrainingData, costs, families, family, trends};
use crate::evaluation::candidates::Column;

/// Which of the families, best first, takes a step in turn.
const TURNS: [usize; 8] = [0, 1, 0, 2, 1, 3, 0, 4];
/// Steps drawn before a family counts as exhausted for this turn.
const DRAWS: u64 = 20;

pub(super) struct Search<'a> {
    options: &'a TuneOptions,
    seconds: &'a dyn Fn() -> f64,
    folds: Folds,
    /// How many times more data the last fit is given.
    growth: f64,
    blends: bool,
    /// The defaults of the families that fit quickly, before the first blend.
    light: VecDeque<ModelSpec>,
    /// The defaults of the other families, then further published settings, after it.
    later: VecDeque<ModelSpec>,
    trials: Vec<Trial>,
    efforts: Vec<Effort>,
    best: Vec<Best>,
    blending: Option<Blending>,
    steps: usize,
}

/// The best settings of a family by themselves. The models are kept until the first blend has asked it.
pub(super) struct Best {
    pub(super) spec: ModelSpec,
    pub(super) ndcg: f64,
    pub(super) models: Option<Models>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        data: &TrainingData,
        names: &[ModelName],
        options: &'a TuneOptions,
        seconds: &'a dyn Fn() -> f64,
    ) -> Result<Self, ModelError> {
        let folds = Folds::cut(data, options)?;
        let defaults = |heavy: bool| {
            let asked = families().iter().filter(move |family| family.heavy == heavy && names.contains(&family.name));
            asked.map(|family| ModelSpec::new(family.name))
        };
        let warm = options.warm_start.iter().filter(|spec| names.contains(&spec.name()));
        Ok(Self {
            options,
            seconds,
            growth: data.interactions.n_entries() as f64 / folds.train().interactions.n_entries().max(1) as f64,
            folds,
            blends: names.contains(&ModelName::Blend),
            light: defaults(false).collect(),
            later: warm.cloned().chain(defaults(true)).chain(starts(names)?).collect(),
            trials: Vec::new(),
            efforts: Vec::new(),
            best: Vec::new(),
            blending: None,
            steps: 0,
        })
    }

    /// What to try next; `None` when nothing is left worth trying.
    pub(super) fn next_spec(&mut self) -> Option<ModelSpec> {
        if self.trials.len() >= self.options.most_trials {
            return None;
        }
        if let Some(spec) = self.light.pop_front() {
            return Some(spec);
        }
        if self.blends && self.blend_due() {
            return Some(ModelSpec::new(ModelName::Blend));
        }
        while let Some(spec) = self.later.pop_front() {
            if !self.refused(spec.name()) {
                return Some(spec);
            }
        }
        self.step()
    }

    fn blend_due(&self) -> bool {
        match &self.blending {
            None => self.best.len() > 1,
            Some(blending) => blending.changed(),
        }
    }

    /// A step around the best settings of a good family, other than anything tried before.
    fn step(&mut self) -> Option<ModelSpec> {
        self.best.sort_by(|left, right| right.ndcg.total_cmp(&left.ndcg));
        let mut chosen = None;
        let searchable: Vec<&ModelSpec> =
            self.bases().into_iter().filter(|spec| !self.ranges(spec.name()).is_empty()).collect();
        'turns: for turn in 0..searchable.len() {
            let base = searchable[(TURNS[self.steps % TURNS.len()] + turn) % searchable.len()];
            let ranges = self.ranges(base.name());
            let mut rng = ChaCha8Rng::seed_from_u64(self.options.seed);
            for draw in 0..DRAWS {
                rng.set_stream(self.trials.len() as u64 * DRAWS + draw);
                let spec = proposal::step(base, &ranges, self.folds.train(), &mut rng).ok()?;
                let new = !self.trials.iter().any(|trial| trial.spec.resolved() == spec.resolved());
                if new && costs::affordable(&spec, &self.folds.train().interactions) {
                    chosen = Some(spec);
                    break 'turns;
                }
            }
        }
        self.steps += usize::from(chosen.is_some());
        chosen
    }

    /// Where the parameters of a family may be looked for on these data.
    fn ranges(&self, name: ModelName) -> Vec<Range> {
        let own = family(name).map_or(&[][..], |family| family.ranges).iter();
        let trends = trends::RANGES.iter().filter(|_| trends::has(name) && self.folds.train().looks_ahead());
        own.chain(trends).copied().collect()
    }

    /// Where steps start: from the parts of the blend, heaviest first, else from the best of each family.
    fn bases(&self) -> Vec<&ModelSpec> {
        match &self.blending {
            Some(blending) => blending.parts(),
            None => self.best.iter().map(|best| &best.spec).collect(),
        }
    }

    pub(super) fn run(&mut self, spec: ModelSpec) {
        let began = (self.seconds)();
        let (spec, outcome, fitted) = if spec.name() == ModelName::Blend {
            let (spec, outcome) = self.blend();
            (spec, outcome, began)
        } else {
            let fit = costs::afford(&spec, &self.folds.train().interactions)
                .and_then(|()| self.folds.fit(&spec, self.options.seed));
            let fitted = (self.seconds)();
            match fit {
                Ok(models) => (spec.clone(), Outcome::Measured { ndcg: self.measure(&spec, models) }, fitted),
                Err(error) => (spec, Outcome::Refused { why: error.to_string() }, fitted),
            }
        };
        let ended = (self.seconds)();
        let per_member = (ended - fitted) / self.folds.n_users() as f64;
        let fit = (fitted - began) / self.folds.len() as f64;
        self.efforts.push(Effort { spec: spec.clone(), fit, per_member, seconds: ended - began });
        self.trials.push(Trial { number: self.trials.len(), spec, outcome });
    }

    /// Where the search stands after its last trial and before `next`.
    pub(super) fn progress(&self, next: Option<&ModelSpec>) -> Option<Progress<'_>> {
        let (trial, effort) = (self.trials.last()?, self.efforts.last()?);
        let best = self.best_trial();
        let alone: Vec<ModelSpec> = best.map(|best| effort::parts(&best.spec)).unwrap_or_default();
        let (all, finalists) = finals::parts(&self.trials).unwrap_or_default();
        let finalists = if self.options.fresh_cuts > 0 && finalists.len() > 1 { all } else { Vec::new() };
        let cut = finish(finalists.iter().map(|part| &part.spec), &self.efforts, 1.0);
        // The average of the finalists needs the parts of all of them.
        let last: Vec<&ModelSpec> = if finalists.is_empty() {
            alone.iter().collect()
        } else {
            finalists.iter().map(|part| &part.spec).collect()
        };
        Some(Progress {
            trial,
            seconds: effort.seconds,
            next_seconds: next
                .map_or(0.0, |next| expected(next, &self.efforts, WAVES, &self.folds.train().interactions)),
            best,
            finish: finish(last.into_iter(), &self.efforts, self.growth),
            cut_seconds: cut.fit * self.folds.len() as f64 + cut.per_member * self.folds.n_users() as f64,
            judging: None,
        })
    }

    /// The first of the trials with the highest score, which is the simplest.
    fn best_trial(&self) -> Option<&Trial> {
        let measured = self.trials.iter().rev().filter_map(|trial| Some((trial, trial.ndcg()?)));
        // Reversed, because of equals the last one is taken.
        measured.max_by(|left, right| left.1.total_cmp(&right.1)).map(|(trial, _)| trial)
    }

    /// Members whom a trial asks about.
    pub(super) fn members(&self) -> usize {
        self.folds.n_users()
    }

    pub(super) fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// The best spec, its score and all trials. Where blends are asked for, one that cannot serve everybody becomes a blend of
    /// one, which can.
    pub(super) fn finish(self) -> Result<(ModelSpec, f64, Vec<Trial>), ModelError> {
        let best = self.best_trial().and_then(|trial| Some((trial.spec.clone(), trial.ndcg()?)));
        match best {
            Some((spec, ndcg)) => {
                let names: &[ModelName] = if self.blends { &[ModelName::Blend] } else { &[] };
                Ok((servable(&spec, names)?, ndcg, self.trials))
            }
            None => {
                let reasons: Vec<String> = self
                    .trials
                    .iter()
                    .filter_map(|trial| match &trial.outcome {
                        Outcome::Refused { why } => Some(why.clone()),
                        Outcome::Measured { .. } => None,
                    })
                    .collect();
                Err(ModelError::NotEnoughData(format!("no recommender could be tuned: {}", reasons.join("; "))))
            }
        }
    }

    fn measure(&mut self, spec: &ModelSpec, models: Models) -> f64 {
        let candidates = self.blending.as_ref().map(Blending::candidates);
        let (ndcg, column): (f64, Column) = self.folds.judge(&models, self.options.k, candidates);
        let best = match &mut self.blending {
            Some(blending) => {
                blending.consider(spec, column);
                Best { spec: spec.clone(), ndcg, models: None }
            }
            None => Best { spec: spec.clone(), ndcg, models: self.blends.then_some(models) },
        };
        match self.best.iter_mut().find(|best| best.spec.name() == spec.name()) {
            Some(known) if ndcg > known.ndcg => *known = best,
            Some(_) => {}
            None => self.best.push(best),
        }
        ndcg
    }

    fn blend(&mut self) -> (ModelSpec, Outcome) {
        let mut blending = match self.blending.take() {
            Some(blending) => blending,
            None => Blending::new(&mut self.best, &self.folds, self.options.k),
        };
        let ndcg = blending.settle();
        let described = blending.spec();
        self.blending = Some(blending);
        match described {
            Ok(spec) => (spec, Outcome::Measured { ndcg }),
            Err(error) => (ModelSpec::new(ModelName::Blend), Outcome::Refused { why: error.to_string() }),
        }
    }

    fn refused(&self, name: ModelName) -> bool {
        self.trials.iter().any(|trial| trial.spec.name() == name && trial.ndcg().is_none())
    }
}

/// The published settings beside the defaults: of each family the first, the cheapest family first, then the second, and so on.
fn starts(names: &[ModelName]) -> Result<VecDeque<ModelSpec>, ModelError> {
    let asked: Vec<_> = families().iter().filter(|family| names.contains(&family.name)).collect();
    let mut starts = VecDeque::new();
    let rounds = asked.iter().map(|family| family.starts.len()).max().unwrap_or(0);
    for round in 0..rounds {
        for family in &asked {
            if let Some(values) = family.starts.get(round) {
                let mut spec = ModelSpec::new(family.name);
                for &(name, value) in *values {
                    spec.set(name, value)?;
                }
                starts.push_back(spec);
            }
        }
    }
    Ok(starts)
}
