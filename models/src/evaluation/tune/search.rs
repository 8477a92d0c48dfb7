//! The state of a search: what was tried, what did best in each family, what comes next.

use std::collections::VecDeque;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Outcome, Trial, TuneOptions, ValidationCut, proposal};
use crate::catalogue::{ModelName, ModelSpec, TrainingData, families, family};
use crate::evaluation::{Metric, Split, hold_out, hold_out_latest, learn_weights, measure, recommend, test_users};
use crate::{ModelError, Recommender};

/// Steps between two blends.
const BLEND_EVERY: usize = 6;
/// Which of the families, best first, takes a step in turn.
const TURNS: [usize; 6] = [0, 1, 0, 2, 1, 3];
/// Steps drawn before a family counts as exhausted for this turn.
const DRAWS: u64 = 20;

pub(super) struct Search<'a> {
    options: &'a TuneOptions,
    train: TrainingData,
    split: Split,
    users: Vec<u32>,
    blends: bool,
    starts: VecDeque<ModelSpec>,
    trials: Vec<Trial>,
    best: Vec<Best>,
    /// Whether a family has improved since the last blend.
    stale_blend: bool,
    steps: usize,
}

/// The best settings of a family, fitted on the training part for the blends.
struct Best {
    spec: ModelSpec,
    ndcg: f64,
    model: Box<dyn Recommender>,
}

impl<'a> Search<'a> {
    pub(super) fn new(data: &TrainingData, names: &[ModelName], options: &'a TuneOptions) -> Result<Self, ModelError> {
        let split = match (options.cut, &data.sequences) {
            (ValidationCut::Random, _) => hold_out(&data.interactions, options.held_out, options.seed),
            (ValidationCut::Latest, Some(sequences)) => {
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
        Ok(Self {
            options,
            train: data.restricted_to(split.train.clone()),
            split,
            users,
            blends: names.contains(&ModelName::Blend),
            starts: starts(names)?,
            trials: Vec::new(),
            best: Vec::new(),
            stale_blend: false,
            steps: 0,
        })
    }

    /// What to try next; `None` when nothing is left worth trying.
    pub(super) fn next_spec(&mut self) -> Option<ModelSpec> {
        if self.trials.len() >= self.options.most_trials {
            return None;
        }
        while let Some(spec) = self.starts.pop_front() {
            if !self.refused(spec.name()) {
                return Some(spec);
            }
        }
        let blend_due = self.steps.is_multiple_of(BLEND_EVERY) && self.stale_blend;
        if self.blends && blend_due && self.best.len() > 1 {
            return Some(ModelSpec::new(ModelName::Blend));
        }
        let step = self.step();
        let last_blend = self.blends && self.stale_blend && self.best.len() > 1;
        step.or_else(|| last_blend.then(|| ModelSpec::new(ModelName::Blend)))
    }

    /// A step around the best settings of a good family, other than anything tried before.
    fn step(&mut self) -> Option<ModelSpec> {
        self.best.sort_by(|left, right| right.ndcg.total_cmp(&left.ndcg));
        let searchable: Vec<&Best> = self
            .best
            .iter()
            .filter(|best| family(best.spec.name()).is_some_and(|family| !family.ranges.is_empty()))
            .collect();
        for turn in 0..searchable.len() {
            let best = searchable[(TURNS[self.steps % TURNS.len()] + turn) % searchable.len()];
            let ranges = family(best.spec.name()).map_or(&[][..], |family| family.ranges);
            let mut rng = ChaCha8Rng::seed_from_u64(self.options.seed);
            for draw in 0..DRAWS {
                rng.set_stream(self.trials.len() as u64 * DRAWS + draw);
                let spec = proposal::step(&best.spec, ranges, &mut rng).ok()?;
                if !self.trials.iter().any(|trial| trial.spec.resolved() == spec.resolved()) {
                    self.steps += 1;
                    return Some(spec);
                }
            }
        }
        None
    }

    pub(super) fn run(&mut self, spec: ModelSpec) -> &Trial {
        let number = self.trials.len();
        let (spec, outcome) = if spec.name() == ModelName::Blend {
            self.stale_blend = false;
            self.blend()
        } else {
            match spec.fit(&self.train, self.options.seed).and_then(|model| Ok((self.ndcg(model.as_ref())?, model))) {
                Ok((ndcg, model)) => {
                    self.keep_if_better(&spec, ndcg, model);
                    (spec, Outcome::Measured { ndcg })
                }
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

    fn ndcg(&self, model: &dyn Recommender) -> Result<f64, ModelError> {
        let k = self.options.k;
        let lists = recommend(model, &self.split.train, &self.users, k);
        let evaluation = measure(self.users.clone(), &lists, &self.split.train, &self.split.test, &[k], None)?;
        evaluation.mean(Metric::Ndcg, k)
    }

    fn keep_if_better(&mut self, spec: &ModelSpec, ndcg: f64, model: Box<dyn Recommender>) {
        let best = Best { spec: spec.clone(), ndcg, model };
        match self.best.iter_mut().find(|best| best.spec.name() == spec.name()) {
            Some(known) if ndcg > known.ndcg => *known = best,
            Some(_) => return,
            None => self.best.push(best),
        }
        self.stale_blend = true;
    }

    fn blend(&self) -> (ModelSpec, Outcome) {
        let models: Vec<&dyn Recommender> = self.best.iter().map(|best| best.model.as_ref()).collect();
        let learnt = learn_weights(&models, &self.split, &self.users, self.options.k);
        let mut spec = ModelSpec::new(ModelName::Blend);
        let parts = self.best.iter().zip(&learnt.weights).filter(|(_, weight)| **weight != 0.0);
        for (best, weight) in parts {
            let name = best.spec.name();
            let weights = [(name.to_string(), proposal::three_digits(f64::from(*weight)))];
            let params = best.spec.params().iter().map(|(param, value)| (format!("{name}.{param}"), *value));
            for (key, value) in weights.into_iter().chain(params) {
                if let Err(error) = spec.set(&key, value) {
                    return (spec, Outcome::Refused { why: error.to_string() });
                }
            }
        }
        (spec, Outcome::Measured { ndcg: learnt.ndcg })
    }

    fn refused(&self, name: ModelName) -> bool {
        self.trials.iter().any(|trial| trial.spec.name() == name && trial.ndcg().is_none())
    }
}

/// The defaults of each family, cheapest first, then their second settings, and so on.
fn starts(names: &[ModelName]) -> Result<VecDeque<ModelSpec>, ModelError> {
    let asked: Vec<_> = families().iter().filter(|family| names.contains(&family.name)).collect();
    let mut starts: VecDeque<ModelSpec> = asked.iter().map(|family| ModelSpec::new(family.name)).collect();
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
