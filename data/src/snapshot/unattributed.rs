//! Events whose members are not known any more.

use serde::{Deserialize, Serialize};

use super::event_kind::EventKind;
use super::event_weight::EventWeight;

/// Events without their members, in columns, in ascending order of time. They count in totals but must not be part of
/// profiles.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Unattributed {
    /// Index of the item.
    pub item: Vec<u32>,
    /// The kind of event.
    pub kind: Vec<EventKind>,
    /// Time in seconds since 1970 in UTC.
    pub at: Vec<i64>,
    /// Index of the member's age band.
    pub age_band: Vec<u8>,
    /// Weights relative to other events of the same kind; empty if all are neutral.
    pub weight: Vec<EventWeight>,
}

impl Unattributed {
    /// The weight of an event relative to others of its kind.
    #[must_use]
    pub fn weight_of(&self, event: usize) -> EventWeight {
        self.weight.get(event).copied().unwrap_or_default()
    }

    pub(super) fn is_sound(&self, n_items: usize, n_bands: usize) -> bool {
        let n_events = self.item.len();
        [self.kind.len(), self.at.len(), self.age_band.len()] == [n_events; 3]
            && (self.weight.is_empty() || self.weight.len() == n_events)
            && self.item.iter().all(|&item| (item as usize) < n_items)
            && self.age_band.iter().all(|&band| usize::from(band) < n_bands)
            && self.at.is_sorted()
    }
}
