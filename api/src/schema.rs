//! The schemas of requests and responses in the OpenAPI document.
//!
//! The engine's own types produce the responses, and know nothing of OpenAPI. These twins are deserialised from real
//! responses in the tests, with unknown fields denied, so that the document cannot drift from what is served.

pub use crate::audiences::days::schema::{AudienceDay, AudienceDays, ChangedMembers};
pub use crate::audiences::plan_schema::{
    BandPlan, BandPlanRequest, GroupBy, LookAlikeMember, LookAlikeSeed, LookAlikeSize, LookAlikeTopic, LookAlikes,
    LookAlikesRequest, PlanGroup, PlanItem, PlanOption, PlanTotal, ResponseGain, SeedCounts,
};
pub use crate::audiences::rule_schema::{
    Did, DidEvent, Field, FieldCondition, LookAlikeWidth, PreferenceAtLeast, Rule, SimilarTo,
};
pub use crate::audiences::saved_schema::{
    AudienceChange, AudienceDeleted, AudienceUse, AudienceVersion, ConditionResult, Membership, NewAudience,
    SavedAudience, SavedAudienceList,
};
pub use crate::audiences::schema::{
    BandTime, Breakdown, ExclusionCount, ExpectedResponses, FunnelStep, HourCount, NewVariant, Preview, PreviewRequest,
    SampleMember, SendHours,
};
pub use crate::audiences::seat_plan_schema::{
    PlanSeats, PlannedList, SeatPlan, SeatsPerCandidate, ShowUp, UnionDemand, UnionToPhone,
};
pub use crate::events::schema::{Event, EventType, EventWarning, EventsRequest, EventsTaken, Instant, RejectedEvent};
pub use crate::exclusions::schema::{ExclusionList, ExclusionListDeleted, ExclusionLists, NewExclusionList};
pub use crate::members::schema::{
    DeletedTopic, MemberData, MemberErased, MemberProfile, MemberSwitched, MemberWish, TeamMatchSwitched, TopicDeleted,
    TopicPreference,
};
pub use crate::push_lists::schema::{
    ActualResponses, ArmCounts, ArmResponses, BandResponses, CalibrationGroup, NewPushList, PushList, PushListMember,
    PushListMembers, PushLists, RejectPushList, Seats, Signature, UpliftInterval,
};
pub use crate::push_lists::schema::{Overlap, Sending, SendingBatch};
pub use crate::push_lists::variants_schema::{ListVariant, RateInterval, VariantResponses};
pub use crate::recommendations::schema::{
    Batch, BatchEntry, Explanation, ExplanationSection, ItemList, Kind, Mode, Reason, Recommendations, RecommendedItem,
};
pub use crate::reports::schema::{
    Memo, MetricMethod, MetricValue, Mover, PushEffect, Report, ReportColumn, ReportTable, Sentence, SilentUnion,
    SilentUnions,
};
pub use crate::teams::schema::{
    NewTeamBlock, NewTeamInvitation, Team, TeamBlock, TeamBlocks, TeamInvitation, TeamInvitationEnded,
    TeamInvitationState, TeamInvitations, TeamLeft, TeamMember, TeamMemberRequest, TeamRole, TeamSuggestion,
    TeamSuggestions, TeamSuggestionsRequest, TeamUnblocked, Teams,
};
pub use crate::web::ids::{Id, IdOrNothing};
