//! Audiences: evaluates a rule, selects members, and predicts the number of responses.

mod band_plan;
mod build;
mod condition_counts;
mod delivery;
mod error;
mod evaluate;
mod event_condition;
mod expected_responses;
mod experiment_arm;
mod field;
mod field_condition;
mod funnel;
mod intervals;
mod look_alikes;
mod member_set;
mod membership;
mod parse;
mod preview;
mod quota;
mod references;
mod request;
mod result;
mod rule;
mod rule_size;
mod selection;
mod time;
mod topic_probability;

pub use band_plan::{
    BandPlan, BandPlanRequest, GroupBy, MAX_PLAN_ITEMS, MIN_CANDIDATES, MIN_PLAN_ITEMS, PlanGroup, PlanItem,
    PlanOption, PlanTotal, ResponseGain,
};
pub use condition_counts::ConditionCount;
pub use delivery::{Delivery, Undeliverable};
pub use error::{AudienceError, RuleError};
pub use evaluate::{Resolver, StopCheck};
pub use experiment_arm::ExperimentArm;
pub use look_alikes::{
    LookAlikeMember, LookAlikeSize, LookAlikeTopic, LookAlikeWidth, LookAlikes, LookAlikesRequest, MAX_SEED_MEMBERS,
    MIN_SEEDS, Seed, SeedCounts,
};
pub use preview::{Breakdown, ExpectedResponses, FunnelStep, Preview, SampleMember, Sentence};
pub use request::{AudienceRequest, DEFAULT_HOLD_OUT, PushCaps, Target};
pub use result::{AudienceResult, AudienceRow, ListDigest};
pub use rule::{Count, Did, FieldCondition, PreferenceAtLeast, Rule, SimilarTo};
