//! From features to probabilities: a linear ranker, weights against exposure bias, calibration, and how well it holds.

pub mod calibration;
pub mod logistic;
pub mod propensity;
pub mod reliability;
pub mod response_rate;

mod linfa_solver;
mod newton;
