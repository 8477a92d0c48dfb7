//! Schemas of push lists.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use super::variants_schema::{ListVariant, VariantResponses};
use crate::audiences::rule_schema::Rule;
use crate::audiences::schema::{Breakdown, ExclusionCount, ExpectedResponses, FunnelStep, NewVariant, SendHours};
use crate::recommendations::schema::Reason;

/// Request of a push list: the audience to freeze.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPushList {
    /// Why the list is made. Goes to the audit log.
    #[schema(max_length = 200)]
    pub purpose: Option<String>,
    /// The item to push. Give this or `topic`.
    pub item_id: Option<String>,
    /// The topic to push, instead of an item. The item is chosen when the list is sent.
    pub topic: Option<String>,
    /// Conditions; all members if missing.
    #[schema(value_type = Option<Rule>)]
    pub rule: Option<serde_json::Value>,
    /// Maximum number of members to push to.
    #[schema(maximum = 4_294_967_295_u64)]
    pub limit: Option<usize>,
    /// Share of the audience kept out of the push for comparison; 0.1 if missing, 0 for none.
    #[schema(minimum = 0, exclusive_maximum = 1, default = 0.1)]
    pub hold_out: Option<f64>,
    /// Exclusion lists to apply, by id, besides those that apply to every audience.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether to leave out members of other push lists that are under way; the setting of the home if missing.
    pub one_list_at_a_time: Option<bool>,
    /// A push list always contains at which hour to send.
    #[serde(default)]
    pub send_hours: bool,
    /// `likeliest` (default) or `even`. `even` requires an item with seats.
    #[schema(default = "likeliest", pattern = "^(likeliest|even)$")]
    pub selection: Option<String>,
    /// 2 to 4 variants among which both arms are divided at random, or none.
    #[serde(default)]
    #[schema(max_items = 4)]
    pub variants: Vec<NewVariant>,
}

/// Why a list is returned to its author.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectPushList {
    /// The reason.
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
}

/// The latest push lists.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushLists {
    /// Newest first. `left_out`, `actual_responses`, `sending` and `overlap` are part of a single list only.
    pub push_lists: Vec<PushList>,
}

/// A push list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushList {
    /// Id.
    pub id: String,
    /// `draft`, `submitted`, `approved`, `exported` or `closed`.
    #[schema(pattern = "^(draft|submitted|approved|exported|closed)$")]
    pub state: String,
    /// The item to push. Null for a list of a topic until it is sent.
    pub item_id: Option<String>,
    /// Identifies the rule and the saved audiences behind it.
    pub rule_version: String,
    /// The instant whose state the snapshot holds.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Version of the snapshot and its model.
    pub model_version: String,
    /// SHA-256 over the sorted lines `member_id\tarm\n`.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub members_sha256: String,
    /// Members by arm.
    pub counts: ArmCounts,
    /// Members left after each step.
    pub funnel: Vec<FunnelStep>,
    /// Expected responses with an interval.
    pub expected_responses: ExpectedResponses,
    /// Responses so far; null until the list was sent.
    pub actual_responses: Option<ActualResponses>,
    /// Who created the list.
    pub created_by: String,
    /// Who approved it; null until then.
    pub approved_by: Option<String>,
    /// When it was frozen.
    #[schema(format = DateTime)]
    pub frozen_at: String,
    /// The topic whose members were selected; null for a list of an item.
    pub topic: Option<String>,
    /// Title of the item when the list was frozen. For a list of a topic the topic, and once it is sent the title of the item.
    pub item_title: String,
    /// Why the list was made.
    pub purpose: Option<String>,
    /// The rule.
    #[schema(value_type = Option<Object>)]
    pub rule: Option<serde_json::Value>,
    /// Maximum number of members to push to.
    pub limit: Option<usize>,
    /// Share of the hold-out.
    pub hold_out_share: f64,
    /// `likeliest` or `even`.
    #[schema(pattern = "^(likeliest|even)$")]
    pub selection: String,
    /// Whether its members are in one list at a time; null in older lists, where the setting of the home decides.
    pub one_list_at_a_time: Option<bool>,
    /// Members to push to by attribute.
    pub breakdowns: BTreeMap<String, Vec<Breakdown>>,
    /// Who submitted it last.
    pub submitted: Option<Signature>,
    /// Who approved it.
    pub approved: Option<Signature>,
    /// Who rejected it last.
    pub rejected: Option<Signature>,
    /// Why it was rejected last.
    pub rejected_reason: Option<String>,
    /// When it was sent: the time of its pushes.
    #[schema(format = DateTime)]
    pub sent_at: Option<String>,
    /// When its first file was complete.
    #[schema(format = DateTime)]
    pub exported_at: Option<String>,
    /// Who closed it.
    pub closed: Option<Signature>,
    /// Members who were left out when it was sent, by reason.
    pub left_out: BTreeMap<String, usize>,
    /// How it is sent through WeChat; null if it is not.
    pub sending: Option<Sending>,
    /// Members of the arm `hold_out` by the hold-out they are in: `list`, `topic` or `global`.
    pub held_out_by: BTreeMap<String, usize>,
    /// The exclusion lists that were applied, with the members that each concerned.
    pub exclusions: Vec<ExclusionCount>,
    /// When to send it, as computed when it was frozen; null for older lists.
    pub send_hours: Option<SendHours>,
    /// The variants among which both arms are divided; empty for none.
    pub variants: Vec<ListVariant>,
    /// SHA-256 over the sorted lines `member_id\tarm\tvariant\titem_id\ttitle\n`, with an empty title for that of the item;
    /// null without variants.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub variants_sha256: Option<String>,
    /// Other lists with members of this one, until it is sent; part of a single list only.
    pub overlap: Vec<Overlap>,
}

/// Another list with members of this one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Overlap {
    /// Id of the other list.
    pub id: String,
    /// Title of its item.
    pub item_title: String,
    /// Its state.
    pub state: String,
    /// When it was sent.
    #[schema(format = DateTime)]
    pub sent_at: Option<String>,
    /// Members to push to in both lists.
    pub members: u32,
}

/// How a push list is sent through WeChat.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sending {
    /// Address of the interfaces.
    pub to: String,
    /// `service` or `subscription`.
    #[schema(pattern = "^(service|subscription)$")]
    pub account: String,
    /// What is sent: `{"text":"…"}` or `{"media_id":"…"}`.
    #[schema(value_type = Object)]
    pub message: serde_json::Value,
    /// Who began it.
    pub started_by: String,
    /// When it began.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When every request had its answer; null until then.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
    /// The requests, in the order in which they are sent.
    pub batches: Vec<SendingBatch>,
}

/// One request to WeChat.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendingBatch {
    /// Number, from 1.
    pub number: u32,
    /// Prevents WeChat from sending a repeated request.
    #[schema(max_length = 64)]
    pub client_msg_id: String,
    /// Number of openids.
    pub openids: u32,
    /// Name of the variant of its members; null in a list without variants.
    pub variant: Option<String>,
    /// What its variant gets; null for the message of the list.
    #[schema(value_type = Option<Object>)]
    pub message: Option<serde_json::Value>,
    /// `waiting`, `sending`, `submitted`, `refused` or `empty` (too few members were left).
    #[schema(pattern = "^(waiting|sending|submitted|refused|empty)$")]
    pub state: String,
    /// When WeChat accepted it.
    #[schema(format = DateTime)]
    pub submitted_at: Option<String>,
    /// WeChat's id of the message.
    pub msg_id: Option<i64>,
    /// WeChat's id of the articles in its statistics.
    pub msg_data_id: Option<i64>,
    /// Why WeChat refused it.
    pub error: Option<String>,
    /// WeChat's result, such as `send success`; null until it is known.
    pub result: Option<String>,
    /// Followers left after WeChat's own filters; null until WeChat has called back.
    pub filter_count: Option<i64>,
    /// Followers who received it; null until WeChat has called back.
    pub sent_count: Option<i64>,
    /// Followers for whom it failed; null until WeChat has called back.
    pub error_count: Option<i64>,
}

/// Members by arm.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArmCounts {
    /// To push to.
    pub push: usize,
    /// Held out.
    pub hold_out: usize,
}

/// Who did something, and when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// `user NAME`, `key ID` or `command line`.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// Responses to a list that was sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActualResponses {
    /// Pushed members who responded: read within 72 hours (article) or signed up within 7 days (any other kind).
    pub value: usize,
    /// Responses count before this time; null if the snapshot does not know the item any more.
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// Whether that time has passed.
    pub complete: bool,
    /// The pushed members.
    pub push: ArmResponses,
    /// The members of the hold-out of the list.
    pub hold_out: ArmResponses,
    /// The members of standing hold-outs, who are not part of the comparison.
    pub standing_hold_out: ArmResponses,
    /// The effect of the push; null if an arm has fewer than 30 members.
    pub uplift: Option<UpliftInterval>,
    /// By age band, in order.
    pub by_age_band: Vec<BandResponses>,
    /// Expected and actual responses of the pushed members in at most ten groups of equal size, the likeliest members
    /// first. Empty with fewer than 20 members.
    pub calibration: Vec<CalibrationGroup>,
    /// Seats of the item, taken by whomever; null without a limit.
    pub seats: Option<Seats>,
    /// By variant; empty without variants.
    pub variants: Vec<VariantResponses>,
}

/// Seats of an activity.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Seats {
    /// All seats.
    pub capacity: u32,
    /// Those taken by sign-ups, at most all.
    pub taken: u32,
}

/// Pushed members with similar probabilities.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalibrationGroup {
    /// Number of members.
    pub members: usize,
    /// Sum of their probabilities when the list was frozen.
    pub expected: f64,
    /// Those who responded.
    pub responded: usize,
}

/// Members and responders of an arm.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArmResponses {
    /// Members of the arm, without those who were left out.
    pub members: usize,
    /// Those who responded.
    pub responded: usize,
    /// Those who followed the account when the list was sent and do not follow it now.
    pub unfollowed: usize,
}

/// The difference between the arms in percentage points.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpliftInterval {
    /// Response rate of the pushed members minus that of the held-out ones.
    pub points: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Whether the interval excludes zero.
    pub clear: bool,
}

/// Responses of an age band.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BandResponses {
    /// Label of the age band.
    pub age_band: String,
    /// The pushed members.
    pub push: ArmResponses,
    /// The held-out members.
    pub hold_out: ArmResponses,
}

/// A page of members of both arms.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushListMembers {
    /// The members, by rank.
    pub members: Vec<PushListMember>,
    /// The value of `after` for the next page; null after the last one.
    pub next: Option<usize>,
}

/// A member of a push list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushListMember {
    /// Rank by probability among both arms, from 1.
    pub rank: usize,
    /// Id of the member.
    pub member_id: String,
    /// `push` or `hold_out`.
    #[schema(pattern = "^(push|hold_out)$")]
    pub arm: String,
    /// `list`, `topic` or `global`; null in the arm `push`.
    #[schema(pattern = "^(list|topic|global)$")]
    pub hold_out: Option<String>,
    /// Name of the variant that the member gets, or would have got; null in a list without variants.
    pub variant: Option<String>,
    /// Probability of a response, as it was when the list was frozen.
    pub probability: f64,
    /// Reasons, strongest first.
    pub reasons: Vec<Reason>,
    /// Why the member was left out when the list was sent; null for all others.
    pub left_out: Option<String>,
}
