//! The contents of a snapshot.

use serde::{Deserialize, Serialize};

use super::history::{History, SignUps, Unattributed};
use super::items::Items;
use super::members::{AgeBands, Members, Unions};
use super::model::Model;
use super::openids::Openids;
use super::propensities::Propensities;
use crate::calendar::Zone;

/// One frozen state of the union and of what was learnt from it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// Name of this snapshot, unique in a home; later ones sort after earlier ones.
    pub version: String,
    /// The instant whose state this is: nothing at or after it is inside.
    pub as_of: i64,
    /// The event inbox that `inbox_sequence` counts in; empty where there was none.
    pub inbox: String,
    /// Inbox rows up to this number are inside; the live overlay is what lies above it.
    pub inbox_sequence: u64,
    /// The zone of days, months and quotas.
    pub zone: Zone,
    /// Topics by index, sorted.
    pub topics: Vec<String>,
    /// Indices of topics that never become preferences, segments or reasons.
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
    /// What members did, row = member.
    pub history: History,
    /// The standing sign-ups, row = member.
    pub sign_ups: SignUps,
    /// What was learnt.
    pub model: Model,
    /// By which claims openids belong to members.
    pub openids: Openids,
    /// Identifies the consent switch of a member that was built in, by row ascending; members without a switch are missing.
    pub switch_marks: Vec<(u32, String)>,
    /// Events that count but belong to nobody here: of topics that a member had deleted.
    pub unattributed: Unattributed,
    /// Items that nobody described, ascending: they have no title, or no attribute at all.
    pub undescribed: Vec<u32>,
    /// Shown events of which the probability is known.
    pub propensities: Propensities,
}

impl Snapshot {
    /// Identifies the consent switch of a member that was built in.
    #[must_use]
    pub fn switch_mark(&self, row: usize) -> Option<&str> {
        let at = self.switch_marks.binary_search_by_key(&row, |(known, _)| *known as usize).ok()?;
        Some(self.switch_marks[at].1.as_str())
    }

    /// Every openid of a member, the current one first.
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
