//! The contents of a snapshot.

use serde::{Deserialize, Serialize};

use super::history::History;
use super::items::Items;
use super::members::{AgeBands, Members, Unions};
use super::model::Model;
use super::openids::Openids;
use super::propensities::Propensities;
use super::sign_ups::SignUps;
use super::unattributed::Unattributed;
use crate::calendar::Zone;

/// The state of the union at one point in time, and the model learnt from it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// Name of this snapshot, unique within an installation. Later names sort after earlier ones.
    pub version: String,
    /// Time of the state. It contains only what happened before.
    pub as_of: i64,
    /// Id of the event inbox that `inbox_sequence` refers to; empty without an inbox.
    pub inbox: String,
    /// The snapshot contains the inbox rows up to this number; the live overlay contains those above.
    pub inbox_sequence: u64,
    /// The zone of days, months and quotas.
    pub zone: Zone,
    /// Topics by index, sorted.
    pub topics: Vec<String>,
    /// Indices of topics that are excluded from preferences, segments and explanations.
    pub sensitive_topics: Vec<u32>,
    /// Districts by index, sorted.
    pub districts: Vec<String>,
    /// The age bands.
    pub age_bands: AgeBands,
    /// Unions in columns.
    pub unions: Unions,
    /// Members in columns, sorted by id.
    pub members: Members,
    /// Items in columns, sorted by id.
    pub items: Items,
    /// All events by member.
    pub history: History,
    /// Current sign-ups by member.
    pub sign_ups: SignUps,
    /// The learnt model.
    pub model: Model,
    /// The claims that assign openids to members.
    pub openids: Openids,
    /// Identifies the consent switch of each member that the build applied, in ascending row order. Members without a
    /// switch are missing.
    pub switch_marks: Vec<(u32, String)>,
    /// Events of deleted topics, without their members. They count in totals only.
    pub unattributed: Unattributed,
    /// Items without a title or without any attribute, ascending. Empty of articles if no article is described, and of activities if
    /// no activity is.
    pub undescribed: Vec<u32>,
    /// Shown events with known probability.
    pub propensities: Propensities,
}

impl Snapshot {
    /// Identifies the consent switch of a member that the build applied.
    #[must_use]
    pub fn switch_mark(&self, row: usize) -> Option<&str> {
        let at = self.switch_marks.binary_search_by_key(&row, |(known, _)| *known as usize).ok()?;
        Some(self.switch_marks[at].1.as_str())
    }

    /// All openids of a member, the current one first.
    #[must_use]
    pub fn openids_of(&self, row: usize) -> Vec<String> {
        let own = self.members.openid.get(row).filter(|openid| !openid.is_empty());
        let further = self.openids.further.iter().filter(|known| known.member as usize == row);
        own.into_iter().chain(further.map(|known| &known.openid)).cloned().collect()
    }

    /// Whether an item has a title and at least one attribute.
    #[must_use]
    pub fn is_described(&self, item: usize) -> bool {
        self.undescribed.binary_search_by_key(&item, |&known| known as usize).is_err()
    }
}
