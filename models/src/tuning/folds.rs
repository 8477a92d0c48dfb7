//! The folds of a search: one validation part, or one for each of several time spans.

use super::options::TuneOptions;
use crate::catalogue::ModelSpec;
use crate::evaluation::candidates::{CandidateScores, Candidates, evaluate_on_candidates};
use crate::evaluation::split::{Split, test_users};
use crate::evaluation::validation::{fresh_parts, validation_parts};
use crate::training_data::TrainingData;
use crate::{ModelError, Recommender};

/// Number of singular vectors computed at once, because later trials use filters with more vectors than the default.
pub(super) const MIN_SINGULAR_VECTORS: usize = 512;

/// Training data without the held-out part, and the members evaluated on it.
#[derive(Debug)]
struct Fold {
    train: TrainingData,
    split: Split,
    users: Vec<u32>,
}

/// One or more folds, of which the last has the most training data.
#[derive(Debug)]
pub(super) struct Folds(Vec<Fold>);

/// One recommender fitted on each fold.
pub(super) type FoldModels = Vec<Box<dyn Recommender>>;

impl Folds {
    /// Cuts the validation parts.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] if nothing can be held out.
    pub(super) fn cut(data: &TrainingData, options: &TuneOptions) -> Result<Self, ModelError> {
        let mut parts = validation_parts(data, options.cut, (options.held_out, options.max_members), options.seed)?;
        if parts.iter().all(|(_, split)| split.test.n_entries() == 0) {
            // A small share of two or three entries is often no entry at all.
            parts = validation_parts(data, options.cut, (0.5, options.max_members), options.seed)?;
        }
        Self::of(parts, options, options.seed).ok_or_else(|| {
            let message = "cannot hold out validation data: no member has two interactions";
            ModelError::NotEnoughData(message.to_owned())
        })
    }

    /// Cut number `n` that no trial used; `None` if the data allow no more.
    ///
    /// # Errors
    /// As [`UserItems::from_triplets`](crate::UserItems::from_triplets).
    pub(super) fn fresh(data: &TrainingData, options: &TuneOptions, n: usize) -> Result<Option<Self>, ModelError> {
        let seed = options.seed.wrapping_add(1 + n as u64);
        let parts = fresh_parts(data, options.cut, (options.held_out, options.max_members), (options.seed, n))?;
        Ok(Self::of(parts, options, seed))
    }

    /// `None` if no part has a test member.
    fn of(parts: Vec<(TrainingData, Split)>, options: &TuneOptions, seed: u64) -> Option<Self> {
        let max_members = options.max_members.div_ceil(parts.len().max(1));
        let fold = |(train, split): (TrainingData, Split)| {
            let users = test_users(&split.test, max_members, seed);
            (!users.is_empty()).then(|| Fold {
                train: train.with_min_singular_vectors(MIN_SINGULAR_VECTORS),
                split,
                users,
            })
        };
        let folds: Vec<Fold> = parts.into_iter().filter_map(fold).collect();
        (!folds.is_empty()).then_some(Self(folds))
    }

    /// The training data of the last fold, which has the most.
    pub(super) fn train(&self) -> &TrainingData {
        // There is at least one fold.
        &self.0[self.0.len() - 1].train
    }

    /// Number of folds.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Number of evaluated members, counted once for each fold.
    pub(super) fn n_users(&self) -> usize {
        self.0.iter().map(|fold| fold.users.len()).sum()
    }

    pub(super) fn fit(&self, spec: &ModelSpec, seed: u64) -> Result<FoldModels, ModelError> {
        self.0.iter().map(|fold| spec.fit(&fold.train, seed)).collect()
    }

    /// The mean NDCG over all members, and the scores of their candidates.
    pub(super) fn evaluate_on_candidates(
        &self,
        models: &FoldModels,
        k: usize,
        candidates: Option<&Candidates>,
    ) -> (f64, CandidateScores) {
        let (mut sum, mut all) = (0.0, CandidateScores::default());
        for (fold, model) in self.0.iter().zip(models) {
            let candidates = candidates.map(|candidates| (candidates, all.len()));
            let (ndcg, scores) = evaluate_on_candidates(model.as_ref(), &fold.split, &fold.users, k, candidates);
            sum += ndcg * fold.users.len() as f64;
            all.extend(scores);
        }
        (sum / self.n_users() as f64, all)
    }

    /// The candidates of all members by several recommenders.
    pub(super) fn candidates(&self, parts: &[FoldModels], k: usize) -> Candidates {
        let of_fold = |(at, fold): (usize, &Fold)| {
            let models: Vec<&dyn Recommender> = parts.iter().map(|models| models[at].as_ref()).collect();
            Candidates::of(&models, &fold.split, &fold.users, k)
        };
        Candidates::concat(self.0.iter().enumerate().map(of_fold), k)
    }
}
