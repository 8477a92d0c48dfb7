//! The blend of a search, with one part for each family. A part's settings are replaced if that improves the blend.

use super::folds::{FoldModels, Folds};
use super::proposal::round_to_three_digits;
use crate::ModelError;
use crate::catalogue::ModelSpec;
use crate::catalogue::blend_spec::{self, Part};
use crate::evaluation::blend_weights::{BlendWeights, coordinate_search, search_weights};
use crate::evaluation::candidates::{CandidateScores, Candidates, mean};
use crate::evaluation::gain::{exceeds_standard_error, mean_gain};

/// Weights tried for new settings of a part, relative to the part's weight.
const SHARES: [f32; 5] = [1.0, 1.4, 0.7, 2.0, 0.5];
/// Weights tried for a part without weight, relative to the mean weight.
const ENTRY_SHARES: [f32; 3] = [0.5, 0.2, 0.05];

/// The best settings of a family on its own. The models are kept until the first blend has scored with them.
pub(super) struct FamilyBest {
    pub(super) spec: ModelSpec,
    pub(super) ndcg: f64,
    pub(super) models: Option<FoldModels>,
}

/// The parts, their weights, and their scores of the candidates of the validation members.
pub(super) struct BlendSearch {
    candidates: Candidates,
    specs: Vec<ModelSpec>,
    learnt: BlendWeights,
    /// Whether a part changed since the weights were last learnt.
    changed: bool,
}

impl BlendSearch {
    /// Blends the best model of each family with jointly learnt weights. Takes the models, because only their scores
    /// are needed afterwards.
    pub(super) fn new(best: &mut [FamilyBest], folds: &Folds, k: usize) -> Self {
        let parts = best.iter_mut().filter_map(|best| Some((best.spec.clone(), best.models.take()?)));
        let (specs, models): (Vec<ModelSpec>, Vec<FoldModels>) = parts.unzip();
        let candidates = folds.candidates(&models, k);
        let learnt = search_weights(&candidates, specs.len());
        Self { candidates, specs, learnt, changed: false }
    }

    pub(super) fn candidates(&self) -> &Candidates {
        &self.candidates
    }

    pub(super) fn changed(&self) -> bool {
        self.changed
    }

    /// The settings of each part in descending order of weight.
    pub(super) fn parts(&self) -> Vec<&ModelSpec> {
        let mut parts: Vec<(&ModelSpec, f32)> = self.specs.iter().zip(self.learnt.weights.iter().copied()).collect();
        parts.sort_by(|left, right| right.1.total_cmp(&left.1));
        parts.into_iter().map(|(spec, _)| spec).collect()
    }

    /// Replaces a part by other settings with these `scores`, or adds a part of a new family, if the blend improves by
    /// more than one standard error at one of the tried weights.
    pub(super) fn try_part(&mut self, spec: &ModelSpec, scores: CandidateScores) {
        let part =
            self.specs.iter().position(|known| known.name() == spec.name()).unwrap_or_else(|| self.add_part(spec));
        let current = self.learnt.weights[part];
        let mean_weight = self.learnt.weights.iter().sum::<f32>() / self.learnt.weights.len() as f32;
        let amounts: Vec<f32> = if current > 0.0 {
            SHARES.iter().map(|share| share * current).collect()
        } else {
            ENTRY_SHARES.iter().map(|share| share * mean_weight).collect()
        };
        let mut best: Option<(BlendWeights, Vec<f64>)> = None;
        for amount in amounts {
            let mut weights = self.learnt.weights.clone();
            weights[part] = amount;
            let values = self.candidates.values_with(&weights, part, &scores);
            let ndcg = mean(&values);
            if ndcg > best.as_ref().map_or(self.learnt.ndcg, |(best, _)| best.ndcg) {
                best = Some((BlendWeights { weights, ndcg }, values));
            }
        }
        // Accepting any gain would overfit the blend to these members, one lucky setting after another.
        let before = self.candidates.values(&self.learnt.weights);
        if let Some((better, _)) = best.filter(|(_, values)| exceeds_standard_error(mean_gain(values, &before))) {
            self.candidates.replace(part, scores);
            self.specs[part] = spec.clone();
            self.learnt = better;
            self.changed = true;
        }
    }

    /// Adds a part without weight or scores and returns its index.
    fn add_part(&mut self, spec: &ModelSpec) -> usize {
        self.specs.push(spec.clone());
        self.learnt.weights.push(0.0);
        self.candidates.add_empty_part();
        self.specs.len() - 1
    }

    /// Learns the weights again, starting from the current ones, and returns the NDCG.
    pub(super) fn relearn_weights(&mut self) -> f64 {
        if std::mem::take(&mut self.changed) {
            self.learnt = coordinate_search(&self.candidates, self.learnt.clone());
        }
        self.learnt.ndcg
    }

    /// The specification of the blend.
    pub(super) fn spec(&self) -> Result<ModelSpec, ModelError> {
        let weighed = self.specs.iter().zip(&self.learnt.weights).filter(|(_, weight)| **weight != 0.0);
        let part = |(spec, &weight): (&ModelSpec, &f32)| Part {
            spec: spec.clone(),
            weight: round_to_three_digits(f64::from(weight)),
            seed: 0,
        };
        blend_spec::of_parts(&weighed.map(part).collect::<Vec<_>>())
    }
}
