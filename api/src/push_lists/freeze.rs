//! Freezes an audience: selects the members once and keeps everything that identifies the selection.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::audience::{AudienceResult, DEFAULT_HOLD_OUT, ExperimentArm};

use super::members::ListMember;
use super::record::{ArmCounts, FrozenContent};
use crate::live::audience_query::AudienceQuery;

/// Hexadecimal digits of a rule version.
const VERSION_DIGITS: usize = 16;

/// A list to store.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPushList {
    pub(crate) item_id: String,
    pub(crate) rule_version: String,
    pub(crate) members_sha256: String,
    pub(crate) content: FrozenContent,
    pub(crate) members: Vec<ListMember>,
}

impl NewPushList {
    /// Freezes an audience of an item, as selected by `query` from a snapshot.
    #[must_use]
    pub fn freeze(query: &AudienceQuery, item_id: &str, snapshot: &Snapshot, audience: &AudienceResult) -> Self {
        let members = audience.rows.iter().map(|row| ListMember {
            rank: row.rank,
            member_id: snapshot.members.id[row.member].clone(),
            arm: row.arm,
            hold_out: row.hold_out,
            probability: row.probability,
            reasons: row.reasons.clone(),
            left_out: None,
        });
        let title = snapshot.items.id.iter().position(|id| id == item_id).map(|item| &snapshot.items.title[item]);
        let audiences = query.saved.used_by(query.rule.as_ref());
        let mut preview = audience.preview.clone();
        preview.sample.clear();
        Self {
            item_id: item_id.to_owned(),
            rule_version: rule_version(query.rule.as_ref(), &audiences),
            members_sha256: audience.members_sha256(snapshot),
            content: FrozenContent {
                item_title: title.filter(|title| !title.is_empty()).map_or(item_id, String::as_str).to_owned(),
                purpose: query.purpose.clone(),
                rule: query.rule.clone(),
                audiences,
                limit: query.limit,
                hold_out_share: query.hold_out.unwrap_or(DEFAULT_HOLD_OUT),
                selection: query.selection.unwrap_or_default(),
                preview,
            },
            members: members.collect(),
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
