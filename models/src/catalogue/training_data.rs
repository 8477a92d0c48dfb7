//! What recommenders may learn from.

use std::sync::{Arc, OnceLock};

use crate::evaluation::Event;
use crate::recommenders::graph::Graph;
use crate::recommenders::sequence_knn::Sequences;
use crate::{ModelError, UserItems};

/// The interactions and, where known, their order and what the items are about.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingData {
    /// Members × items.
    pub interactions: UserItems,
    /// The order in which each member touched items; `None` where times are unknown.
    pub sequences: Option<Sequences>,
    /// Items × topics; `None` where nothing is known about the items.
    pub item_attributes: Option<UserItems>,
    /// What several fits on this data have in common.
    shared: Shared,
}

/// Intermediate results that do not depend on a family's parameters; they say nothing that the data do not.
#[derive(Debug, Clone, Default)]
struct Shared {
    graph: Arc<OnceLock<Arc<Graph>>>,
}

impl PartialEq for Shared {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl TrainingData {
    /// Interactions without times or attributes.
    #[must_use]
    pub fn new(interactions: UserItems) -> Self {
        Self { interactions, sequences: None, item_attributes: None, shared: Shared::default() }
    }

    /// Interactions and sequences from events with times.
    ///
    /// # Errors
    /// As [`UserItems::from_triplets`].
    pub fn from_events(n_users: usize, n_items: usize, events: &[Event]) -> Result<Self, ModelError> {
        let triplets = events.iter().map(|event| (event.user, event.item, event.weight));
        let visits = events.iter().map(|event| (event.user, event.item, event.at));
        Ok(Self {
            interactions: UserItems::from_triplets(n_users, n_items, triplets)?,
            sequences: Some(Sequences::from_events(n_users, n_items, visits)?),
            item_attributes: None,
            shared: Shared::default(),
        })
    }

    /// The same with the attributes of the items.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] if the rows of `item_attributes` are not the items.
    pub fn with_attributes(mut self, item_attributes: UserItems) -> Result<Self, ModelError> {
        let (rows, items) = (item_attributes.n_rows(), self.interactions.n_columns());
        if rows != items {
            return Err(ModelError::NotEnoughData(format!("attributes of {rows} items given for {items} items")));
        }
        self.item_attributes = Some(item_attributes);
        Ok(self)
    }

    /// The same knowledge with fewer interactions; visits of the sequences to pairs no longer there are forgotten.
    #[must_use]
    pub fn restricted_to(&self, interactions: UserItems) -> Self {
        Self {
            sequences: self.sequences.as_ref().map(|sequences| sequences.restrict(&interactions)),
            item_attributes: self.item_attributes.clone(),
            interactions,
            shared: Shared::default(),
        }
    }

    /// The graph of the interactions, made when first asked for; its spectrum starts from `seed`.
    pub(crate) fn graph(&self, seed: u64) -> Arc<Graph> {
        Arc::clone(self.shared.graph.get_or_init(|| Arc::new(Graph::new(&self.interactions, seed))))
    }
}
