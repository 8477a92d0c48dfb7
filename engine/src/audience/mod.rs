//! Audiences: a rule, whom it selects now, and how many will come.

mod answer;
mod arm;
mod build;
mod condition;
mod error;
mod evaluate;
mod event;
mod expected;
mod field;
mod funnel;
mod member_set;
mod parse;
mod quota;
mod request;
mod result;
mod rule;
mod size;
mod spans;
mod time;
mod topic;

pub use answer::{Breakdown, ExpectedResponses, FunnelStep, Preview, SampleMember, Sentence};
pub use arm::Arm;
pub use error::{AudienceError, RuleError};
pub use evaluate::{Resolver, Stop};
pub use request::{AudienceRequest, PushCaps, Target, USUAL_HOLD_OUT};
pub use result::{AudienceResult, AudienceRow, ListDigest};
pub use rule::{Count, Did, FieldCondition, PreferenceAtLeast, Rule};
