//! The schemas of requests and responses in the OpenAPI document.
//!
//! The engine's own types produce the responses, and know nothing of OpenAPI. These twins are deserialised from real
//! responses in the tests, with unknown fields denied, so that the document cannot drift from what is served.

pub use crate::audiences::rule_schema::{Did, DidEvent, Field, FieldCondition, PreferenceAtLeast, Rule};
pub use crate::audiences::saved_schema::{
    AudienceChange, AudienceDeleted, AudienceUse, AudienceVersion, ConditionResult, Membership, NewAudience,
    SavedAudience, SavedAudienceList,
};
pub use crate::audiences::schema::{Breakdown, ExpectedResponses, FunnelStep, Preview, PreviewRequest, SampleMember};
pub use crate::events::schema::{Event, EventType, EventWarning, EventsRequest, EventsTaken, Instant, RejectedEvent};
pub use crate::members::schema::{
    DeletedTopic, MemberData, MemberErased, MemberProfile, MemberSwitched, MemberWish, TopicDeleted, TopicPreference,
};
pub use crate::push_lists::schema::{
    ActualResponses, ArmCounts, ArmResponses, BandResponses, CalibrationGroup, NewPushList, PushList, PushListMember,
    PushListMembers, PushLists, RejectPushList, Seats, Signature, UpliftInterval,
};
pub use crate::push_lists::schema::{Overlap, Sending, SendingBatch};
pub use crate::recommendations::schema::{
    Batch, BatchEntry, Explanation, ExplanationSection, ItemList, Kind, Mode, Reason, Recommendations, RecommendedItem,
};
pub use crate::reports::schema::{MetricValue, Report, ReportColumn, ReportTable, Sentence};
pub use crate::web::ids::{Id, IdOrNothing};
