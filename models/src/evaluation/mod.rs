//! How good a recommender is: splits, rankings, metrics, intervals, comparisons, slices and tuning.
//!
//! Every item is ranked for every member, never a sample of negatives: sampled metrics do not keep the order of methods
//! (Krichene and Rendle, *On sampled metrics for item recommendation*, KDD 2020).

mod blend_weights;
mod bootstrap;
mod candidates;
mod evaluate;
mod exposure;
mod gain;
mod inner_products;
mod metric;
mod neighbouring;
mod next_event;
mod off_policy;
mod ranking;
mod split;
mod tune;

pub use blend_weights::{LearntWeights, learn_weights};
pub use bootstrap::{Bootstrap, Interval};
pub use evaluate::{Evaluation, evaluate, measure};
pub use exposure::Exposure;
pub use gain::{beyond_error, mean_gain};
pub use metric::Metric;
pub use next_event::RecentPopularity;
pub use off_policy::{OffPolicyEstimate, WeighedOutcome, snips};
pub use ranking::recommend;
pub use split::{Event, Split, hold_out, hold_out_latest, hold_out_runs, test_users, time_cut};
pub use tune::{
    Finalist, Finish, Outcome, Progress, Trial, TuneOptions, Tuned, ValidationCut, judge_again, popularity_half_life,
    tune,
};

pub(crate) use tune::validation_part;
