//! The recommenders themselves, one noun a file.

pub mod ials;
