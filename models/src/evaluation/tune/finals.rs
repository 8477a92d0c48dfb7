//! The end of a search: the best few are judged again on cuts that no trial saw, and their average wins unless one of them beats
//! it on all.
//!
//! The best of many trials on one cut is in part the luckiest (Cawley and Talbot, *On over-fitting in model selection and
//! subsequent selection bias in performance evaluation*, JMLR 2010). Averaging the best few is Caruana et al., *Ensemble
//! selection from libraries of models*, ICML 2004.

use super::TuneOptions;
use super::folds::{Folds, Models};
use super::proposal::three_digits;
use super::trial::Trial;
use crate::ModelError;
use crate::catalogue::blending::{self, Part};
use crate::catalogue::{ModelName, ModelSpec, TrainingData};
use crate::evaluation::blend_weights::{LearntWeights, climb};
use crate::evaluation::candidates::{Candidates, mean};

/// Best blends that are judged again, beside the first blend and the best recommender by itself.
const MOST_BLENDS: usize = 4;
/// How many of them are averaged.
const AVERAGED: usize = 3;

/// One that was judged again.
#[derive(Debug, Clone, PartialEq)]
pub struct Finalist {
    /// The trial that it was; `None` for an average of several.
    pub trial: Option<usize>,
    /// What it is.
    pub spec: ModelSpec,
    /// NDCG on each fresh cut.
    pub ndcg: Vec<f64>,
    /// Whether it won.
    pub chosen: bool,
}

impl Finalist {
    /// Mean NDCG over the fresh cuts.
    #[must_use]
    pub fn mean_ndcg(&self) -> f64 {
        mean(&self.ndcg)
    }

    fn beats(&self, other: &Self) -> bool {
        self.ndcg.iter().zip(&other.ndcg).all(|(own, other)| own > other)
    }
}

/// The finalists, the parts of all of them, and what these say on each fresh cut.
pub(super) struct Finals<'a> {
    data: &'a TrainingData,
    options: &'a TuneOptions,
    entrants: Vec<Entrant>,
    parts: Vec<Part>,
    cuts: Vec<Candidates>,
}

/// A finalist as weights of the parts.
pub(super) struct Entrant {
    trial: Option<usize>,
    spec: ModelSpec,
    weights: Vec<f32>,
}

impl<'a> Finals<'a> {
    /// Chooses the finalists, in the order of the trials: later ones must win on all cuts to take the place of earlier ones.
    ///
    /// # Errors
    /// As [`ModelSpec::set`].
    pub(super) fn of(data: &'a TrainingData, options: &'a TuneOptions, trials: &[Trial]) -> Result<Self, ModelError> {
        let (parts, entrants) = parts(trials)?;
        Ok(Self { data, options, entrants, parts, cuts: Vec::new() })
    }

    /// Whether there is anything to choose.
    pub(super) fn worthwhile(&self) -> bool {
        self.entrants.len() > 1
    }

    /// Number of cuts judged so far.
    pub(super) fn judged(&self) -> usize {
        self.cuts.len()
    }

    /// Fits all parts on one more cut and asks them; `false` where the data allow no further cut.
    ///
    /// # Errors
    /// What a fit refuses.
    pub(super) fn judge(&mut self) -> Result<bool, ModelError> {
        let Some(folds) = Folds::fresh(self.data, self.options, self.cuts.len())? else { return Ok(false) };
        let fit = |part: &Part| folds.fit(&part.spec, self.options.seed + part.seed);
        let models: Vec<Models> = self.parts.iter().map(fit).collect::<Result<_, _>>()?;
        self.cuts.push(folds.candidates(&models, self.options.k));
        Ok(true)
    }

    /// The finalists with their figures, the winner marked; empty where no cut was judged.
    ///
    /// # Errors
    /// As [`ModelSpec::set`].
    pub(super) fn decide(self) -> Result<Vec<Finalist>, ModelError> {
        if self.cuts.is_empty() {
            return Ok(Vec::new());
        }
        let mut all: Vec<Finalist> = self.entrants.iter().map(|entrant| self.measured(entrant)).collect();
        let averages = self.averages(&all)?;
        // Of averages the one that every cut confirmed; without any, the simplest until another beats it everywhere.
        let first = if averages.is_empty() { 0 } else { all.len() + averages.len() - 1 };
        all.extend(averages.iter().map(|average| self.measured(average)));
        let chosen = (0..all.len()).fold(first, |best, next| if all[next].beats(&all[best]) { next } else { best });
        all[chosen].chosen = true;
        Ok(all)
    }

    fn measured(&self, entrant: &Entrant) -> Finalist {
        let ndcg = self.cuts.iter().map(|cut| cut.ndcg(&entrant.weights)).collect();
        Finalist { trial: entrant.trial, spec: entrant.spec.clone(), ndcg, chosen: false }
    }

    /// The mean of the best blends, and the same with weights that each cut learns and another one confirms.
    fn averages(&self, all: &[Finalist]) -> Result<Vec<Entrant>, ModelError> {
        let blends = self.entrants.iter().zip(all).filter(|(entrant, _)| entrant.spec.name() == ModelName::Blend);
        let mut best: Vec<(&Entrant, f64)> = blends.map(|(entrant, figures)| (entrant, figures.mean_ndcg())).collect();
        best.sort_by(|left, right| right.1.total_cmp(&left.1));
        best.truncate(AVERAGED);
        if best.len() < 2 {
            return Ok(Vec::new());
        }
        let mean = mean_weights(best.iter().map(|(entrant, _)| &entrant.weights[..]));
        let mut averages = vec![self.entrant(mean.clone())?];
        if self.cuts.len() > 1 {
            let learn = |cut: &Candidates| climb(cut, LearntWeights { ndcg: cut.ndcg(&mean), weights: mean.clone() });
            let learnt: Vec<LearntWeights> = self.cuts.iter().map(learn).collect();
            let confirmed = learnt.iter().enumerate().all(|(at, learnt)| {
                let others = self.cuts.iter().enumerate().filter(|&(cut, _)| cut != at);
                others.into_iter().all(|(_, cut)| cut.ndcg(&learnt.weights) > cut.ndcg(&mean))
            });
            if confirmed {
                averages.push(self.entrant(mean_weights(learnt.iter().map(|learnt| &learnt.weights[..])))?);
            }
        }
        Ok(averages)
    }

    fn entrant(&self, weights: Vec<f32>) -> Result<Entrant, ModelError> {
        let weighed = self.parts.iter().zip(&weights).filter(|(_, weight)| **weight != 0.0);
        let part = |(part, &weight): (&Part, &f32)| Part { weight: three_digits(f64::from(weight)), ..part.clone() };
        let spec = blending::of(&weighed.map(part).collect::<Vec<_>>())?;
        Ok(Entrant { trial: None, spec, weights })
    }
}

/// What has to be fitted for a cut, and the finalists as weights of it.
///
/// # Errors
/// As [`ModelSpec::set`].
pub(super) fn parts(trials: &[Trial]) -> Result<(Vec<Part>, Vec<Entrant>), ModelError> {
    let (mut all, mut entrants): (Vec<Part>, Vec<Entrant>) = (Vec::new(), Vec::new());
    for trial in finalists(trials) {
        let mut weights = vec![0.0; all.len()];
        for part in parts_of(&trial.spec)? {
            let known = all.iter().position(|known| known.spec == part.spec && known.seed == part.seed);
            let at = known.unwrap_or(all.len());
            weights.resize(weights.len().max(at + 1), 0.0);
            weights[at] = part.weight as f32;
            if known.is_none() {
                all.push(part);
            }
        }
        entrants.push(Entrant { trial: Some(trial.number), spec: trial.spec.clone(), weights });
    }
    entrants.iter_mut().for_each(|entrant| entrant.weights.resize(all.len(), 0.0));
    Ok((all, entrants))
}

fn parts_of(spec: &ModelSpec) -> Result<Vec<Part>, ModelError> {
    match spec.name() {
        ModelName::Blend => blending::parts(spec),
        _ => Ok(vec![Part { spec: spec.clone(), weight: 1.0, seed: 0 }]),
    }
}

/// The first blend, the best blends and the best recommender by itself, in the order of the trials. Of recommenders with
/// equal figures the first.
fn finalists(trials: &[Trial]) -> Vec<&Trial> {
    let measured = |blend: bool| {
        let mut measured: Vec<(&Trial, f64)> = trials
            .iter()
            .filter(|trial| (trial.spec.name() == ModelName::Blend) == blend)
            .filter_map(|trial| Some((trial, trial.ndcg()?)))
            .collect();
        measured.sort_by(|left, right| right.1.total_cmp(&left.1));
        measured.into_iter().map(|(trial, _)| trial).collect::<Vec<_>>()
    };
    let (blends, alone) = (measured(true), measured(false));
    let most_alone = if blends.is_empty() { MOST_BLENDS } else { 1 };
    let first = blends.iter().copied().min_by_key(|trial| trial.number);
    let mut chosen: Vec<&Trial> = blends.iter().copied().take(MOST_BLENDS).chain(first).collect();
    chosen.extend(alone.into_iter().take(most_alone));
    chosen.sort_by_key(|trial| trial.number);
    chosen.dedup_by_key(|trial| trial.number);
    chosen
}

/// Each with weights that sum to 1, so that none counts more than the others.
fn mean_weights<'w>(all: impl Iterator<Item = &'w [f32]>) -> Vec<f32> {
    let mut sums: Vec<f32> = Vec::new();
    let mut count = 0.0;
    for weights in all {
        let total: f32 = weights.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        sums.resize(weights.len(), 0.0);
        sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight / total);
        count += 1.0;
    }
    sums.into_iter().map(|sum| sum / count).collect()
}
