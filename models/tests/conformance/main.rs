//! Requirements that every recommender of the catalogue must meet.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod explanations;
mod odd_input;
mod serving;
mod support;
