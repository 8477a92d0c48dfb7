//! A published snapshot: everything the service needs to answer, in columns, frozen at one instant.
//!
//! Members, items, unions, topics and districts are dense indices here; their outside ids stand in the `id` columns.
//! [`NONE`] stands for a missing index or count, [`NO_TIME`] for a missing instant; instants are seconds since 1970 in UTC.

mod codec;
mod event_weight;
mod history;
mod items;
mod lists;
mod members;
mod model;
mod openids;
mod propensities;

use serde::{Deserialize, Serialize};

pub use codec::{Manifest, SnapshotError, decode, encode};
pub use event_weight::EventWeight;
pub use history::{EventKind, History, SignUps, Unattributed};
pub use items::Items;
pub use lists::{Lists, SparseRows};
pub use members::{AgeBands, Members, Unions};
pub use model::{Factors, ItemGroup, Model, Popularity, Preferences, RankerWeights, Segment, Side, Sides};
pub use openids::{FurtherOpenid, Openids};
pub use propensities::{LoggedPlace, Propensities};

use crate::Zone;

/// A missing index, count or age.
pub const NONE: u32 = u32::MAX;
/// A missing instant.
pub const NO_TIME: i64 = i64::MIN;

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
    /// Items without a title, or without any attribute, ascending; none of articles where no article is described, and none of
    /// activities where no activity is.
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
