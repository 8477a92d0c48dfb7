//! What every recommender of the catalogue owes its callers, whatever it learns.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod explanations;
mod odd_input;
mod serving;
mod support;
