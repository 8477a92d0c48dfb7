//! From features to probabilities: a linear ranker, its calibration, and how well it holds.

pub mod calibration;
pub mod logistic;
pub mod reliability;

mod newton;
mod unweighted;
