//! Schemas of the members' rights: data export, consent and erasure.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// All data about a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberData {
    /// Id of the member.
    pub member_id: String,
    /// Time of the export.
    #[schema(format = DateTime)]
    pub exported_at: String,
    /// Profile in the snapshot; null if the snapshot does not contain the member.
    pub profile: Option<MemberProfile>,
    /// Consent to personalised lists; null if the member never changed it.
    pub personalised: Option<MemberWish>,
    /// Topics that the member had deleted.
    pub deleted_topics: Vec<DeletedTopic>,
    /// Rows of the lake as `raw`, `built` and `rejects`, with the openids of the member; null without a lake.
    pub files: Value,
    /// Rows of the databases of the service.
    pub database: BTreeMap<String, Vec<Value>>,
}

/// The profile of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberProfile {
    /// Id of the member.
    pub member_id: String,
    /// Union of the member; null if unknown.
    pub union_id: Option<String>,
    /// Age band; `unknown` if the age is unknown.
    pub age_band: String,
    /// Lifecycle stage.
    pub lifecycle: String,
    /// Name of the interest segment; null if there is none.
    pub segment: Option<String>,
    /// Whether personalised lists are allowed. If not, segment and preferences are empty.
    pub personalised: bool,
    /// Whether the member follows the account.
    pub follows: bool,
    /// Preferred topics from the member's reads and sign-ups, strongest first, without sensitive ones.
    pub preferences: Vec<TopicPreference>,
    /// Number of events by kind.
    pub history: BTreeMap<String, u64>,
}

/// A member's preference for a topic.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TopicPreference {
    /// The topic.
    pub topic: String,
    /// The member's share of attention, shrunk towards the age band's.
    #[schema(minimum = 0, maximum = 1)]
    pub share: f64,
    /// The age band's mean share.
    #[schema(minimum = 0, maximum = 1)]
    pub band_share: f64,
    /// Ratio of the share to the mean share of all members.
    pub lift: f64,
}

/// A member's consent to personalised lists.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberWish {
    /// Whether personalised lists are allowed.
    pub allowed: bool,
    /// Time of the last change.
    #[schema(format = DateTime)]
    pub since: String,
}

/// A topic that a member had deleted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeletedTopic {
    /// The topic.
    pub topic: String,
    /// Events on the topic up to this time no longer count.
    #[schema(format = DateTime)]
    pub deleted_at: String,
}

/// A started erasure.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberErased {
    /// Id of the member.
    pub member_id: String,
    /// Responses no longer contain the member.
    pub erased_from_answers: bool,
    /// The remaining steps.
    pub left: String,
    /// Whether the published snapshot or a waiting event named the member. If `false`, check the id; the erasure is recorded
    /// in any case. Null before the first publish.
    pub known: Option<bool>,
}

/// A change of the consent to personalised lists.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberSwitched {
    /// Id of the member.
    pub member_id: String,
    /// The new setting.
    pub personalised: bool,
    /// Whether the published snapshot or a waiting event names the member. If `false`, check the id; the setting is stored
    /// and applies once a file or event names the member. Null before the first publish.
    pub known: Option<bool>,
}

/// A change of the wish to be matched with teams.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamMatchSwitched {
    /// Id of the member.
    pub member_id: String,
    /// The new setting.
    pub team_match: bool,
    /// Whether the published snapshot or a waiting event names the member; see [`MemberSwitched::known`].
    pub known: Option<bool>,
}

/// A deleted topic of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TopicDeleted {
    /// Id of the member.
    pub member_id: String,
    /// The topic.
    pub topic: String,
    /// Always true.
    pub deleted: bool,
    /// Whether the published snapshot or a waiting event names the member; see [`MemberSwitched::known`].
    pub known: Option<bool>,
}
