//! The recommenders themselves, one noun a file.

pub mod attribute_factors;
pub mod bpr;
pub mod ials;

mod fingerprint;
