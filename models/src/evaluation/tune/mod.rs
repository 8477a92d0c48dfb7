//! Finding good parameters without ever looking at the test set: validation is cut from the training data itself.

mod blending;
mod proposal;
mod search;
mod trial;

use crate::catalogue::{ModelName, ModelSpec, TrainingData};
use crate::{ModelError, Recommender};

pub use trial::{Outcome, Trial};

/// Which entries of the training data tell good parameters from bad ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ValidationCut {
    /// The latest where the data tell times, else runs: for a test set of which nothing is known.
    #[default]
    ByData,
    /// Some of each member's entries, at random: for a test set that is known to be drawn so.
    Random,
    /// A run of neighbouring columns of each member: see [`hold_out_runs`](super::hold_out_runs).
    Runs,
    /// Each member's latest entries: for a test set that lies in the future. Needs sequences.
    Latest,
}

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

/// Searches the parameters of `families`, and a blend of the best of each if [`ModelName::Blend`] is among them.
///
/// The sequence of trials depends on data, families and options alone: first each family's defaults, the cheapest family
/// first, then a blend of them, then further published settings and random steps around the best found. Once there is a
/// blend, a step is taken for good if the blend is better with it, and the weights are learnt again.
/// `keep_going` is shown each finished trial and ends the search by returning `false`; the best so far is then fitted on
/// all of `data`.
///
/// # Errors
/// [`ModelError::NotEnoughData`] if no entry can be held out or every trial was refused; what the last fit refuses.
pub fn tune(
    data: &TrainingData,
    families: &[ModelName],
    options: &TuneOptions,
    keep_going: &mut dyn FnMut(&Trial) -> bool,
) -> Result<Tuned, ModelError> {
    let mut search = search::Search::new(data, families, options)?;
    while let Some(spec) = search.next_spec() {
        let trial = search.run(spec);
        if !keep_going(trial) {
            break;
        }
    }
    let (spec, validation_ndcg, trials) = search.finish()?;
    Ok(Tuned { model: spec.fit(data, options.seed)?, spec, validation_ndcg, trials })
}
