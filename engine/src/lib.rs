//! Who gets what and why: eligibility, scoring, audiences, push lists, metric definitions, suppression.
//!
//! Columnar, in memory, no I/O, no clock: `now` and `as_of` are arguments.
//!
//! | module | answers |
//! | --- | --- |
//! | [`answer`] | the shapes of requests and answers |
//! | [`Engine`] | a snapshot taken up; `recommend`, `similar`, `popular`, `eligibility`, `features`, `audience` |
//! | [`overlay`] | what happened since the snapshot, and what members asked for about themselves |
//! | [`audience`] | rules, previews, audiences |
//! | [`insight`] | items, members and the model as people look at them |
//! | [`report`] | the report's shape, metric definitions, suppression of small groups |

pub mod answer;
pub mod audience;
mod eligibility;
mod engine;
mod index;
pub mod insight;
mod member_profile;
pub mod overlay;
mod recommend;
pub mod report;
mod scoring;

pub use answer::{Language, Reason, Recommendations, RecommendedItem};
pub use eligibility::Ineligible;
pub use engine::Engine;
pub use member_profile::{MemberProfile, TopicPreference};
pub use overlay::Overlay;
pub use recommend::{CandidateRanker, FlooredList, GroupAttention, ListOptions, Order};
pub use scoring::{
    Cause, Explanation, FEATURES, FeatureContribution, MemberFeatures, N_FEATURES, attention_weight, event_weight,
    interaction_weight,
};
