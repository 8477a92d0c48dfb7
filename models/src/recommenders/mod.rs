//! The recommenders: parameters that fit a matrix into a model, one family a file.

mod bounds;
pub mod gf_cf;
pub mod item_knn;
mod neighbourhood;
pub mod popularity;
pub mod rp3beta;
pub mod sequence_knn;
mod sparse_product;
mod spectrum;
pub mod user_knn;
