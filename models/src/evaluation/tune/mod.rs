//! Finding good parameters without ever looking at the test set: validation is cut from the training data itself.

mod blending;
mod effort;
mod folds;
mod proposal;
mod search;
mod trial;
mod validation;

use crate::catalogue::{ModelName, ModelSpec, TrainingData};
use crate::{ModelError, Recommender};

pub use effort::Finish;
pub use trial::{Outcome, Trial};
pub use validation::ValidationCut;

pub(crate) use validation::validation_part;
use validation::validation_parts;

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
    pub most_members: usize,
    /// Trials after which the search ends even if nobody ends it earlier.
    pub most_trials: usize,
}

impl TuneOptions {
    /// NDCG@20 on a fifth of each member's entries, as published test sets hold out, at most 4,000 members and 200 trials.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, k: 20, held_out: 0.2, cut: ValidationCut::ByData, most_members: 4000, most_trials: 200 }
    }
}

/// The winner, fitted on all training data, and the way there.
#[derive(Debug)]
pub struct Tuned {
    /// The winner fitted on everything it was given, validation part included.
    pub model: Box<dyn Recommender>,
    /// What it is.
    pub spec: ModelSpec,
    /// Its NDCG on the validation part, where it was chosen: a little too good to be expected again.
    pub validation_ndcg: f64,
    /// Every trial in order.
    pub trials: Vec<Trial>,
}

/// A finished trial and where the search stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress<'a> {
    /// The trial.
    pub trial: &'a Trial,
    /// Seconds that it took.
    pub seconds: f64,
    /// Seconds that the next trial is likely to take; 0 where there is none.
    pub next_seconds: f64,
    /// The best trial so far; `None` while all were refused.
    pub best: Option<&'a Trial>,
    /// What it would take to end here.
    pub finish: Finish,
}

/// Searches the parameters of `families`, and a blend of the best of each if [`ModelName::Blend`] is among them.
///
/// The sequence of trials depends on data, families and options alone: first the defaults of each family that fits
/// quickly, then a blend of them, then the defaults of the other families, then further published settings and random
/// steps around the best found. Once there is a blend, a setting is taken for good if the blend is better with it, and
/// the weights are learnt again. Settings whose fit would take too long on data of this size are passed over.
///
/// `seconds` is a clock. `keep_going` hears of each finished trial and ends the search by returning `false`; the best so
/// far is then fitted on all of `data`.
///
/// # Errors
/// [`ModelError::NotEnoughData`] if no entry can be held out or every trial was refused; what the last fit refuses.
pub fn tune(
    data: &TrainingData,
    families: &[ModelName],
    options: &TuneOptions,
    seconds: &dyn Fn() -> f64,
    keep_going: &mut dyn FnMut(&Progress<'_>) -> bool,
) -> Result<Tuned, ModelError> {
    let mut search = search::Search::new(data, families, options, seconds)?;
    let mut next = search.next_spec();
    while let Some(spec) = next.take() {
        search.run(spec);
        next = search.next_spec();
        if search.progress(next.as_ref()).is_some_and(|progress| !keep_going(&progress)) {
            break;
        }
    }
    let (spec, validation_ndcg, trials) = search.finish()?;
    Ok(Tuned { model: spec.fit(data, options.seed)?, spec, validation_ndcg, trials })
}
