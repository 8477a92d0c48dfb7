//! Audiences: a rule, whom it selects now, and how many will come.

mod answer;
mod rule;

pub use answer::{Breakdown, ExpectedResponses, FunnelStep, Preview, SampleMember, Sentence};
pub use rule::{Count, Did, Rule};
