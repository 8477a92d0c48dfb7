//! From features to probabilities: a linear ranker, weights against exposure bias, calibration and reliability.

pub mod calibration;
pub mod logistic;
pub mod propensity;
pub mod reliability;
pub mod response_rate;

mod examples;
mod linfa_solver;
mod newton;
