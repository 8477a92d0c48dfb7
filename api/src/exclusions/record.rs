//! An exclusion list as JSON, and a new one to store.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::push_lists::actor::Actor;

/// An exclusion list, without its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExclusionList {
    /// Id.
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
    pub until: Option<NaiveDate>,
    /// Whether that day has passed.
    pub ended: bool,
    /// Its members.
    pub members: usize,
    /// Ids that were sent with it and belong to no member.
    pub unknown: usize,
    /// When it was uploaded.
    pub created_at: String,
    /// The union subtree of the owner when it was uploaded; `None` for all unions.
    #[serde(skip)]
    pub(crate) union_id: Option<String>,
}

impl ExclusionList {
    /// Whether an actor may delete and restore the list. Staff may if they uploaded it and still see its union: other
    /// people's audiences depend on it.
    pub(crate) fn may_be_changed_by(&self, actor: &Actor) -> bool {
        let is_own = self.owner == actor.name && (actor.union_id.is_none() || actor.union_id == self.union_id);
        is_own || actor.may_change_all()
    }
}

/// What staff say about a list when they upload it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExclusionListInfo {
    /// Name, 1 to 100 characters.
    pub name: String,
    /// Why these members are left out.
    #[serde(default)]
    pub purpose: Option<String>,
    /// Whether it applies to every audience.
    #[serde(default)]
    pub always: bool,
    /// The last day on which it applies; `None` for no end.
    #[serde(default)]
    pub until: Option<NaiveDate>,
}

/// The members that the ids of an upload name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedMembers {
    /// Their ids, ascending and without repetition.
    pub member_ids: Vec<String>,
    /// Ids that belong to no member, in the order of the upload.
    pub unknown: Vec<String>,
}
