//! Schemas of exclusion lists.

use serde::Deserialize;
use utoipa::ToSchema;

/// An exclusion list to upload.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExclusionList {
    /// Name.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Why these members are left out.
    #[schema(min_length = 1, max_length = 200)]
    pub purpose: Option<String>,
    /// Whether the list applies to every audience; otherwise only where it is chosen.
    #[serde(default)]
    pub always: bool,
    /// The last day on which it applies; no end if missing.
    #[schema(format = Date)]
    pub until: Option<String>,
    /// Member ids or openids, at most 1,000,000.
    #[schema(min_items = 1, max_items = 1_000_000)]
    pub ids: Vec<String>,
}

/// The exclusion lists.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExclusionLists {
    /// By name.
    pub exclusion_lists: Vec<ExclusionList>,
}

/// An exclusion list, without its members.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExclusionList {
    /// Id, for `exclude` in requests for audiences.
    pub id: String,
    /// Name.
    pub name: String,
    /// Why these members are left out.
    pub purpose: Option<String>,
    /// Who uploaded it.
    pub owner: String,
    /// Whether it applies to every audience, or only where it is chosen.
    pub always: bool,
    /// The last day on which it applies; null for no end.
    #[schema(format = Date)]
    pub until: Option<String>,
    /// Whether that day has passed.
    pub ended: bool,
    /// Its members.
    pub members: usize,
    /// Ids that were sent with it and belong to no member. They are not stored.
    pub unknown: usize,
    /// When it was uploaded.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// The first 1,000 unknown ids; only in the response to the upload.
    #[serde(default)]
    pub unknown_ids: Vec<String>,
}

/// A deleted exclusion list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExclusionListDeleted {
    /// Id.
    pub id: String,
    /// Always true.
    pub deleted: bool,
}
