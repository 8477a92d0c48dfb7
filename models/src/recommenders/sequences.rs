//! Each member's items in order of time.

use std::sync::Arc;

use rayon::prelude::*;

use crate::matrix::row_blocks;
use crate::{ModelError, UserItems};

/// Each member's items, oldest first. Clones share the items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequences {
    starts: Arc<Vec<usize>>,
    items: Arc<Vec<u32>>,
}

impl Sequences {
    /// Sorts `(member, item, time)` by member, time and item. Items may repeat.
    ///
    /// # Errors
    /// [`ModelError::OutOfBounds`] for a member or item outside the shape.
    pub fn from_events(
        n_users: usize,
        n_items: usize,
        events: impl IntoIterator<Item = (u32, u32, i64)>,
    ) -> Result<Self, ModelError> {
        let events: Vec<(u32, u32, i64)> = events.into_iter().collect();
        Self::from_passes(n_users, n_items, || events.iter().copied())
    }

    /// Like [`from_events`](Self::from_events), but calls `events` twice. Both calls must yield the same events.
    /// Memory: 4 bytes for each event, and 8 more until they are sorted.
    pub(crate) fn from_passes<I: Iterator<Item = (u32, u32, i64)>>(
        n_users: usize,
        n_items: usize,
        events: impl Fn() -> I,
    ) -> Result<Self, ModelError> {
        let mut starts = vec![0; n_users + 1];
        for (user, item, _) in events() {
            let (row, column) = (user as usize, item as usize);
            if row >= n_users || column >= n_items {
                return Err(ModelError::OutOfBounds { row, column, rows: n_users, columns: n_items });
            }
            starts[row + 1] += 1;
        }
        for user in 0..n_users {
            starts[user + 1] += starts[user];
        }
        let (mut items, mut times) = (vec![0; starts[n_users]], vec![0; starts[n_users]]);
        let mut next = starts.clone();
        for (user, item, at) in events() {
            let place = &mut next[user as usize];
            (items[*place], times[*place]) = (item, at);
            *place += 1;
        }
        let blocks: Vec<_> = row_blocks(&starts, &mut items).into_iter().zip(row_blocks(&starts, &mut times)).collect();
        blocks.into_par_iter().for_each(|((users, items), (_, times))| {
            let (first, mut visits) = (starts[users.start], Vec::new());
            for user in users {
                let range = starts[user] - first..starts[user + 1] - first;
                visits.clear();
                visits.extend(times[range.clone()].iter().copied().zip(items[range.clone()].iter().copied()));
                visits.sort_unstable();
                items[range].iter_mut().zip(&visits).for_each(|(item, &(_, visited))| *item = visited);
            }
        });
        Ok(Self { starts: Arc::new(starts), items: Arc::new(items) })
    }

    /// The items of `user`, oldest first; empty for an unknown member.
    #[must_use]
    pub fn of(&self, user: usize) -> &[u32] {
        if user + 1 < self.starts.len() { &self.items[self.starts[user]..self.starts[user + 1]] } else { &[] }
    }

    /// Number of members.
    #[must_use]
    pub fn n_users(&self) -> usize {
        self.starts.len() - 1
    }

    /// The items of all members, concatenated.
    pub(crate) fn visits(&self) -> &[u32] {
        &self.items
    }

    /// Offset of each member's first item, followed by the total number of items.
    pub(crate) fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// Keeps the visits to pairs with an entry in `interactions`.
    #[must_use]
    pub fn restrict(&self, interactions: &UserItems) -> Self {
        let mut starts = vec![0];
        let mut items = Vec::new();
        for user in 0..self.n_users() {
            if user < interactions.n_rows() {
                let row = interactions.row(user);
                items.extend(self.of(user).iter().copied().filter(|&item| row.contains(item)));
            }
            starts.push(items.len());
        }
        Self { starts: Arc::new(starts), items: Arc::new(items) }
    }
}
