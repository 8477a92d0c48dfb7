//! The recommenders: parameters that fit a matrix into a model, one family a file.

pub mod attribute_factors;
pub mod blend;
mod bounds;
pub mod bpr;
pub mod content;
mod decompositions;
pub mod ease;
pub mod fallback;
mod fingerprint;
pub mod gf_cf;
pub(crate) mod graph;
pub mod ials;
pub mod item_knn;
mod linear_filter;
mod neighbourhood;
pub mod popularity;
pub mod rp3beta;
pub mod segment_popularity;
pub mod sequence_knn;
pub mod slim;
mod sparse_product;
mod spectrum;
pub mod trend;
pub mod user_knn;
