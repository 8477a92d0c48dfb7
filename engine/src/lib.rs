//! Who gets what and why: eligibility, scoring, audiences, push lists, metric definitions, suppression.
//!
//! Columnar, in memory, no I/O, no clock: `now` and `as_of` are arguments.

pub mod answer;
pub mod audience;
pub mod report;

pub use answer::{Language, Reason, Recommendations, RecommendedItem};
