//! Freezes an audience: selects the members once and keeps everything that identifies the selection.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::audience::{AudienceResult, AudienceRow, DEFAULT_HOLD_OUT, ExperimentArm, Variant};

use super::members::ListMember;
use super::record::{ArmCounts, FrozenContent};
use super::variants::{ListVariant, variants_sha256};
use crate::live::audience_query::AudienceQuery;

/// Hexadecimal digits of a rule version.
const VERSION_DIGITS: usize = 16;

/// A list to store.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPushList {
    /// Empty for a new id.
    pub(crate) id: String,
    /// `None` for a list of a topic.
    pub(crate) item_id: Option<String>,
    pub(crate) topic: Option<String>,
    pub(crate) rule_version: String,
    pub(crate) members_sha256: String,
    pub(crate) content: FrozenContent,
    pub(crate) members: Vec<ListMember>,
}

impl NewPushList {
    /// Freezes an audience, as selected by `query` from a snapshot.
    #[must_use]
    pub fn freeze(query: &AudienceQuery, snapshot: &Snapshot, audience: &AudienceResult) -> Self {
        let name = |row: &AudienceRow| Some(audience.variants.get(row.variant?)?.name.clone());
        let members = audience.rows.iter().map(|row| ListMember {
            rank: row.rank,
            member_id: snapshot.members.id[row.member].clone(),
            arm: row.arm,
            hold_out: row.hold_out,
            variant: name(row),
            probability: row.probability,
            reasons: row.reasons.clone(),
            left_out: None,
        });
        let members: Vec<ListMember> = members.collect();
        let item_id = query.item_id.as_deref();
        let title = |item_id: &str| {
            let title = snapshot.items.id.iter().position(|id| id == item_id).map(|item| &snapshot.items.title[item]);
            title.filter(|title| !title.is_empty()).map_or(item_id, String::as_str).to_owned()
        };
        let variant = |variant: &Variant| {
            let item = variant.item_id.as_deref().or(item_id).unwrap_or_default();
            ListVariant::freeze(variant, (item, &title(item)), &members)
        };
        let variants: Vec<ListVariant> = audience.variants.iter().map(variant).collect();
        let audiences = query.saved.used_by(query.rule.as_ref());
        let mut preview = audience.preview.clone();
        preview.sample.clear();
        Self {
            id: query.list.clone(),
            item_id: query.item_id.clone(),
            topic: query.topic.clone(),
            rule_version: rule_version(query.rule.as_ref(), &audiences),
            members_sha256: audience.members_sha256(snapshot),
            content: FrozenContent {
                item_title: item_id.map(title).or_else(|| query.topic.clone()).unwrap_or_default(),
                purpose: query.purpose.clone(),
                rule: query.rule.clone(),
                audiences,
                limit: query.limit,
                hold_out_share: query.hold_out.unwrap_or(DEFAULT_HOLD_OUT),
                selection: query.selection.unwrap_or_default(),
                exclude: query.exclude.clone(),
                one_list_at_a_time: query.one_list_at_a_time,
                preview,
                variants_sha256: (!variants.is_empty()).then(|| variants_sha256(&members, &variants)),
                variants,
            },
            members,
        }
    }

    /// Number of members by arm.
    #[must_use]
    pub fn counts(&self) -> ArmCounts {
        let push = self.members.iter().filter(|member| member.arm == ExperimentArm::Push).count();
        ArmCounts { push, hold_out: self.members.len() - push }
    }
}

/// The start of the SHA-256 of a rule and the saved audiences behind it. The same rule has the same version.
fn rule_version(rule: Option<&Value>, audiences: &BTreeMap<String, Value>) -> String {
    let text = json!({ "rule": rule, "audiences": audiences }).to_string();
    let mut version = hex::encode(Sha256::digest(text.as_bytes()));
    version.truncate(VERSION_DIGITS);
    version
}
