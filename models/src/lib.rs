//! Recommendation and ranking algorithms, without I/O.
//!
//! The crate reads no file, clock or global random generator. The same matrix, parameters and seed give the same bytes,
//! on any number of threads. Rows of a matrix are members and columns are items, both as dense indices; the caller maps
//! ids to indices.
//!
//! | module | contents |
//! | --- | --- |
//! | [`matrix`] | the user-item matrix in compressed sparse rows |
//! | [`recommender`] | the trait that all recommenders implement |
//! | [`recommenders`] | one module for each family of recommenders |
//! | [`catalogue`] | names, parameters and fitting of recommenders by name |
//! | [`evaluation`] | metrics, splits, comparisons and tuning |
//! | [`ranking`] | logistic regression from features to probabilities, and its calibration |
//! | [`profile`] | preferences, popularity by group, interest segments, the member map |

pub mod catalogue;
pub mod error;
pub mod evaluation;
pub mod matrix;
pub mod profile;
pub mod ranking;
pub mod recommender;
pub mod recommenders;
pub mod top_k;

pub use error::ModelError;
pub use matrix::{Row, UserItems};
pub use recommender::{InnerProductModel, Recommender};
