//! Tunes parameters on validation data cut from the training data. The test set is never used.

mod blend_search;
mod final_selection;
mod folds;
mod half_life;
mod options;
mod progress;
mod proposal;
mod trial;
mod trial_cost;
mod tuner;

use crate::catalogue::{ModelName, ModelSpec};
use crate::training_data::TrainingData;
use crate::{ModelError, Recommender};

use final_selection::{FinalSelection, serving_everyone};
use tuner::Tuner;

pub use final_selection::{Finalist, evaluate_finalists};
pub use half_life::popularity_half_life;
pub use options::TuneOptions;
pub use progress::TuneProgress;
pub use trial::{TrialResult, TuningTrial};
pub use trial_cost::FinishEstimate;

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

/// Searches the parameters of `families`, and of a blend of the best of each if [`ModelName::Blend`] is among them.
///
/// The sequence of trials depends on the data, families and options alone: the defaults of the quick families, a blend
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
    let mut search = Tuner::new(data, families, options, seconds)?;
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

fn select_finalists(
    data: &TrainingData,
    search: &Tuner<'_>,
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
