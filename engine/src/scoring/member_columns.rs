//! What scoring reads of the snapshot's members, computed once: their activity and their recent items.

use rayon::prelude::*;
use zhihui_data::snapshot::Snapshot;

use super::{ActivityCounts, ActivityFeatures, RecentActions};

/// Columns by member of the snapshot.
#[derive(Debug)]
pub(crate) struct MemberColumns {
    counts: Vec<ActivityCounts>,
    activity: Vec<ActivityFeatures>,
    pub(crate) recent_actions: RecentActions,
}

impl MemberColumns {
    pub(crate) fn new(snapshot: &Snapshot, is_sensitive_item: &[bool]) -> Self {
        let counts = ActivityCounts::for_all_members(snapshot, is_sensitive_item);
        let features = |&counts: &ActivityCounts| ActivityFeatures::of(counts, snapshot.as_of);
        Self {
            activity: counts.par_iter().map(features).collect(),
            counts,
            recent_actions: RecentActions::new(snapshot, is_sensitive_item),
        }
    }

    /// A member's decayed actions.
    pub(crate) fn counts(&self, row: usize) -> ActivityCounts {
        self.counts[row]
    }

    /// The features of a member's decayed actions.
    #[inline(always)]
    pub(crate) fn activity(&self, row: usize) -> ActivityFeatures {
        self.activity[row]
    }
}
