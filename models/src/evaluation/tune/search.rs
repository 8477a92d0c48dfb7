//! The state of a search: what was tried, what did best in each family, what comes next.

use std::collections::VecDeque;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::blending::Blending;
use super::{Outcome, Trial, TuneOptions, ValidationCut, proposal};
use crate::catalogue::{ModelName, ModelSpec, TrainingData, families, family};
use crate::evaluation::candidates::{Column, judge};
use crate::evaluation::{Split, hold_out, hold_out_latest, hold_out_runs, test_users};
use crate::{ModelError, Recommender};

/// Which of the families, best first, takes a step in turn.
const TURNS: [usize; 8] = [0, 1, 0, 2, 1, 3, 0, 4];
/// Steps drawn before a family counts as exhausted for this turn.
const DRAWS: u64 = 20;

pub(super) struct Search<'a> {
    options: &'a TuneOptions,
    train: TrainingData,
    split: Split,
    users: Vec<u32>,
    blends: bool,
    /// Every family's defaults, before the first blend.
    defaults: VecDeque<ModelSpec>,
    /// Further published settings, after it.
    starts: VecDeque<ModelSpec>,
    trials: Vec<Trial>,
    best: Vec<Best>,
    blending: Option<Blending>,
    steps: usize,
}

/// The best settings of a family by themselves. The model is kept until the first blend has asked it.
pub(super) struct Best {
    pub(super) spec: ModelSpec,
    pub(super) ndcg: f64,
    pub(super) model: Option<Box<dyn Recommender>>,
}

impl<'a> Search<'a> {
    pub(super) fn new(data: &TrainingData, names: &[ModelName], options: &'a TuneOptions) -> Result<Self, ModelError> {
        let split = match (options.cut, &data.sequences) {
            (ValidationCut::Random, _) => hold_out(&data.interactions, options.held_out, options.seed),
            (ValidationCut::Runs, _) | (ValidationCut::ByData, None) => {
                hold_out_runs(&data.interactions, options.held_out, options.seed)
            }
            (ValidationCut::Latest | ValidationCut::ByData, Some(sequences)) => {
                hold_out_latest(&data.interactions, sequences, options.held_out, options.seed)
            }
            (ValidationCut::Latest, None) => {
                let message = "a validation part of latest entries needs the time of each interaction";
                return Err(ModelError::NotEnoughData(message.to_owned()));
            }
        };
        let users = test_users(&split.test, options.most_members, options.seed);
        if users.is_empty() {
            let message = "no member has a second interaction to hold out for validation";
            return Err(ModelError::NotEnoughData(message.to_owned()));
        }
        let asked = || families().iter().filter(|family| names.contains(&family.name));
        Ok(Self {
            options,
            train: data.restricted_to(split.train.clone()),
            split,
            users,
            blends: names.contains(&ModelName::Blend),
            defaults: asked().map(|family| ModelSpec::new(family.name)).collect(),
            starts: starts(names)?,
            trials: Vec::new(),
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
        if let Some(spec) = self.defaults.pop_front() {
            return Some(spec);
        }
        let blend_due = match &self.blending {
            None => self.best.len() > 1,
            Some(blending) => blending.changed(),
        };
        if self.blends && blend_due {
            return Some(ModelSpec::new(ModelName::Blend));
        }
        while let Some(spec) = self.starts.pop_front() {
            if !self.refused(spec.name()) {
                return Some(spec);
            }
        }
        self.step()
    }

    /// A step around the best settings of a good family, other than anything tried before.
    fn step(&mut self) -> Option<ModelSpec> {
        self.best.sort_by(|left, right| right.ndcg.total_cmp(&left.ndcg));
        let mut chosen = None;
        let searchable: Vec<&ModelSpec> = self
            .bases()
            .into_iter()
            .filter(|spec| family(spec.name()).is_some_and(|family| !family.ranges.is_empty()))
            .collect();
        'turns: for turn in 0..searchable.len() {
            let base = searchable[(TURNS[self.steps % TURNS.len()] + turn) % searchable.len()];
            let ranges = family(base.name()).map_or(&[][..], |family| family.ranges);
            let mut rng = ChaCha8Rng::seed_from_u64(self.options.seed);
            for draw in 0..DRAWS {
                rng.set_stream(self.trials.len() as u64 * DRAWS + draw);
                let spec = proposal::step(base, ranges, &mut rng).ok()?;
                if !self.trials.iter().any(|trial| trial.spec.resolved() == spec.resolved()) {
                    chosen = Some(spec);
                    break 'turns;
                }
            }
        }
        self.steps += usize::from(chosen.is_some());
        chosen
    }

    /// Where steps start: from the parts of the blend, heaviest first, else from the best of each family.
    fn bases(&self) -> Vec<&ModelSpec> {
        match &self.blending {
            Some(blending) => blending.parts(),
            None => self.best.iter().map(|best| &best.spec).collect(),
        }
    }

    pub(super) fn run(&mut self, spec: ModelSpec) -> &Trial {
        let number = self.trials.len();
        let (spec, outcome) = if spec.name() == ModelName::Blend {
            self.blend()
        } else {
            match spec.fit(&self.train, self.options.seed) {
                Ok(model) => (spec.clone(), Outcome::Measured { ndcg: self.measure(&spec, model) }),
                Err(error) => (spec, Outcome::Refused { why: error.to_string() }),
            }
        };
        self.trials.push(Trial { number, spec, outcome });
        &self.trials[number]
    }

    /// The best spec, its score and all trials.
    pub(super) fn finish(self) -> Result<(ModelSpec, f64, Vec<Trial>), ModelError> {
        let measured = self.trials.iter().rev().filter_map(|trial| Some((&trial.spec, trial.ndcg()?)));
        // Reversed, because of equals the last one is taken and the earlier trial is the simpler model.
        let best = measured.max_by(|left, right| left.1.total_cmp(&right.1));
        match best.map(|(spec, ndcg)| (spec.clone(), ndcg)) {
            Some((spec, ndcg)) => Ok((spec, ndcg, self.trials)),
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

    fn measure(&mut self, spec: &ModelSpec, model: Box<dyn Recommender>) -> f64 {
        let candidates = self.blending.as_ref().map(Blending::candidates);
        let (ndcg, column): (f64, Column) = judge(model.as_ref(), &self.split, &self.users, self.options.k, candidates);
        let best = match &mut self.blending {
            Some(blending) => {
                blending.consider(spec, column);
                Best { spec: spec.clone(), ndcg, model: None }
            }
            None => Best { spec: spec.clone(), ndcg, model: self.blends.then_some(model) },
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
            None => Blending::new(&mut self.best, &self.split, &self.users, self.options.k),
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
