//! The shapes of answers as the OpenAPI document tells them.
//!
//! The engine's own types write the answers; it knows nothing of OpenAPI. These twins are read from real answers in the
//! tests, with unknown fields refused, so the document cannot drift from what is served.

#[path = "events/schema.rs"]
mod events;
#[path = "web/ids.rs"]
mod ids;
#[path = "recommendations/schema.rs"]
mod lists;
#[path = "members/schema.rs"]
mod members;
#[path = "audiences/schema.rs"]
mod previews;
#[path = "reports/schema.rs"]
mod reports;
#[path = "audiences/rule_schema.rs"]
mod rules;

pub use events::{Event, EventType, EventWarning, EventsRequest, EventsTaken, Instant, RejectedEvent};
pub use ids::{Id, IdOrNothing};
pub use lists::{Batch, BatchEntry, ItemList, Kind, Mode, Reason, Recommendations, RecommendedItem};
pub use members::{
    DeletedTopic, Explanation, ExplanationSection, MemberData, MemberErased, MemberProfile, MemberSwitched, MemberWish,
    TopicDeleted, TopicPreference,
};
pub use previews::{Breakdown, ExpectedResponses, FunnelStep, Preview, PreviewRequest, SampleMember};
pub use reports::{MetricValue, Report, ReportColumn, ReportTable, Sentence};
pub use rules::{Did, DidEvent, Field, FieldCondition, PreferenceAtLeast, Rule};
