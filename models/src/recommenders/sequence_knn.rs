//! What is read soon after what: transitions between items along each member's reading sequence.

use serde::{Deserialize, Serialize};

use crate::recommenders::bounds::{MOST, within};
use crate::recommenders::neighbourhood::Neighbourhood;
use crate::recommenders::sparse_product::{Accumulator, keep_largest};
use crate::{ModelError, Recommender, Row, UserItems};

/// What each member touched, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequences {
    starts: Vec<usize>,
    items: Vec<u32>,
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
        let mut events: Vec<(u32, i64, u32)> = events.into_iter().map(|(user, item, at)| (user, at, item)).collect();
        if let Some(&(user, _, item)) =
            events.iter().find(|&&(user, _, item)| user as usize >= n_users || item as usize >= n_items)
        {
            let (row, column) = (user as usize, item as usize);
            return Err(ModelError::OutOfBounds { row, column, rows: n_users, columns: n_items });
        }
        events.sort_unstable();
        let mut starts = vec![0; n_users + 1];
        for &(user, _, _) in &events {
            starts[user as usize + 1] += 1;
        }
        for user in 0..n_users {
            starts[user + 1] += starts[user];
        }
        Ok(Self { starts, items: events.into_iter().map(|(_, _, item)| item).collect() })
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
        Self { starts, items }
    }
}

/// Parameters of [`SequenceKnn`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SequenceKnnParams {
    /// Targets kept for each item.
    pub neighbours: usize,
    /// How many places ahead (and, with `backward`, behind) an item still counts as following.
    pub window: usize,
    /// Factor by which a transition fades with each place between the two.
    pub decay: f64,
    /// Weight of the same transition read backwards; 0 looks only ahead.
    pub backward: f64,
    /// Exponent of the target's count by which a transition is divided.
    pub damping: f64,
    /// Factor by which an item of the history fades with each later one.
    pub recency: f64,
}

impl Default for SequenceKnnParams {
    fn default() -> Self {
        Self { neighbours: 500, window: 10, decay: 0.8, backward: 0.3, damping: 0.4, recency: 0.9 }
    }
}

impl SequenceKnnParams {
    /// Checks the bounds.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] names the parameter outside its bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        within("sequence_knn.neighbours", self.neighbours as f64, 1.0..=MOST)?;
        within("sequence_knn.window", self.window as f64, 1.0..=1000.0)?;
        within("sequence_knn.decay", self.decay, 0.0..=1.0)?;
        within("sequence_knn.backward", self.backward, 0.0..=1.0)?;
        within("sequence_knn.damping", self.damping, 0.0..=2.0)?;
        within("sequence_knn.recency", self.recency, 0.0..=1.0)
    }

    /// Counts the transitions of `sequences` over `n_items` items.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn fit(&self, n_items: usize, sequences: &Sequences) -> Result<SequenceKnn, ModelError> {
        self.check()?;
        let mut counts = vec![0.0_f32; n_items];
        sequences.items.iter().for_each(|&item| counts[item as usize] += 1.0);
        let mut transitions: Vec<(u32, u32, f32)> = Vec::new();
        for user in 0..sequences.n_users() {
            let visits = sequences.of(user);
            for (place, &from) in visits.iter().enumerate() {
                for (gap, &to) in visits[place + 1..].iter().take(self.window).enumerate() {
                    if from == to {
                        continue;
                    }
                    let weight = self.decay.powi(gap as i32);
                    transitions.push((from, to, weight as f32));
                    if self.backward > 0.0 {
                        transitions.push((to, from, (weight * self.backward) as f32));
                    }
                }
            }
        }
        let summed = UserItems::from_triplets(n_items, n_items, transitions)?;
        let mut accumulator = Accumulator::new(n_items);
        let mut entries = Vec::new();
        let rows = (0..n_items).map(|item| {
            accumulator.add_row(&summed, item, 1.0);
            accumulator.drain(&mut entries);
            for (to, weight) in &mut entries {
                *weight /= counts[item] * counts[*to as usize].powf(self.damping as f32);
            }
            keep_largest(&mut entries, self.neighbours);
            entries.sort_unstable_by_key(|&(to, _)| to);
            entries.clone()
        });
        let neighbourhood = Neighbourhood::new(UserItems::from_ascending_rows(n_items, rows));
        Ok(SequenceKnn { neighbourhood, sequences: sequences.clone(), recency: self.recency as f32 })
    }
}

/// Transition weights from each item, and the members' own sequences, whose latest items speak loudest.
///
/// An item of the history that the member's sequence at fit time does not hold was touched since, so it speaks loudest
/// too. For somebody unknown at fit time all items speak equally, each by its weight.
#[derive(Debug, Clone, PartialEq)]
pub struct SequenceKnn {
    neighbourhood: Neighbourhood,
    sequences: Sequences,
    recency: f32,
}

impl SequenceKnn {
    /// How loudly an item of the history speaks.
    fn emphasis(&self, user: Option<usize>, item: usize) -> f32 {
        let visits = user.map_or(&[][..], |user| self.sequences.of(user));
        let age = visits.iter().rev().position(|&visited| visited as usize == item).unwrap_or(0);
        self.recency.powi(age.min(1000) as i32)
    }
}

impl Recommender for SequenceKnn {
    fn n_items(&self) -> usize {
        self.neighbourhood.n_items()
    }

    fn score_into(&self, user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        self.neighbourhood.score_into(history, |item| self.emphasis(user, item), scores);
    }

    fn explain(&self, user: Option<usize>, history: Row<'_>, item: usize) -> Option<Vec<(u32, f32)>> {
        Some(self.neighbourhood.explain(history, |visited| self.emphasis(user, visited), item))
    }
}
