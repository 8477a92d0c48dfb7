//! A request for an audience, as programs and pages send it.

use serde::Deserialize;
use zhihui_engine::audience::Selection;

use super::variant_query::VariantQuery;
use crate::audiences::saved_rules::SavedRules;
use crate::computations::CancelFlag;
use crate::exclusions::source::ExclusionSource;
use crate::web::serde_integer;

/// Maximum length of the purpose of a list, in characters.
pub(crate) const MAX_PURPOSE: usize = 200;

/// A request for an audience; also the body of `POST /v1/audiences/preview`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudienceQuery {
    /// The item to push.
    #[serde(default)]
    pub item_id: Option<String>,
    /// The topic to push. Used only without an item.
    #[serde(default)]
    pub topic: Option<String>,
    /// Conditions in the contract's rule language; all members if missing.
    #[serde(default)]
    pub rule: Option<serde_json::Value>,
    /// Maximum number of selected members.
    #[serde(default, deserialize_with = "serde_integer::deserialize")]
    pub limit: Option<usize>,
    /// Share of the audience kept out of the push for comparison, from 0 to below 1; the default if missing.
    #[serde(default)]
    pub hold_out: Option<f64>,
    /// Which of the candidates are invited; the likeliest if missing.
    #[serde(default)]
    pub selection: Option<Selection>,
    /// The union subtree the caller may see, or `None` for all members. Never read from the body.
    #[serde(skip)]
    pub within: Option<String>,
    /// Why the list is made. Goes to the audit log.
    #[serde(default)]
    pub purpose: Option<String>,
    /// Exclusion lists to apply, besides those that apply to every audience.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether to leave out members of other push lists that are under way; the setting of the home if missing.
    #[serde(default)]
    pub one_list_at_a_time: Option<bool>,
    /// Whether the preview says at which hour to send.
    #[serde(default)]
    pub send_hours: bool,
    /// The variants of a list: 2 to 4, or none.
    #[serde(default)]
    pub variants: Vec<VariantQuery>,
    /// Id of the list that is frozen; empty for a preview. Never read from the body.
    #[serde(skip)]
    pub list: String,
    /// The members whom the query leaves out. Never read from the body.
    #[serde(skip)]
    pub exclusions: Vec<ExclusionSource>,
    /// The saved audiences that the rule may refer to. Never read from the body.
    #[serde(skip)]
    pub saved: SavedRules,
    /// Set once the caller has gone. Never read from the body.
    #[serde(skip)]
    pub cancel: CancelFlag,
}
