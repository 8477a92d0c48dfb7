//! Audiences: evaluates a rule, selects members, and predicts the number of responses.

mod band_plan;
mod build;
mod condition_counts;
mod delivery;
mod error;
mod evaluate;
mod event_condition;
mod exclusion;
mod expected_responses;
mod experiment_arm;
mod field;
mod field_condition;
mod funnel;
mod intervals;
mod item_quota;
mod look_alikes;

mod member_set;
mod membership;
mod parse;
mod posting_counts;
mod preview;
mod push_caps;
mod quota;
mod ranking;
mod recheck;
mod references;
mod request;
mod result;
mod rule;
mod rule_members;
mod rule_size;
mod seat_plan;
mod selection;
mod send_hour;
mod stable_hash;
mod standing_hold_out;
mod time;
mod topic_probability;
mod variant;
mod variant_items;

pub use band_plan::{
    BandPlan, BandPlanRequest, GroupBy, MAX_PLAN_ITEMS, MIN_CANDIDATES, MIN_PLAN_ITEMS, PlanGroup, PlanItem,
    PlanOption, PlanTotal, ResponseGain,
};
pub use condition_counts::ConditionCount;
pub use delivery::{Delivery, Undeliverable};
pub use error::{AudienceError, RuleError};
pub use evaluate::{Resolver, StopCheck};
pub use exclusion::{Exclusion, ExclusionCount, ExclusionReason};
pub use experiment_arm::ExperimentArm;
pub use look_alikes::{
    LookAlikeMember, LookAlikeSize, LookAlikeTopic, LookAlikeWidth, LookAlikes, LookAlikesRequest, MAX_SEED_MEMBERS,
    MIN_SEEDS, Seed, SeedCounts,
};
pub use member_set::MemberSet;
pub use preview::{Breakdown, ExpectedResponses, FunnelStep, Preview, SampleMember, Sentence};
pub use recheck::Recheck;
pub use request::{AudienceRequest, DEFAULT_HOLD_OUT, PushCaps, Selection, Target};
pub use result::{AudienceResult, AudienceRow, ListDigest};
pub use rule::{Count, Did, FieldCondition, PreferenceAtLeast, Rule, SimilarTo};
pub use rule_members::RuleMembers;
pub use seat_plan::{
    PlanSeats, PlannedList, SeatPlan, SeatShortage, SeatsPerCandidate, ShowUp, UnionDemand, UnionToPhone,
};
pub(crate) use send_hour::BandReads;
pub use send_hour::{BandTime, HABIT_READS, HourCount, QuietTime, SendHours};
pub use standing_hold_out::{HoldOutKind, StandingHoldOut};
pub use variant::{MAX_VARIANTS, MIN_VARIANTS, Variant, VariantSplit};
