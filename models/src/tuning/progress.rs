//! The progress of a search, as reported after each trial.

use super::trial::TuningTrial;
use super::trial_cost::FinishEstimate;

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
