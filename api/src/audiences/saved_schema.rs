//! Schemas of saved audiences.

use serde::Deserialize;
use utoipa::ToSchema;

use super::rule_schema::Rule;

/// An audience to save.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAudience {
    /// Its name.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Its rule.
    #[schema(value_type = Rule)]
    pub rule: serde_json::Value,
    /// What it is for.
    #[schema(min_length = 1, max_length = 100)]
    pub note: Option<String>,
}

/// A change to a saved audience. Missing fields stay as they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AudienceChange {
    /// The new name.
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// The new rule, which becomes the next version.
    #[schema(value_type = Option<Rule>)]
    pub rule: Option<serde_json::Value>,
    /// What was changed.
    #[schema(min_length = 1, max_length = 100)]
    pub note: Option<String>,
    /// The version that the change was made on. Refused if there is a later one.
    pub version: Option<i64>,
}

/// A saved audience.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedAudience {
    /// Id, for `{"audience": "ID"}` in rules.
    pub id: String,
    /// Name.
    pub name: String,
    /// The current rule.
    #[schema(value_type = Object)]
    pub rule: serde_json::Value,
    /// Who saved it first.
    pub owner: String,
    /// Number of the current version.
    pub version: i64,
    /// When it was saved first.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the current version was saved.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// All versions, latest first.
    pub versions: Vec<AudienceVersion>,
    /// Where it is used.
    pub used_in: Vec<AudienceUse>,
    /// Members who meet the rule now; null before the first publish, and if the rule asks for the look-alikes of an audience
    /// that has become too small. Not part of lists.
    #[serde(default)]
    pub members: Option<usize>,
    /// The instant whose state was counted.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub as_of: Option<String>,
}

/// A version of a saved audience.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AudienceVersion {
    /// Number of the version, from 1.
    pub version: i64,
    /// The rule.
    #[schema(value_type = Object)]
    pub rule: serde_json::Value,
    /// Who saved it.
    pub author: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// What was changed, in the author's words.
    pub note: Option<String>,
}

/// Something that uses a saved audience.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AudienceUse {
    /// `audience` or `push_list`.
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// The saved audiences.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedAudienceList {
    /// By name.
    pub audiences: Vec<SavedAudience>,
}

/// A saved audience was deleted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AudienceDeleted {
    /// Id.
    pub id: String,
    /// Always true.
    pub deleted: bool,
}

/// Whether a member is in an audience, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// The member.
    pub member_id: String,
    /// Whether the member meets the whole rule.
    pub selected: bool,
    /// The instant whose state the snapshot holds.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// The whole rule, its groups and its conditions, outer ones first.
    pub conditions: Vec<ConditionResult>,
}

/// A condition, and whether the member meets it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionResult {
    /// JSON pointer to the condition; empty for the whole rule.
    pub path: String,
    /// Whether the member meets it.
    pub holds: bool,
}
