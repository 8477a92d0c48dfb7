//! Tunes parameters on validation data cut from the training data. The test set is never used.

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

/// Options of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct TuneOptions {
    /// Seed of the cuts, the proposals and the fits.
    pub seed: u64,
    /// Cutoff of the NDCG that is maximised.
    pub k: usize,
    /// Share of each member's entries that is held out.
    pub held_out: f64,
    /// How the held-out entries are chosen.
    pub cut: ValidationCut,
    /// Largest number of members that a trial is evaluated on; a larger set is sampled.
    pub max_members: usize,
    /// Largest number of trials.
    pub max_trials: usize,
    /// Settings that did well before. They are tried after the defaults of the quick families, if their family is
    /// searched.
    pub warm_start: Vec<ModelSpec>,
    /// Number of cuts that no trial used, on which the best trials are evaluated at the end. With 0, the best trial
    /// wins.
    pub fresh_cuts: usize,
}

impl TuneOptions {
    /// NDCG@20 on a fifth of each member's entries, as in published test sets; at most 4,000 members and 200 trials;
    /// two fresh cuts.
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

/// The result of a search: the winner, fitted on all training data, and all trials.
#[derive(Debug)]
pub struct Tuned {
    /// The winner, fitted on all data including the validation part.
    pub model: Box<dyn Recommender>,
    /// Its specification.
    pub spec: ModelSpec,
    /// Its mean NDCG on the fresh cuts, or that of its trial if there were none, which is slightly optimistic.
    pub validation_ndcg: f64,
    /// The highest NDCG of a trial.
    pub best_trial_ndcg: f64,
    /// Number of members that every trial was evaluated on.
    pub members: usize,
    /// All trials in order.
    pub trials: Vec<TuningTrial>,
    /// The recommenders evaluated on the fresh cuts; empty without fresh cuts.
    pub finalists: Vec<Finalist>,
}

/// A finished trial and the state of the search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TuneProgress<'a> {
    /// The finished trial.
    pub trial: &'a TuningTrial,
    /// Duration of the trial in seconds.
    pub seconds: f64,
    /// Expected duration of the next trial in seconds; 0 if there is none.
    pub next_seconds: f64,
    /// The best trial so far; `None` if all failed.
    pub best: Option<&'a TuningTrial>,
    /// Expected duration of the last fit if the search ends now.
    pub finish: FinishEstimate,
    /// Expected duration of evaluating the finalists on a fresh cut, in seconds.
    pub cut_seconds: f64,
    /// Number of the next fresh cut, from 0, after the last trial; `None` during the trials.
    pub judging: Option<usize>,
}

/// Searches the parameters of `families`, and of a blend of the best of each if [`ModelName::Blend`] is among them.
///
/// The sequence of trials depends on the data, families and options single: the defaults of the quick families, a blend
/// of them, the defaults of the slow families, further published settings, then random steps around the best settings.
/// Once there is a blend, settings are kept if they improve the blend, and its weights are learnt again. Settings whose
/// fit would take too long on data of this size are skipped.
///
/// At the end the best trials and their average are evaluated on cuts that no trial used, some with more training data.
/// The simplest one that no other beats on all cuts is fitted on all of `data`.
///
/// `seconds` is a clock. `keep_going` is called after each trial and before each fresh cut; returning `false` ends the
/// search or skips the remaining cuts.
///
/// # Errors
/// [`ModelError::NotEnoughData`] if nothing can be held out or every trial failed, and the errors of the last fit.
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

/// If blends are searched, wraps a recommender that cannot score every member in a blend of one, which can.
fn serving_everyone(spec: &ModelSpec, families: &[ModelName]) -> Result<ModelSpec, ModelError> {
    let blends_searched = families.contains(&ModelName::Blend);
    let single = blends_searched && !matches!(spec.name(), ModelName::Blend | ModelName::Popular);
    if single { blend_spec::of_single(spec) } else { Ok(spec.clone()) }
}
