//! A push list as JSON and as a row of the database.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zhihui_engine::audience::{ExclusionCount, HoldOutKind, Preview, Selection, SendHours};

use super::overlap::Overlap;
use super::responses::ActualResponses;
use super::sending::record::Sending;
use super::state::ListState;
use super::variants::ListVariant;
use crate::clock::rfc3339;
use crate::store::error::StoreError;
use crate::store::sql::Row;

/// Number of members by arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ArmCounts {
    /// To push to.
    pub push: usize,
    /// Held out.
    pub hold_out: usize,
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// `user NAME`, `key ID` or `command line`.
    pub by: String,
    /// RFC 3339 in UTC.
    pub at: String,
}

/// What is fixed when the list is created, besides its columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrozenContent {
    /// Title of the item.
    pub item_title: String,
    /// Why the list was made.
    pub purpose: Option<String>,
    /// The rule as given; all members if missing.
    pub rule: Option<Value>,
    /// The rules of the saved audiences behind the rule, by id.
    pub audiences: BTreeMap<String, Value>,
    /// Maximum number of members to push to.
    pub limit: Option<usize>,
    /// Share of the hold-out.
    pub hold_out_share: f64,
    /// Which candidates were selected. Missing in lists that were frozen before there was a choice.
    #[serde(default)]
    pub selection: Selection,
    /// The exclusion lists that were chosen, besides those that apply to every audience. Missing in older lists.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether its members are in one list at a time. `None` in older lists: the setting of the home decides.
    #[serde(default)]
    pub one_list_at_a_time: Option<bool>,
    /// The preview of the members, with an empty sample.
    pub preview: Preview,
    /// The variants. Missing in lists that were frozen before there were any.
    #[serde(default)]
    pub variants: Vec<ListVariant>,
    /// SHA-256 of what every member gets; null without variants.
    #[serde(default)]
    pub variants_sha256: Option<String>,
}

/// A push list. The first 14 fields are those of the contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PushList {
    /// Id.
    pub id: String,
    /// State.
    pub state: ListState,
    /// The item to push. Null for a list of a topic until it is sent.
    pub item_id: Option<String>,
    /// Identifies the rule together with the saved audiences behind it: the start of their SHA-256.
    pub rule_version: String,
    /// The instant whose state the snapshot holds.
    pub as_of: String,
    /// Version of the snapshot and its model.
    pub model_version: String,
    /// SHA-256 over the sorted lines `member_id\tarm\n`.
    pub members_sha256: String,
    /// Members by arm.
    pub counts: ArmCounts,
    /// Members left after each step.
    pub funnel: Value,
    /// Expected responses with an interval.
    pub expected_responses: Value,
    /// Responses so far; null until the list was sent.
    pub actual_responses: Option<ActualResponses>,
    /// Who created the list.
    pub created_by: String,
    /// Who approved it; null until then.
    pub approved_by: Option<String>,
    /// When it was frozen.
    pub frozen_at: String,
    /// The topic whose members were selected; null for a list of an item.
    pub topic: Option<String>,
    /// Title of the item when the list was frozen. For a list of a topic the topic, and once it is sent the title of the item.
    pub item_title: String,
    /// Why the list was made.
    pub purpose: Option<String>,
    /// The rule.
    pub rule: Option<Value>,
    /// Maximum number of members to push to.
    pub limit: Option<usize>,
    /// Share of the hold-out.
    pub hold_out_share: f64,
    /// Which candidates were selected.
    pub selection: Selection,
    /// Whether its members are in one list at a time; null in older lists, where the setting of the home decides.
    pub one_list_at_a_time: Option<bool>,
    /// Members by attribute.
    pub breakdowns: Value,
    /// Who submitted it last.
    pub submitted: Option<Signature>,
    /// Who approved it.
    pub approved: Option<Signature>,
    /// Who rejected it last.
    pub rejected: Option<Signature>,
    /// Why it was rejected last.
    pub rejected_reason: Option<String>,
    /// When it was sent: the time of its pushes.
    pub sent_at: Option<String>,
    /// When its first file was complete.
    pub exported_at: Option<String>,
    /// Who closed it.
    pub closed: Option<Signature>,
    /// Members who were left out when it was sent, by reason.
    pub left_out: BTreeMap<String, usize>,
    /// How it is sent through WeChat; null if it is not.
    pub sending: Option<Sending>,
    /// Members of the arm `hold_out` by the hold-out they are in: `list`, `topic` or `global`.
    pub held_out_by: BTreeMap<&'static str, usize>,
    /// The exclusion lists that were applied, with the members that each concerned.
    pub exclusions: Vec<ExclusionCount>,
    /// When to send it, as computed when it was frozen; null for older lists.
    pub send_hours: Option<SendHours>,
    /// The variants among which both arms are divided; empty for none.
    pub variants: Vec<ListVariant>,
    /// SHA-256 over the sorted lines `member_id\tarm\tvariant\titem_id\ttitle\n`; null without variants.
    pub variants_sha256: Option<String>,
    /// Other lists with members of this one, until it is sent.
    pub overlap: Vec<Overlap>,
    /// The union subtree of the author.
    #[serde(skip)]
    pub(crate) union_id: Option<String>,
    /// Rows of its members: all of them but the erased ones. Zero in a list of lists.
    #[serde(skip)]
    pub(crate) stored: usize,
    #[serde(skip)]
    pub(crate) sent_at_seconds: Option<i64>,
    #[serde(skip)]
    pub(crate) preview: Preview,
    /// The exclusion lists that were chosen.
    #[serde(skip)]
    pub(crate) exclude: Vec<String>,
}

impl PushList {
    pub(crate) fn from_row(row: &Row) -> Result<Self, StoreError> {
        let state: String = row.try_get("state")?;
        let frozen: String = row.try_get("frozen")?;
        let frozen: FrozenContent = serde_json::from_str(&frozen).map_err(StoreError::damaged)?;
        let signature = |name: &str| -> Result<Option<Signature>, StoreError> {
            let by: Option<String> = row.try_get(format!("{name}_by").as_str())?;
            let at: Option<i64> = row.try_get(format!("{name}_at").as_str())?;
            Ok(by.zip(at).map(|(by, at)| Signature { by, at: rfc3339(at) }))
        };
        let count = |name: &str| -> Result<usize, StoreError> { Ok(row.try_get::<u32, _>(name)? as usize) };
        let sent_at_seconds: Option<i64> = row.try_get("sent_at")?;
        let exported_at: Option<i64> = row.try_get("exported_at")?;
        let approved = signature("approved")?;
        let item_id: String = row.try_get("item_id")?;
        let (sent_item, sent_title): (Option<String>, Option<String>) =
            (row.try_get("sent_item_id")?, row.try_get("sent_item_title")?);
        Ok(Self {
            id: row.try_get("id")?,
            state: ListState::parse(&state).ok_or_else(|| StoreError::damaged(format!("unknown state {state:?}")))?,
            item_id: sent_item.or(Some(item_id).filter(|id| !id.is_empty())),
            topic: row.try_get("topic")?,
            rule_version: row.try_get("rule_version")?,
            as_of: row.try_get("as_of")?,
            model_version: row.try_get("model_version")?,
            members_sha256: row.try_get("members_sha256")?,
            counts: ArmCounts { push: count("push")?, hold_out: count("hold_out")? },
            funnel: serde_json::to_value(&frozen.preview.funnel).map_err(StoreError::damaged)?,
            expected_responses: serde_json::to_value(&frozen.preview.expected_responses)
                .map_err(StoreError::damaged)?,
            actual_responses: None,
            created_by: row.try_get("created_by")?,
            approved_by: approved.as_ref().map(|signature| signature.by.clone()),
            frozen_at: rfc3339(row.try_get("frozen_at")?),
            item_title: sent_title.unwrap_or(frozen.item_title),
            purpose: frozen.purpose,
            rule: frozen.rule,
            limit: frozen.limit,
            hold_out_share: frozen.hold_out_share,
            selection: frozen.selection,
            one_list_at_a_time: frozen.one_list_at_a_time,
            exclude: frozen.exclude,
            breakdowns: serde_json::to_value(&frozen.preview.breakdowns).map_err(StoreError::damaged)?,
            submitted: signature("submitted")?,
            approved,
            rejected: signature("rejected")?,
            rejected_reason: row.try_get("rejected_reason")?,
            sent_at: sent_at_seconds.map(rfc3339),
            exported_at: exported_at.map(rfc3339),
            closed: signature("closed")?,
            left_out: BTreeMap::new(),
            sending: None,
            held_out_by: held_out_by(&frozen.preview),
            exclusions: frozen.preview.exclusions.clone(),
            send_hours: frozen.preview.send_hours.clone(),
            variants: frozen.variants,
            variants_sha256: frozen.variants_sha256,
            overlap: Vec::new(),
            union_id: row.try_get("union_id")?,
            stored: 0,
            sent_at_seconds,
            preview: frozen.preview,
        })
    }
}

/// Members of the hold-outs by kind, for the kinds that have any.
fn held_out_by(preview: &Preview) -> BTreeMap<&'static str, usize> {
    let count = |kind: HoldOutKind| Some((kind.as_str(), preview.excluded.get(kind.exclusion()).copied()?));
    HoldOutKind::ALL.into_iter().filter_map(count).collect()
}
