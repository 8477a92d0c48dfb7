//! Mathematics only: matrices in, models, scores and metrics out.
//!
//! Nothing here reads a file, a clock or a global random generator; the same matrix, parameters and seed give the same
//! bytes. Rows of a matrix are members, columns are items, both as dense indices; names of members and items stay outside.
//!
//! | module | answers |
//! | --- | --- |
//! | [`matrix`] | the user-item matrix in compressed rows |
//! | [`recommender`] | what every recommender can do |
//! | [`catalogue`] | which recommenders exist, their parameters, and how to fit one by name |
//! | [`evaluation`] | metrics, splits, comparisons, tuning |
//! | [`ranking`] | features to probabilities: logistic regression, calibration |
//! | [`profile`] | preferences, shrinkage, interest segments, the member map |

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
