//! Finding good parameters without ever looking at the test set: validation is cut from the training data itself.

mod blend_search;
mod final_selection;
mod folds;
mod half_life;
mod proposal;
mod trial;
mod trial_cost;
mod tuner;
mod validation;

use crate::catalogue::{ModelName, ModelSpec, TrainingData, blend_spec};
use crate::{ModelError, Recommender};

use final_selection::FinalSelection;

pub use final_selection::Finalist;
pub use half_life::popularity_half_life;
pub use trial::{TrialResult, TuningTrial};
pub use trial_cost::FinishEstimate;
pub use validation::ValidationCut;

pub(crate) use validation::validation_part;

/// How to search.
#[derive(Debug, Clone, PartialEq)]
pub struct TuneOptions {
    /// Seed of the cut, of the proposals and of every fit.
    pub seed: u64,
    /// Cut of the NDCG that is maximised.
    pub k: usize,
    /// Share of each member's entries that is held out.
    pub held_out: f64,
    /// Which entries these are.
    pub cut: ValidationCut,
    /// Members on whom a trial is measured; more are drawn at random down to this number.
    pub max_members: usize,
    /// Trials after which the search ends even if nobody ends it earlier.
    pub max_trials: usize,
    /// Settings that did well before: tried after the defaults of the families that fit quickly, if their family is asked for.
    pub warm_start: Vec<ModelSpec>,
    /// Cuts that no trial saw, on which the best few are judged in the end; 0: the best trial wins.
    pub fresh_cuts: usize,
}

impl TuneOptions {
    /// NDCG@20 on a fifth of each member's entries, as published test sets hold out, at most 4,000 members and 200 trials; finalists on two fresh cuts.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            k: 20,
            held_out: 0.2,
            cut: ValidationCut::ByData,
            max_members: 4000,
            max_trials: 200,
            warm_start: Vec::new(),
            fresh_cuts: 2,
        }
    }
}

/// The winner, fitted on all training data, and the way there.
#[derive(Debug)]
pub struct Tuned {
    /// The winner fitted on everything it was given, validation part included.
    pub model: Box<dyn Recommender>,
    /// What it is.
    pub spec: ModelSpec,
    /// Its mean NDCG on the fresh cuts; where none was judged, that of its trial, which is a little too good to be expected
    /// again.
    pub validation_ndcg: f64,
    /// The highest NDCG of a trial.
    pub best_trial_ndcg: f64,
    /// Members whom every trial asked about.
    pub members: usize,
    /// Every trial in order.
    pub trials: Vec<TuningTrial>,
    /// Who was judged on the fresh cuts; empty where none was.
    pub finalists: Vec<Finalist>,
}

/// A finished trial and where the search stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TuneProgress<'a> {
    /// The trial.
    pub trial: &'a TuningTrial,
    /// Seconds that it took.
    pub seconds: f64,
    /// Seconds that the next trial is likely to take; 0 where there is none.
    pub next_seconds: f64,
    /// The best trial so far; `None` while all were refused.
    pub best: Option<&'a TuningTrial>,
    /// What it would take to end here.
    pub finish: FinishEstimate,
    /// Seconds that it is likely to take to judge the finalists on a fresh cut.
    pub cut_seconds: f64,
    /// The fresh cut that comes next, from 0, once the search has ended; `None` while it goes on.
    pub judging: Option<usize>,
}

/// Searches the parameters of `families`, and a blend of the best of each if [`ModelName::Blend`] is among them.
///
/// The sequence of trials depends on data, families and options alone: first the defaults of each family that fits
/// quickly, then a blend of them, then the defaults of the other families, then further published settings and random
/// steps around the best found. Once there is a blend, a setting is taken for good if the blend is better with it, and
/// the weights are learnt again. Settings whose fit would take too long on data of this size are passed over.
///
/// In the end the best few and their average are judged on cuts that no trial saw, some with more data than the trials had, and
/// what wins on all of them over every simpler one is fitted on all of `data`.
///
/// `seconds` is a clock. `keep_going` is called after each finished trial and ends the search by returning `false`, and before
/// each fresh cut, which it forgoes by returning `false`.
///
/// # Errors
/// [`ModelError::NotEnoughData`] if no entry can be held out or every trial was refused; what the last fit refuses.
pub fn tune(
    data: &TrainingData,
    families: &[ModelName],
    options: &TuneOptions,
    seconds: &dyn Fn() -> f64,
    keep_going: &mut dyn FnMut(&TuneProgress<'_>) -> bool,
) -> Result<Tuned, ModelError> {
    let mut search = tuner::Tuner::new(data, families, options, seconds)?;
    let mut next = search.next_spec();
    while let Some(spec) = next.take() {
        search.run(spec);
        next = search.next_spec();
        if search.progress(next.as_ref()).is_some_and(|progress| !keep_going(&progress)) {
            break;
        }
    }
    let finalists = select_finalists(data, &search, options, keep_going)?;
    let members = search.members();
    let (spec, best_trial_ndcg, trials) = search.finish()?;
    let winner = finalists.iter().find(|finalist| finalist.chosen);
    let validation_ndcg = winner.map_or(best_trial_ndcg, Finalist::mean_ndcg);
    let spec = winner.map_or(Ok(spec), |winner| serving_everyone(&winner.spec, families))?;
    Ok(Tuned {
        model: spec.fit(data, options.seed)?,
        spec,
        validation_ndcg,
        best_trial_ndcg,
        members,
        trials,
        finalists,
    })
}

/// Judges the best of `trials` and their average on fresh cuts of `data`, as the end of a search does; empty where there is
/// nothing to choose or nothing to cut.
///
/// # Errors
/// What a fit refuses.
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

fn select_finalists(
    data: &TrainingData,
    search: &tuner::Tuner<'_>,
    options: &TuneOptions,
    keep_going: &mut dyn FnMut(&TuneProgress<'_>) -> bool,
) -> Result<Vec<Finalist>, ModelError> {
    let mut final_selection = FinalSelection::of(data, options, search.trials())?;
    for cut in 0..if final_selection.has_choice() { options.fresh_cuts } else { 0 } {
        let progress = search.progress(None);
        let progress = progress.map(|at| TuneProgress { judging: Some(cut), next_seconds: at.cut_seconds, ..at });
        if !progress.is_some_and(|progress| keep_going(&progress)) || !final_selection.evaluate_next_cut()? {
            break;
        }
    }
    final_selection.select_winner()
}

/// Where blends are asked for, a recommender that cannot serve everybody as a blend of one, which can.
fn serving_everyone(spec: &ModelSpec, families: &[ModelName]) -> Result<ModelSpec, ModelError> {
    let asked = families.contains(&ModelName::Blend);
    let alone = asked && !matches!(spec.name(), ModelName::Blend | ModelName::Popular);
    if alone { blend_spec::of_single(spec) } else { Ok(spec.clone()) }
}
