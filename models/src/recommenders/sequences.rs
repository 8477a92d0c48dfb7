//! What each member touched, in the order of time.

use std::sync::Arc;

use rayon::prelude::*;

use crate::matrix::row_blocks;
use crate::{ModelError, UserItems};

/// What each member touched, oldest first. A clone shares its visits with the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequences {
    starts: Arc<Vec<usize>>,
    items: Arc<Vec<u32>>,
}

impl Sequences {
    /// Sorts `(member, item, time)` by member, time and item; the same item may come again.
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

    /// The same from an iterator that is made twice and must give the same events both times. Memory: 4 bytes an event, and
    /// 8 more until the members' visits are sorted.
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

    /// What `user` touched, oldest first; empty for a member beyond those known.
    #[must_use]
    pub fn of(&self, user: usize) -> &[u32] {
        if user + 1 < self.starts.len() { &self.items[self.starts[user]..self.starts[user + 1]] } else { &[] }
    }

    /// Number of members.
    #[must_use]
    pub fn n_users(&self) -> usize {
        self.starts.len() - 1
    }

    /// All visits, member after member.
    pub(crate) fn visits(&self) -> &[u32] {
        &self.items
    }

    /// Where each member's visits begin among all; one more than there are members.
    pub(crate) fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// Only the visits to pairs that have an entry in `interactions`: what a training part may see.
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
