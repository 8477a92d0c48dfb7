//! Options of a search.

use crate::catalogue::spec::ModelSpec;
use crate::evaluation::validation::ValidationCut;

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
