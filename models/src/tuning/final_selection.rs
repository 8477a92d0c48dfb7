//! The last stage of a search: evaluates the best trials on cuts that no trial used, and the best blend with more singular vectors.
//! Their average wins, unless a single one is better on every cut.
//!
//! The best of many trials on one cut is partly the luckiest (Cawley and Talbot, *On over-fitting in model selection
//! and subsequent selection bias in performance evaluation*, JMLR 2010). Averaging the best few follows Caruana et al.,
//! *Ensemble selection from libraries of models*, ICML 2004.

use super::folds::{FoldModels, Folds};
use super::options::TuneOptions;
use super::proposal::round_to_three_digits;
use super::trial::TuningTrial;
use crate::catalogue::blend_spec::{self, Part};
use crate::catalogue::{ModelName, ModelSpec, fit_cost};
use crate::evaluation::blend_weights::{BlendWeights, coordinate_search};
use crate::evaluation::candidates::{Candidates, mean};
use crate::training_data::TrainingData;
use crate::{ModelError, UserItems};

/// Number of best blends that are evaluated again, besides the first blend and the best single recommender.
const MAX_BLENDS: usize = 4;
/// Factor of the number of singular vectors of the best blend in another finalist.
const MORE_VECTORS: f64 = 4.0;
/// Maximum number of singular vectors of that finalist.
const MAX_VECTORS: usize = 2048;
/// Number of blends that are averaged.
const AVERAGED: usize = 3;

/// A recommender evaluated on the fresh cuts.
#[derive(Debug, Clone, PartialEq)]
pub struct Finalist {
    /// Number of its trial; `None` for the best blend with more singular vectors, and for an average of several.
    pub trial: Option<usize>,
    /// Its specification.
    pub spec: ModelSpec,
    /// NDCG on each fresh cut.
    pub ndcg: Vec<f64>,
    /// Whether it is the winner.
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

/// The finalists, all of their parts, and the parts' scores on each fresh cut.
pub(super) struct FinalSelection<'a> {
    data: &'a TrainingData,
    options: &'a TuneOptions,
    candidates: Vec<FinalCandidate>,
    parts: Vec<Part>,
    cuts: Vec<Candidates>,
}

/// A finalist as weights of the parts.
pub(super) struct FinalCandidate {
    trial: Option<usize>,
    spec: ModelSpec,
    weights: Vec<f32>,
}

impl<'a> FinalSelection<'a> {
    /// Chooses the finalists in the order of the trials. A later finalist replaces an earlier one only if it is better
    /// on all cuts.
    ///
    /// # Errors
    /// As [`ModelSpec::set`].
    pub(super) fn of(
        data: &'a TrainingData,
        options: &'a TuneOptions,
        trials: &[TuningTrial],
    ) -> Result<Self, ModelError> {
        let (parts, candidates) = parts_and_candidates(trials, &data.interactions)?;
        Ok(Self { data, options, candidates, parts, cuts: Vec::new() })
    }

    /// Whether there is more than one finalist.
    pub(super) fn has_choice(&self) -> bool {
        self.candidates.len() > 1
    }

    /// Number of cuts evaluated so far.
    pub(super) fn n_cuts(&self) -> usize {
        self.cuts.len()
    }

    /// Fits and scores all parts on another cut. Returns `false` if the data allow no further cut.
    ///
    /// # Errors
    /// The errors of a fit.
    pub(super) fn evaluate_next_cut(&mut self) -> Result<bool, ModelError> {
        let Some(folds) = Folds::fresh(self.data, self.options, self.cuts.len())? else { return Ok(false) };
        let fit = |part: &Part| folds.fit(&part.spec, self.options.seed + part.seed);
        let models: Vec<FoldModels> = self.parts.iter().map(fit).collect::<Result<_, _>>()?;
        self.cuts.push(folds.candidates(&models, self.options.k));
        Ok(true)
    }

    /// Returns the finalists with their NDCG, the winner marked. Empty if no cut was evaluated.
    ///
    /// # Errors
    /// As [`ModelSpec::set`].
    pub(super) fn select_winner(self) -> Result<Vec<Finalist>, ModelError> {
        if self.cuts.is_empty() {
            return Ok(Vec::new());
        }
        let mut all: Vec<Finalist> = self.candidates.iter().map(|candidate| self.evaluated(candidate)).collect();
        let averages = self.averages(&all)?;
        // Starts from the most refined average or, without averages, from the earliest finalist.
        let first = if averages.is_empty() { 0 } else { all.len() + averages.len() - 1 };
        all.extend(averages.iter().map(|average| self.evaluated(average)));
        let chosen = (0..all.len()).fold(first, |best, next| if all[next].beats(&all[best]) { next } else { best });
        all[chosen].chosen = true;
        Ok(all)
    }

    fn evaluated(&self, candidate: &FinalCandidate) -> Finalist {
        let ndcg = self.cuts.iter().map(|cut| cut.ndcg(&candidate.weights)).collect();
        Finalist { trial: candidate.trial, spec: candidate.spec.clone(), ndcg, chosen: false }
    }

    /// The mean of the best blends and, if each cut's weights are better on all other cuts, the mean with relearnt
    /// weights.
    fn averages(&self, all: &[Finalist]) -> Result<Vec<FinalCandidate>, ModelError> {
        let blends = self.candidates.iter().zip(all).filter(|(candidate, _)| candidate.spec.name() == ModelName::Blend);
        let mut best: Vec<(&FinalCandidate, f64)> =
            blends.map(|(candidate, figures)| (candidate, figures.mean_ndcg())).collect();
        best.sort_by(|left, right| right.1.total_cmp(&left.1));
        best.truncate(AVERAGED);
        if best.len() < 2 {
            return Ok(Vec::new());
        }
        let mean = mean_weights(best.iter().map(|(candidate, _)| &candidate.weights[..]));
        let mut averages = vec![self.candidate(mean.clone())?];
        if self.cuts.len() > 1 {
            let learn = |cut: &Candidates| {
                coordinate_search(cut, BlendWeights { ndcg: cut.ndcg(&mean), weights: mean.clone() })
            };
            let learnt: Vec<BlendWeights> = self.cuts.iter().map(learn).collect();
            let confirmed = learnt.iter().enumerate().all(|(at, learnt)| {
                let others = self.cuts.iter().enumerate().filter(|&(cut, _)| cut != at);
                others.into_iter().all(|(_, cut)| cut.ndcg(&learnt.weights) > cut.ndcg(&mean))
            });
            if confirmed {
                averages.push(self.candidate(mean_weights(learnt.iter().map(|learnt| &learnt.weights[..])))?);
            }
        }
        Ok(averages)
    }

    fn candidate(&self, weights: Vec<f32>) -> Result<FinalCandidate, ModelError> {
        let weighed = self.parts.iter().zip(&weights).filter(|(_, weight)| **weight != 0.0);
        let part =
            |(part, &weight): (&Part, &f32)| Part { weight: round_to_three_digits(f64::from(weight)), ..part.clone() };
        let spec = blend_spec::of_parts(&weighed.map(part).collect::<Vec<_>>())?;
        Ok(FinalCandidate { trial: None, spec, weights })
    }
}

/// The parts to fit on each cut, and the finalists as weights of these parts. The last finalist is the best blend with more singular
/// vectors, if a fit on `interactions` is affordable.
///
/// # Errors
/// As [`ModelSpec::set`].
pub(super) fn parts_and_candidates(
    trials: &[TuningTrial],
    interactions: &UserItems,
) -> Result<(Vec<Part>, Vec<FinalCandidate>), ModelError> {
    let (mut all, mut candidates): (Vec<Part>, Vec<FinalCandidate>) = (Vec::new(), Vec::new());
    let chosen = choose_finalists(trials);
    for trial in &chosen {
        let weights = weights_of(parts_of(&trial.spec)?, &mut all);
        candidates.push(FinalCandidate { trial: Some(trial.number), spec: trial.spec.clone(), weights });
    }
    if let Some(parts) = with_more_vectors(&chosen, interactions)? {
        let spec = blend_spec::of_parts(&parts)?;
        candidates.push(FinalCandidate { trial: None, spec, weights: weights_of(parts, &mut all) });
    }
    candidates.iter_mut().for_each(|candidate| candidate.weights.resize(all.len(), 0.0));
    Ok((all, candidates))
}

/// The weights of `parts` by their place in `all`, to which new ones are added.
fn weights_of(parts: Vec<Part>, all: &mut Vec<Part>) -> Vec<f32> {
    let mut weights = vec![0.0; all.len()];
    for part in parts {
        let known = all.iter().position(|known| known.spec == part.spec && known.seed == part.seed);
        let at = known.unwrap_or(all.len());
        weights.resize(weights.len().max(at + 1), 0.0);
        weights[at] = part.weight as f32;
        if known.is_none() {
            all.push(part);
        }
    }
    weights
}

/// The parts of the best blend with more singular vectors. The last fit has more data than the trials had and can use more of them;
/// in single steps of a search the gain is too small to be told from chance.
fn with_more_vectors(chosen: &[&TuningTrial], interactions: &UserItems) -> Result<Option<Vec<Part>>, ModelError> {
    let blends = chosen.iter().filter(|trial| trial.spec.name() == ModelName::Blend);
    let best = blends.max_by(|left, right| left.ndcg().unwrap_or(0.0).total_cmp(&right.ndcg().unwrap_or(0.0)));
    let Some(best) = best else { return Ok(None) };
    let most = interactions.n_rows().min(interactions.n_columns()).min(MAX_VECTORS) as f64;
    let mut parts = parts_of(&best.spec)?;
    let mut is_changed = false;
    for part in parts.iter_mut().filter(|part| part.spec.name() == ModelName::GfCf) {
        let vectors = part.spec.resolved().get("vectors").copied().unwrap_or(0.0);
        let more = (MORE_VECTORS * vectors).min(most);
        let mut larger = part.spec.clone();
        larger.set("vectors", more)?;
        if more > vectors && fit_cost::is_affordable(&larger, interactions) {
            part.spec = larger;
            is_changed = true;
        }
    }
    Ok(is_changed.then_some(parts))
}

fn parts_of(spec: &ModelSpec) -> Result<Vec<Part>, ModelError> {
    match spec.name() {
        ModelName::Blend => blend_spec::parts(spec),
        _ => Ok(vec![Part { spec: spec.clone(), weight: 1.0, seed: 0 }]),
    }
}

/// The first blend, the best blends and the best single recommender, in the order of the trials. Ties go to the earlier
/// trial.
fn choose_finalists(trials: &[TuningTrial]) -> Vec<&TuningTrial> {
    let evaluated = |blend: bool| {
        let mut evaluated: Vec<(&TuningTrial, f64)> = trials
            .iter()
            .filter(|trial| (trial.spec.name() == ModelName::Blend) == blend)
            .filter_map(|trial| Some((trial, trial.ndcg()?)))
            .collect();
        evaluated.sort_by(|left, right| right.1.total_cmp(&left.1));
        evaluated.into_iter().map(|(trial, _)| trial).collect::<Vec<_>>()
    };
    let (blends, single) = (evaluated(true), evaluated(false));
    let max_single = if blends.is_empty() { MAX_BLENDS } else { 1 };
    let first = blends.iter().copied().min_by_key(|trial| trial.number);
    let mut chosen: Vec<&TuningTrial> = blends.iter().copied().take(MAX_BLENDS).chain(first).collect();
    chosen.extend(single.into_iter().take(max_single));
    chosen.sort_by_key(|trial| trial.number);
    chosen.dedup_by_key(|trial| trial.number);
    chosen
}

/// The mean of the weights, each normalised to a sum of 1.
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

/// Evaluates the best of `trials` and their average on fresh cuts of `data`, like the end of a search. Empty if there
/// is only one finalist or no fresh cut.
///
/// # Errors
/// The errors of a fit.
pub fn evaluate_finalists(
    data: &TrainingData,
    trials: &[TuningTrial],
    options: &TuneOptions,
) -> Result<Vec<Finalist>, ModelError> {
    let mut final_selection = FinalSelection::of(data, options, trials)?;
    while final_selection.has_choice()
        && final_selection.n_cuts() < options.fresh_cuts
        && final_selection.evaluate_next_cut()?
    {}
    final_selection.select_winner()
}

/// If blends are searched, wraps a recommender that cannot score every member in a blend of one, which can.
pub(super) fn serving_everyone(spec: &ModelSpec, families: &[ModelName]) -> Result<ModelSpec, ModelError> {
    let blends_searched = families.contains(&ModelName::Blend);
    let single = blends_searched && !matches!(spec.name(), ModelName::Blend | ModelName::Popular);
    if single { blend_spec::of_single(spec) } else { Ok(spec.clone()) }
}
