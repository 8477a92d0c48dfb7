//! Recommends what is read soon after the items of the history, from transitions along the members' reading sequences.

use serde::{Deserialize, Serialize};

use crate::bounds::{MAX_COUNT, within};
use crate::recommenders::item_to_item::ItemToItem;
pub use crate::recommenders::sequences::Sequences;
use crate::recommenders::sparse_product::keep_largest;
use crate::recommenders::transitions::{TransitionWeights, sum_transitions};
use crate::{ModelError, Recommender, Row};

/// Parameters of [`SequenceKnn`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SequenceKnnParams {
    /// Targets kept for each item.
    pub neighbours: usize,
    /// Largest distance in a sequence between two items of a transition.
    pub window: usize,
    /// Factor by which the weight of a transition decays with each step of distance.
    pub decay: f64,
    /// Weight of backward transitions relative to forward ones; 0 uses forward transitions only.
    pub backward: f64,
    /// Exponent of the target's frequency, by which a transition is divided.
    pub damping: f64,
    /// Factor by which the weight of an item of the history decays with each later item.
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
    /// [`ModelError::BadParameter`] naming the parameter that is out of bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        within("sequence_knn.neighbours", self.neighbours as f64, 1.0..=MAX_COUNT)?;
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
        let damping = self.damping as f32;
        let weights = TransitionWeights::new(self.window, self.decay, self.backward);
        let transitions = sum_transitions(n_items, sequences, &weights, |count_of, item, entries| {
            for (to, weight) in entries.iter_mut() {
                *weight /= count_of(item) * count_of(*to as usize).powf(damping);
            }
            keep_largest(entries, self.neighbours);
        });
        let item_to_item = ItemToItem::new(transitions);
        Ok(SequenceKnn { item_to_item, sequences: sequences.clone(), recency: self.recency as f32 })
    }
}

/// Transition weights between items, and the members' sequences, whose latest items have the most weight.
///
/// Items of the history that are not in the member's sequence are newer than the fit and have full weight. For members
/// unknown at fit time, recency is ignored.
#[derive(Debug, Clone, PartialEq)]
pub struct SequenceKnn {
    item_to_item: ItemToItem,
    sequences: Sequences,
    recency: f32,
}

impl SequenceKnn {
    /// The recency weight of an item of the history.
    fn recency_factor(&self, user: Option<usize>, item: usize) -> f32 {
        let visits = user.map_or(&[][..], |user| self.sequences.of(user));
        let age = visits.iter().rev().position(|&visited| visited as usize == item).unwrap_or(0);
        self.recency.powi(age.min(1000) as i32)
    }
}

impl Recommender for SequenceKnn {
    fn n_items(&self) -> usize {
        self.item_to_item.n_items()
    }

    fn score_into(&self, user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        self.item_to_item.score_into(history, |item| self.recency_factor(user, item), scores);
    }

    fn explain(&self, user: Option<usize>, history: Row<'_>, item: usize) -> Option<Vec<(u32, f32)>> {
        Some(self.item_to_item.explain(history, |visited| self.recency_factor(user, visited), item))
    }
}
