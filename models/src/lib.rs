//! Recommendation and ranking algorithms, without I/O.
//!
//! The crate reads no file, clock or global random generator. The same matrix, parameters and seed give the same bytes, on
//! any number of threads. Rows of a matrix are members and columns are items, both as dense indices; the caller maps ids to
//! indices.
//!
//! ```
//! use zhihui_models::UserItems;
//! use zhihui_models::catalogue::{ModelName, ModelSpec, TrainingData};
//! use zhihui_models::evaluation::recommend;
//!
//! // Three members and four items. The first two members share an interest, and member 1 has not seen item 2.
//! let entries = [(0, 0, 1.0), (0, 1, 1.0), (0, 2, 1.0), (1, 0, 1.0), (1, 1, 1.0), (2, 3, 1.0)];
//! let data = TrainingData::new(UserItems::from_triplets(3, 4, entries)?);
//!
//! let model = ModelSpec::new(ModelName::ItemKnn).fit(&data, 7)?;
//! let lists = recommend(model.as_ref(), &data.interactions, &[1], 1);
//! assert_eq!(lists, [[2]]);
//!
//! let history = data.interactions.row(1);
//! let contributions = model.explain(Some(1), history, 2).expect("item_knn explains its scores");
//! assert_eq!(contributions.iter().map(|&(item, _)| item).collect::<Vec<_>>(), [0, 1]);
//! # Ok::<(), zhihui_models::ModelError>(())
//! ```
//!
//! | module | contents |
//! | --- | --- |
//! | [`matrix`] | the user-item matrix in compressed sparse rows |
//! | [`recommender`] | the trait that all recommenders implement |
//! | [`recommenders`] | one module for each family of recommenders |
//! | [`training_data`] | interactions, sequences and attributes that models are fitted on |
//! | [`catalogue`] | names, parameters and fitting of recommenders by name |
//! | [`evaluation`] | metrics, splits and comparisons |
//! | [`tuning`] | search for the parameters of models |
//! | [`ranking`] | logistic regression from features to probabilities, and its calibration |
//! | [`profile`] | preferences, popularity by group, interest segments, the member map |
//!
//! # Examples
//!
//! `models/examples/` has one short program for each concept: `fit_and_explain`, `evaluate`, `tune` and `calibrate` run on
//! made-up data, `evaluate_csv`, `next_click` and `scale` on files and sizes of your choice.
//!
//! # Use of linfa
//!
//! linfa provides k-means (segments), principal components (the member map) and unweighted logistic regression. It has no
//! sample weights, no ridge for vector targets and no prior for Platt's line, so [`ranking`] and
//! [`recommenders::attribute_factors`] have their own solvers. Tests compare these with linfa where both apply: the weighted
//! ranker with `linfa-logistic`, attribute factors with `linfa-linear`, and the calibration line with linfa's Platt scaling.

mod bounds;
pub mod catalogue;
mod decay;
pub mod error;
pub mod evaluation;
mod event;
pub mod matrix;
pub mod profile;
pub mod ranking;
pub mod recommender;
pub mod recommenders;
pub mod top_k;
pub mod training_data;
pub mod tuning;

pub use error::ModelError;
pub use matrix::{Row, UserItems};
pub use recommender::{InnerProductModel, Recommender};
