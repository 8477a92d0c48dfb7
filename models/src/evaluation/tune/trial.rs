//! One setting tried on the validation part.

use crate::catalogue::ModelSpec;

/// A setting and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct TuningTrial {
    /// Place in the sequence, from 0.
    pub number: usize,
    /// What was fitted. For a blend these are the weights and parameters found.
    pub spec: ModelSpec,
    /// What came of it.
    pub result: TrialResult,
}

impl TuningTrial {
    /// The validation NDCG, `None` if the trial was refused.
    #[must_use]
    pub fn ndcg(&self) -> Option<f64> {
        match self.result {
            TrialResult::Measured { ndcg } => Some(ndcg),
            TrialResult::Failed { .. } => None,
        }
    }
}

/// What came of a trial.
#[derive(Debug, Clone, PartialEq)]
pub enum TrialResult {
    /// It was fitted and measured.
    Measured {
        /// Mean NDCG over the validation members.
        ndcg: f64,
    },
    /// It could not be fitted; its family is not tried again.
    Failed {
        /// Why.
        reason: String,
    },
}
