//! Interactions and current sign-ups of members.

use serde::{Deserialize, Serialize};

use super::event_weight::EventWeight;
use super::lists::starts_are_sound;
use crate::kinds::SignUpStatus;

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The member read the article.
    Read,
    /// The member shared the item.
    Share,
    /// The item was shown to the member.
    Shown,
    /// The member signed up.
    SignUp,
    /// The member attended.
    Attended,
    /// The member cancelled the sign-up.
    Cancel,
    /// The item was pushed to the member.
    Push,
    /// The member was in the hold-out group of a push.
    HoldOut,
    /// The member gave feedback on the item.
    Feedback,
}

/// Events in columns. The events of member `m` are `starts[m]..starts[m + 1]`, in ascending order of time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct History {
    /// Offset of each member's first event, followed by the number of events.
    pub starts: Vec<u64>,
    /// Index of the item.
    pub item: Vec<u32>,
    /// The kind of event.
    pub kind: Vec<EventKind>,
    /// Time in seconds since 1970 in UTC.
    pub at: Vec<i64>,
    /// Weights relative to other events of the same kind; empty if all are neutral.
    pub weight: Vec<EventWeight>,
}

impl History {
    /// The weight of an event relative to others of its kind.
    #[must_use]
    #[inline]
    pub fn weight_of(&self, event: usize) -> EventWeight {
        self.weight.get(event).copied().unwrap_or_default()
    }

    /// The events of a member as a range of the columns; empty for an unknown member.
    #[must_use]
    #[inline]
    pub fn of(&self, member: usize) -> std::ops::Range<usize> {
        range(&self.starts, member)
    }

    /// Items whose sign-up the member cancelled and did not renew before `until`. Such a sign-up is no evidence of
    /// interest.
    #[must_use]
    pub fn withdrawn(&self, member: usize, until: i64) -> Vec<u32> {
        let mut withdrawn: Vec<u32> = Vec::new();
        let stored = self.of(member);
        if !self.kind[stored.clone()].contains(&EventKind::Cancel) {
            return withdrawn;
        }
        for event in stored.take_while(|&event| self.at[event] < until) {
            match self.kind[event] {
                EventKind::Cancel if !withdrawn.contains(&self.item[event]) => withdrawn.push(self.item[event]),
                EventKind::SignUp | EventKind::Attended => withdrawn.retain(|&item| item != self.item[event]),
                _ => {}
            }
        }
        withdrawn
    }

    pub(super) fn is_sound(&self, n_members: usize, n_items: usize) -> bool {
        let n_events = self.item.len();
        starts_are_sound(&self.starts, n_members, n_events)
            && self.kind.len() == n_events
            && self.at.len() == n_events
            && (self.weight.is_empty() || self.weight.len() == n_events)
            && self.item.iter().all(|&item| (item as usize) < n_items)
    }
}

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

#[inline]
fn range(starts: &[u64], row: usize) -> std::ops::Range<usize> {
    match (starts.get(row), starts.get(row + 1)) {
        (Some(&start), Some(&end)) => start as usize..end as usize,
        _ => 0..0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancelled_sign_up_counts_as_withdrawn_until_renewed() {
        use EventKind::{Attended, Cancel, Read, SignUp};
        let kind = vec![SignUp, Cancel, SignUp, Cancel, SignUp, Attended, Read, Cancel];
        let item = vec![1, 1, 2, 2, 2, 3, 4, 3];
        let history = History { starts: vec![0, 8], item, kind, at: (0..8).collect(), ..History::default() };
        assert_eq!(history.withdrawn(0, 1), Vec::<u32>::new(), "what is known later changes nothing before");
        assert_eq!(history.withdrawn(0, 4), vec![1, 2]);
        assert_eq!(history.withdrawn(0, i64::MAX), vec![1, 3]);
        assert_eq!(history.withdrawn(7, i64::MAX), Vec::<u32>::new());
    }
}
