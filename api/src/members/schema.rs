//! What is held of members, and what became of their wishes.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Everything held of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberData {
    /// The member.
    pub member_id: String,
    /// When this was put together.
    #[schema(format = DateTime)]
    pub exported_at: String,
    /// What answers are made from; null where the snapshot does not know the member.
    pub profile: Option<MemberProfile>,
    /// The member's own word on personalised lists; null where it was never said.
    pub personalised: Option<MemberWish>,
    /// Topics that the member had deleted.
    pub deleted_topics: Vec<DeletedTopic>,
    /// Rows of the lake's tables as `raw`, `built` and `rejects`, with the member's WeChat ids; null where no lake is read.
    pub files: Value,
    /// Rows of the service's own tables.
    pub database: BTreeMap<String, Vec<Value>>,
}

/// What answers for a member are made from.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberProfile {
    /// The member.
    pub member_id: String,
    /// The member's own union; null where it is unknown.
    pub union_id: Option<String>,
    /// The age band, `unknown` where the age is.
    pub age_band: String,
    /// Stage of activity.
    pub lifecycle: String,
    /// Name of the interest segment; null for members in none.
    pub segment: Option<String>,
    /// Whether personalised lists are allowed; where not, segment and preferences are empty.
    pub personalised: bool,
    /// Whether the member follows the account.
    pub follows: bool,
    /// Topics that the member's own reads and sign-ups speak for, strongest first; sensitive ones never.
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
    /// How many times everybody's share that is.
    pub lift: f64,
}

/// A member's word on personalised lists.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberWish {
    /// Whether they are allowed.
    pub allowed: bool,
    /// Since when.
    #[schema(format = DateTime)]
    pub since: String,
}

/// A topic that a member had deleted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeletedTopic {
    /// The topic.
    pub topic: String,
    /// What was read of it until then counts no more.
    #[schema(format = DateTime)]
    pub deleted_at: String,
}

/// An erasure that has begun.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberErased {
    /// The member.
    pub member_id: String,
    /// No answer knows the member any more.
    pub erased_from_answers: bool,
    /// What is still to be done, and by what.
    pub left: String,
    /// Whether the published snapshot or a waiting event named the member; `false`: check the id. The erasure stands in any
    /// case. Null before the first publish.
    pub known: Option<bool>,
}

/// A switch of personalised lists.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberSwitched {
    /// The member.
    pub member_id: String,
    /// What holds now.
    pub personalised: bool,
    /// Whether the published snapshot or a waiting event names the member. `false`: the switch is kept and holds once a file
    /// or event names them; check the id. Null before the first publish.
    pub known: Option<bool>,
}

/// A topic deleted from what is held of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TopicDeleted {
    /// The member.
    pub member_id: String,
    /// The topic.
    pub topic: String,
    /// Always true.
    pub deleted: bool,
    /// Whether the published snapshot or a waiting event names the member; see [`MemberSwitched::known`].
    pub known: Option<bool>,
}
