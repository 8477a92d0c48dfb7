//! Evaluation of recommenders: splits, rankings, metrics, intervals, comparisons, slices and tuning.
//!
//! All items are ranked for every member. Sampled negatives are not used, because sampled metrics do not preserve the
//! order of methods (Krichene and Rendle, *On sampled metrics for item recommendation*, KDD 2020).

mod beyond_accuracy;
pub(crate) mod blend_weights;
mod bootstrap;
pub(crate) mod candidates;
mod column_order;
mod evaluate;
pub(crate) mod gain;
mod inner_product_search;
mod metric;
mod next_event;
mod off_policy;
mod recommend;
pub(crate) mod split;
pub(crate) mod validation;

pub use crate::event::Event;
pub use beyond_accuracy::BeyondAccuracy;
pub use blend_weights::{BlendWeights, learn_blend_weights};
pub use bootstrap::{Bootstrap, Interval};
pub use evaluate::{Evaluation, evaluate, evaluate_lists};
pub use gain::{exceeds_standard_error, mean_gain};
pub use metric::Metric;
pub use next_event::RecentPopularity;
pub use off_policy::{OffPolicyEstimate, WeightedReward, snips};
pub use recommend::recommend;
pub use split::{Split, hold_out, hold_out_latest, hold_out_runs, test_users, time_cut};
pub use validation::ValidationCut;
