//! One trial of a search.

use crate::catalogue::ModelSpec;

/// Settings and their result on the validation part.
#[derive(Debug, Clone, PartialEq)]
pub struct TuningTrial {
    /// Position in the sequence, from 0.
    pub number: usize,
    /// The fitted settings. For a blend, the learnt weights and the parameters of its parts.
    pub spec: ModelSpec,
    /// The result.
    pub result: TrialResult,
}

impl TuningTrial {
    /// The validation NDCG; `None` if the trial failed.
    #[must_use]
    pub fn ndcg(&self) -> Option<f64> {
        match self.result {
            TrialResult::Measured { ndcg } => Some(ndcg),
            TrialResult::Failed { .. } => None,
        }
    }
}

/// The result of a trial.
#[derive(Debug, Clone, PartialEq)]
pub enum TrialResult {
    /// The model was fitted and evaluated.
    Measured {
        /// Mean NDCG over the validation members.
        ndcg: f64,
    },
    /// The model could not be fitted. Its family is not tried again.
    Failed {
        /// The error message.
        reason: String,
    },
}
