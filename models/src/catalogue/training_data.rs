//! What recommenders may learn from.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use crate::evaluation::Event;
use crate::recommenders::graph::Graph;
use crate::recommenders::segment_popularity::SegmentPopularity;
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
    /// When everything happened, where what comes next is asked for; `None` where times say nothing about what is asked.
    timed_events: Option<TimedEvents>,
    /// What members without a history are served; `None`: what is popular over all.
    pub segments: Option<SegmentPopularity>,
    /// What several fits on this data have in common.
    shared: SharedResults,
}

/// Every interaction with its time in seconds, and the instant from which on something is to be foretold.
#[derive(Debug, Clone, PartialEq)]
struct TimedEvents {
    /// Shared by all that cut the same events at different instants; those at or after `now` are not known.
    events: Arc<Vec<Event>>,
    now: i64,
}

impl TimedEvents {
    fn known(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(|event| event.at < self.now)
    }

    /// The time of the event that has `place` others before it, which must be fewer than there are: found by halving, as the
    /// events are too many to sort their times.
    fn time_of(&self, place: usize) -> i64 {
        let (mut low, mut high) = (i64::MAX, i64::MIN);
        self.known().for_each(|event| (low, high) = (low.min(event.at), high.max(event.at)));
        while low < high {
            let middle = low.wrapping_add((high.abs_diff(low) / 2) as i64);
            let until_middle = self.events.par_iter().filter(|event| event.at < self.now && event.at <= middle).count();
            if until_middle > place { high = middle } else { low = middle + 1 }
        }
        low
    }
}

/// Intermediate results that do not depend on a family's parameters; they say nothing that the data do not.
#[derive(Debug, Clone, Default)]
struct SharedResults {
    graph: Arc<OnceLock<Arc<Graph>>>,
    /// Waves of the graph that somebody is going to ask for.
    min_vectors: usize,
}

impl PartialEq for SharedResults {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl TrainingData {
    /// Interactions without times or attributes.
    #[must_use]
    pub fn new(interactions: UserItems) -> Self {
        Self {
            interactions,
            sequences: None,
            item_attributes: None,
            timed_events: None,
            segments: None,
            shared: SharedResults::default(),
        }
    }

    /// Interactions and sequences from events with times.
    ///
    /// # Errors
    /// As [`UserItems::from_triplets`].
    pub fn from_events(n_users: usize, n_items: usize, events: &[Event]) -> Result<Self, ModelError> {
        Self::from_passes(n_users, n_items, || events.iter())
    }

    /// Interactions, sequences and times, for foretelling what comes at `now` or later. Times are in seconds; events at or
    /// after `now` are left out. Events in an [`Arc`] are shared, not copied.
    ///
    /// # Errors
    /// As [`UserItems::from_triplets`].
    pub fn as_of(
        now: i64,
        n_users: usize,
        n_items: usize,
        events: impl Into<Arc<Vec<Event>>>,
    ) -> Result<Self, ModelError> {
        let timed_events = TimedEvents { events: events.into(), now };
        let mut data = Self::from_passes(n_users, n_items, || timed_events.known())?;
        data.timed_events = Some(timed_events);
        Ok(data)
    }

    fn from_passes<'a, I: Iterator<Item = &'a Event>>(
        n_users: usize,
        n_items: usize,
        events: impl Fn() -> I,
    ) -> Result<Self, ModelError> {
        let triplets = || events().map(|event| (event.user, event.item, event.weight));
        let visits = || events().map(|event| (event.user, event.item, event.at));
        Ok(Self {
            sequences: Some(Sequences::from_passes(n_users, n_items, visits)?),
            ..Self::new(UserItems::from_passes(n_users, n_items, triplets)?)
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
            timed_events: self.timed_events.as_ref().map(|timed_events| {
                let kept = |event: &&Event| interactions.row(event.user as usize).contains(event.item);
                TimedEvents {
                    events: Arc::new(timed_events.known().filter(kept).copied().collect()),
                    now: timed_events.now,
                }
            }),
            interactions,
            segments: self.segments.clone(),
            shared: SharedResults::default(),
        }
    }

    /// What was known when the latest `share` of all events were still to come, and what they were; `None` without times.
    ///
    /// # Errors
    /// As [`UserItems::from_triplets`].
    pub fn cut_latest(&self, share: f64) -> Result<Option<(Self, UserItems)>, ModelError> {
        let Some(timed_events) = &self.timed_events else { return Ok(None) };
        let n_known = timed_events.known().count();
        let place = ((1.0 - share.clamp(0.0, 1.0)) * n_known as f64).floor() as usize;
        if place >= n_known {
            return Ok(None);
        }
        self.cut_between(timed_events.time_of(place), i64::MAX)
    }

    /// What was known `seconds_ago` before what is asked for, and what came in the following `span` seconds; `None` without
    /// times.
    ///
    /// # Errors
    /// As [`UserItems::from_triplets`].
    pub(crate) fn cut_window(&self, seconds_ago: i64, span: i64) -> Result<Option<(Self, UserItems)>, ModelError> {
        let Some(now) = self.timed_events.as_ref().map(|timed_events| timed_events.now) else { return Ok(None) };
        let from = now.saturating_sub(seconds_ago);
        self.cut_between(from, from.saturating_add(span))
    }

    fn cut_between(&self, from: i64, until: i64) -> Result<Option<(Self, UserItems)>, ModelError> {
        let Some(timed_events) = &self.timed_events else { return Ok(None) };
        let (n_users, n_items) = (self.interactions.n_rows(), self.interactions.n_columns());
        let mut known = Self::as_of(from.min(timed_events.now), n_users, n_items, Arc::clone(&timed_events.events))?;
        known.item_attributes.clone_from(&self.item_attributes);
        let later = UserItems::from_passes(n_users, n_items, || {
            let later = timed_events.known().filter(|event| (from..until).contains(&event.at));
            later.map(|event| (event.user, event.item, event.weight))
        })?;
        // What a member had already touched is not asked for again.
        let later = later.filter(|user, item| !known.interactions.row(user).contains(item));
        Ok(Some((known, later)))
    }

    /// Whether what comes after the training data is asked for, so that trends count.
    #[must_use]
    pub fn predicts_future(&self) -> bool {
        self.timed_events.is_some()
    }

    /// Item and age in days of every interaction; `None` where times say nothing about what is asked.
    pub(crate) fn ages(&self) -> Option<impl Iterator<Item = (u32, f64)>> {
        let timed_events = self.timed_events.as_ref()?;
        Some(timed_events.known().map(|event| (event.item, (timed_events.now - event.at) as f64 / 86_400.0)))
    }

    /// The same data, on which many graph filters with up to `min_vectors` vectors are going to be fitted.
    pub(crate) fn with_min_singular_vectors(mut self, min_vectors: usize) -> Self {
        self.shared = SharedResults { min_vectors, ..SharedResults::default() };
        self
    }

    /// The graph of the interactions, made when first asked for; its spectrum starts from `seed`.
    pub(crate) fn graph(&self, seed: u64) -> Arc<Graph> {
        Arc::clone(
            self.shared.graph.get_or_init(|| Arc::new(Graph::new(&self.interactions, seed, self.shared.min_vectors))),
        )
    }
}
