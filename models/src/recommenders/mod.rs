//! The recommenders, one family in each module: parameters with a `fit` method that returns a fitted model.

pub mod attribute_factors;
pub mod blend;
pub mod bpr;
pub mod content;
mod decompositions;
pub mod ease;
mod entry_sampler;
pub mod fallback;
mod fingerprint;
pub mod gf_cf;
pub(crate) mod graph;
mod history_cap;
pub mod ials;
pub mod item_knn;
mod item_to_item;
mod linear_filter;
pub mod popularity;
pub mod rp3beta;
pub mod segment_popularity;
pub mod sequence_knn;
pub(crate) mod sequences;
pub mod slim;
mod sparse_product;
mod transitions;
pub mod trend;
pub(crate) mod truncated_svd;
pub mod user_knn;
