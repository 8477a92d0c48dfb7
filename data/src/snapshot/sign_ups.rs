//! Current sign-ups of members.

use serde::{Deserialize, Serialize};

use super::lists::{range, starts_are_sound};
use crate::kinds::SignUpStatus;

/// Current sign-ups in columns, at most one per member and activity. Those of member `m` are `starts[m]..starts[m +
/// 1]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SignUps {
    /// Offset of each member's first sign-up, followed by the number of sign-ups.
    pub starts: Vec<u64>,
    /// Index of the activity.
    pub item: Vec<u32>,
    /// The status.
    pub status: Vec<SignUpStatus>,
    /// Number of tickets.
    pub tickets: Vec<u32>,
    /// Number of accompanying children.
    pub children: Vec<u32>,
}

impl SignUps {
    /// The sign-ups of a member as a range of the columns; empty for an unknown member.
    #[must_use]
    #[inline]
    pub fn of(&self, member: usize) -> std::ops::Range<usize> {
        range(&self.starts, member)
    }

    pub(super) fn is_sound(&self, n_members: usize, n_items: usize) -> bool {
        let n = self.item.len();
        starts_are_sound(&self.starts, n_members, n)
            && [self.status.len(), self.tickets.len(), self.children.len()] == [n; 3]
            && self.item.iter().all(|&item| (item as usize) < n_items)
    }
}
