//! Evaluation of recommenders: splits, rankings, metrics, intervals, comparisons, slices and tuning.
//!
//! All items are ranked for every member. Sampled negatives are not used, because sampled metrics do not preserve the
//! order of methods (Krichene and Rendle, *On sampled metrics for item recommendation*, KDD 2020).

mod beyond_accuracy;
mod blend_weights;
mod bootstrap;
mod candidates;
mod column_order;
mod evaluate;
mod gain;
mod inner_product_search;
mod metric;
mod next_event;
mod off_policy;
mod recommend;
mod split;
mod tune;

pub use beyond_accuracy::BeyondAccuracy;
pub use blend_weights::{BlendWeights, learn_blend_weights};
pub use bootstrap::{Bootstrap, Interval};
pub use evaluate::{Evaluation, evaluate, evaluate_lists};
pub use gain::{exceeds_standard_error, mean_gain};
pub use metric::Metric;
pub use next_event::RecentPopularity;
pub use off_policy::{OffPolicyEstimate, WeightedReward, snips};
pub use recommend::recommend;
pub use split::{Event, Split, hold_out, hold_out_latest, hold_out_runs, test_users, time_cut};
pub use tune::{
    Finalist, FinishEstimate, TrialResult, TuneOptions, TuneProgress, Tuned, TuningTrial, ValidationCut,
    evaluate_finalists, popularity_half_life, tune,
};

pub(crate) use tune::validation_part;
