//! The state of a search: past trials, the best settings of each family, and the next settings to try.

use std::collections::VecDeque;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::blend_search::{BlendSearch, FamilyBest};
use super::final_selection::{self, serving_everyone};
use super::folds::{FoldModels, Folds, MIN_SINGULAR_VECTORS};
use super::options::TuneOptions;
use super::progress::TuneProgress;
use super::proposal;
use super::trial::{TrialResult, TuningTrial};
use super::trial_cost::{self, TrialCost, estimate_finish, expected_seconds};
use crate::ModelError;
use crate::catalogue::families::{families, family};
use crate::catalogue::search_range::Range;
use crate::catalogue::{ModelName, ModelSpec, fit_cost, trends};
use crate::evaluation::candidates::CandidateScores;
use crate::training_data::TrainingData;

/// Order in which families, ranked by their best NDCG, take a step.
const FAMILY_ORDER: [usize; 8] = [0, 1, 0, 2, 1, 3, 0, 4];
/// Number of steps drawn before a family is skipped for this turn.
const MAX_DRAWS: u64 = 20;

pub(super) struct Tuner<'a> {
    options: &'a TuneOptions,
    seconds: &'a dyn Fn() -> f64,
    folds: Folds,
    /// Size of the full data relative to that of a trial.
    growth: f64,
    blends: bool,
    /// The defaults of the quick families, tried before the first blend.
    light: VecDeque<ModelSpec>,
    /// The defaults of the slow families and further published settings, tried after the first blend.
    later: VecDeque<ModelSpec>,
    trials: Vec<TuningTrial>,
    costs: Vec<TrialCost>,
    best: Vec<FamilyBest>,
    blend_search: Option<BlendSearch>,
    steps: usize,
}

impl<'a> Tuner<'a> {
    pub(super) fn new(
        data: &TrainingData,
        names: &[ModelName],
        options: &'a TuneOptions,
        seconds: &'a dyn Fn() -> f64,
    ) -> Result<Self, ModelError> {
        let folds = Folds::cut(data, options)?;
        let defaults = |slow_to_fit: bool| {
            let selected = families()
                .iter()
                .filter(move |family| family.slow_to_fit == slow_to_fit && names.contains(&family.name));
            selected.map(|family| ModelSpec::new(family.name))
        };
        let warm = options.warm_start.iter().filter(|spec| names.contains(&spec.name()));
        Ok(Self {
            options,
            seconds,
            growth: data.interactions.n_entries() as f64 / folds.train().interactions.n_entries().max(1) as f64,
            folds,
            blends: names.contains(&ModelName::Blend),
            light: defaults(false).collect(),
            later: warm.cloned().chain(defaults(true)).chain(presets(names)?).collect(),
            trials: Vec::new(),
            costs: Vec::new(),
            best: Vec::new(),
            blend_search: None,
            steps: 0,
        })
    }

    /// The next settings to try; `None` if nothing is left.
    pub(super) fn next_spec(&mut self) -> Option<ModelSpec> {
        if self.trials.len() >= self.options.max_trials {
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
        match &self.blend_search {
            None => self.best.len() > 1,
            Some(blend_search) => blend_search.changed(),
        }
    }

    /// A random step around the best settings of a good family, different from all earlier trials.
    fn step(&mut self) -> Option<ModelSpec> {
        self.best.sort_by(|left, right| right.ndcg.total_cmp(&left.ndcg));
        let mut chosen = None;
        let searchable: Vec<&ModelSpec> =
            self.bases().into_iter().filter(|spec| !self.ranges(spec.name()).is_empty()).collect();
        'turns: for turn in 0..searchable.len() {
            let base = searchable[(FAMILY_ORDER[self.steps % FAMILY_ORDER.len()] + turn) % searchable.len()];
            let ranges = self.ranges(base.name());
            let mut rng = ChaCha8Rng::seed_from_u64(self.options.seed);
            for draw in 0..MAX_DRAWS {
                rng.set_stream(self.trials.len() as u64 * MAX_DRAWS + draw);
                let spec = proposal::step(base, &ranges, self.folds.train(), &mut rng).ok()?;
                let new = !self.trials.iter().any(|trial| trial.spec.resolved() == spec.resolved());
                if new && fit_cost::is_affordable(&spec, &self.folds.train().interactions) {
                    chosen = Some(spec);
                    break 'turns;
                }
            }
        }
        self.steps += usize::from(chosen.is_some());
        chosen
    }

    /// The ranges of a family's parameters on these data.
    fn ranges(&self, name: ModelName) -> Vec<Range> {
        let own = family(name).map_or(&[][..], |family| family.ranges).iter();
        let trends =
            trends::RANGES.iter().filter(|_| trends::supports_trends(name) && self.folds.train().predicts_future());
        own.chain(trends).copied().collect()
    }

    /// The starting points of steps: the parts of the blend in descending order of weight, or the best settings of each
    /// family.
    fn bases(&self) -> Vec<&ModelSpec> {
        match &self.blend_search {
            Some(blend_search) => blend_search.parts(),
            None => self.best.iter().map(|best| &best.spec).collect(),
        }
    }

    pub(super) fn run(&mut self, spec: ModelSpec) {
        let began = (self.seconds)();
        let (spec, result, fitted) = if spec.name() == ModelName::Blend {
            let (spec, result) = self.blend();
            (spec, result, began)
        } else {
            let fit = fit_cost::check(&spec, &self.folds.train().interactions)
                .and_then(|()| self.folds.fit(&spec, self.options.seed));
            let fitted = (self.seconds)();
            match fit {
                Ok(models) => (spec.clone(), TrialResult::Measured { ndcg: self.measure(&spec, models) }, fitted),
                Err(error) => (spec, TrialResult::Failed { reason: error.to_string() }, fitted),
            }
        };
        let ended = (self.seconds)();
        let per_member = (ended - fitted) / self.folds.n_users() as f64;
        let fit = (fitted - began) / self.folds.len() as f64;
        self.costs.push(TrialCost { spec: spec.clone(), fit, per_member, seconds: ended - began });
        self.trials.push(TuningTrial { number: self.trials.len(), spec, result });
    }

    /// The state of the search after its last trial and before `next`.
    pub(super) fn progress(&self, next: Option<&ModelSpec>) -> Option<TuneProgress<'_>> {
        let (trial, cost) = (self.trials.last()?, self.costs.last()?);
        let best = self.best_trial();
        let alone: Vec<ModelSpec> = best.map(|best| trial_cost::parts(&best.spec)).unwrap_or_default();
        let interactions = &self.folds.train().interactions;
        let (all, finalists) = final_selection::parts_and_candidates(&self.trials, interactions).unwrap_or_default();
        let finalists = if self.options.fresh_cuts > 0 && finalists.len() > 1 { all } else { Vec::new() };
        let cut = estimate_finish(finalists.iter().map(|part| &part.spec), &self.costs, 1.0);
        // The average of the finalists needs the parts of all of them.
        let last: Vec<&ModelSpec> = if finalists.is_empty() {
            alone.iter().collect()
        } else {
            finalists.iter().map(|part| &part.spec).collect()
        };
        Some(TuneProgress {
            trial,
            seconds: cost.seconds,
            next_seconds: next.map_or(0.0, |next| {
                expected_seconds(next, &self.costs, MIN_SINGULAR_VECTORS, &self.folds.train().interactions)
            }),
            best,
            finish: estimate_finish(last.into_iter(), &self.costs, self.growth),
            cut_seconds: cut.fit * self.folds.len() as f64 + cut.per_member * self.folds.n_users() as f64,
            judging: None,
        })
    }

    /// The first trial with the highest NDCG, which is the simplest.
    fn best_trial(&self) -> Option<&TuningTrial> {
        let measured = self.trials.iter().rev().filter_map(|trial| Some((trial, trial.ndcg()?)));
        // Reversed, because `max_by` returns the last of equal elements.
        measured.max_by(|left, right| left.1.total_cmp(&right.1)).map(|(trial, _)| trial)
    }

    /// Number of members that a trial is evaluated on.
    pub(super) fn members(&self) -> usize {
        self.folds.n_users()
    }

    pub(super) fn trials(&self) -> &[TuningTrial] {
        &self.trials
    }

    /// The best specification, its NDCG and all trials. If blends are searched, a recommender that cannot score every
    /// member becomes a blend of one.
    pub(super) fn finish(self) -> Result<(ModelSpec, f64, Vec<TuningTrial>), ModelError> {
        let best = self.best_trial().and_then(|trial| Some((trial.spec.clone(), trial.ndcg()?)));
        match best {
            Some((spec, ndcg)) => {
                let names: &[ModelName] = if self.blends { &[ModelName::Blend] } else { &[] };
                Ok((serving_everyone(&spec, names)?, ndcg, self.trials))
            }
            None => {
                let reasons: Vec<String> = self
                    .trials
                    .iter()
                    .filter_map(|trial| match &trial.result {
                        TrialResult::Failed { reason } => Some(reason.clone()),
                        TrialResult::Measured { .. } => None,
                    })
                    .collect();
                Err(ModelError::NotEnoughData(format!("no recommender could be tuned: {}", reasons.join("; "))))
            }
        }
    }

    fn measure(&mut self, spec: &ModelSpec, models: FoldModels) -> f64 {
        let candidates = self.blend_search.as_ref().map(BlendSearch::candidates);
        let (ndcg, scores): (f64, CandidateScores) =
            self.folds.evaluate_on_candidates(&models, self.options.k, candidates);
        let best = match &mut self.blend_search {
            Some(blend_search) => {
                blend_search.try_part(spec, scores);
                FamilyBest { spec: spec.clone(), ndcg, models: None }
            }
            None => FamilyBest { spec: spec.clone(), ndcg, models: self.blends.then_some(models) },
        };
        match self.best.iter_mut().find(|best| best.spec.name() == spec.name()) {
            Some(known) if ndcg > known.ndcg => *known = best,
            Some(_) => {}
            None => self.best.push(best),
        }
        ndcg
    }

    fn blend(&mut self) -> (ModelSpec, TrialResult) {
        let mut blend_search = match self.blend_search.take() {
            Some(blend_search) => blend_search,
            None => BlendSearch::new(&mut self.best, &self.folds, self.options.k),
        };
        let ndcg = blend_search.relearn_weights();
        let described = blend_search.spec();
        self.blend_search = Some(blend_search);
        match described {
            Ok(spec) => (spec, TrialResult::Measured { ndcg }),
            Err(error) => (ModelSpec::new(ModelName::Blend), TrialResult::Failed { reason: error.to_string() }),
        }
    }

    fn refused(&self, name: ModelName) -> bool {
        self.trials.iter().any(|trial| trial.spec.name() == name && trial.ndcg().is_none())
    }
}

/// The published settings besides the defaults: the first of each family, then the second of each, and so on.
fn presets(names: &[ModelName]) -> Result<VecDeque<ModelSpec>, ModelError> {
    let selected: Vec<_> = families().iter().filter(|family| names.contains(&family.name)).collect();
    let mut presets = VecDeque::new();
    let rounds = selected.iter().map(|family| family.presets.len()).max().unwrap_or(0);
    for round in 0..rounds {
        for family in &selected {
            if let Some(values) = family.presets.get(round) {
                let mut spec = ModelSpec::new(family.name);
                for &(name, value) in *values {
                    spec.set(name, value)?;
                }
                presets.push_back(spec);
            }
        }
    }
    Ok(presets)
}
