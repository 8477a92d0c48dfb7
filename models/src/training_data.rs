//! The training data of recommenders.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use crate::event::Event;
use crate::recommenders::graph::Graph;
use crate::recommenders::segment_popularity::SegmentPopularity;
use crate::recommenders::sequences::Sequences;
use crate::{ModelError, UserItems};

/// Interactions and, if known, their order and the attributes of items.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingData {
    /// Members × items.
    pub interactions: UserItems,
    /// Each member's items in order of time; `None` if times are unknown.
    pub sequences: Option<Sequences>,
    /// Items × topics; `None` if attributes are unknown.
    pub item_attributes: Option<UserItems>,
    /// All events with their times, if the data are used to predict the future; `None` otherwise.
    timed_events: Option<TimedEvents>,
    /// Fallback for members without a history. `None` falls back to overall popularity.
    pub segments: Option<SegmentPopularity>,
    /// Results that several fits on these data share.
    shared: SharedResults,
}

/// All interactions with their times in seconds, and the time from which on events are to be predicted.
#[derive(Debug, Clone, PartialEq)]
struct TimedEvents {
    /// Shared by cuts of the same events at different times. Events at or after `now` are not visible.
    events: Arc<Vec<Event>>,
    now: i64,
}

impl TimedEvents {
    fn known(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(|event| event.at < self.now)
    }

    /// The time of the event at position `place` in order of time. `place` must be below the number of visible events.
    /// Bisects the range of times, because sorting the times of all events would need too much memory.
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

/// Intermediate results that do not depend on a family's parameters. They are derived from the data alone.
#[derive(Debug, Clone, Default)]
struct SharedResults {
    graph: Arc<OnceLock<Arc<Graph>>>,
    /// Number of singular vectors that later fits are expected to request.
    min_vectors: usize,
}

impl PartialEq for SharedResults {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl TrainingData {
    /// Creates training data without times or attributes.
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

    /// Creates training data with interactions and sequences from timed events.
    ///
    /// # Errors
    /// As [`UserItems::from_triplets`].
    pub fn from_events(n_users: usize, n_items: usize, events: &[Event]) -> Result<Self, ModelError> {
        Self::from_passes(n_users, n_items, || events.iter())
    }

    /// Creates training data for predicting events at or after `now`. Times are in seconds; events at or after `now`
    /// are left out. Events in an [`Arc`] are shared, not copied.
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

    /// Adds the attributes of the items.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] if the number of rows of `item_attributes` is not the number of items.
    pub fn with_attributes(mut self, item_attributes: UserItems) -> Result<Self, ModelError> {
        let (rows, items) = (item_attributes.n_rows(), self.interactions.n_columns());
        if rows != items {
            return Err(ModelError::NotEnoughData(format!(
                "item attributes have {rows} rows, but there are {items} items"
            )));
        }
        self.item_attributes = Some(item_attributes);
        Ok(self)
    }

    /// The same data with fewer interactions. Sequences and events lose the pairs that are not in `interactions`.
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

    /// Splits off the latest `share` of all events. Returns the training data before the cut and the later
    /// interactions, or `None` if the data have no times.
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

    /// Splits off the `span` seconds that begin `seconds_ago` before the prediction time. Returns the training data
    /// before that window and the interactions within it, or `None` if the data have no times.
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
        // Items a member already interacted with are not part of the test.
        let later = later.filter(|user, item| !known.interactions.row(user).contains(item));
        Ok(Some((known, later)))
    }

    /// Whether the data are used to predict the future, so that trends apply.
    #[must_use]
    pub fn predicts_future(&self) -> bool {
        self.timed_events.is_some()
    }

    /// Item and age in days of every interaction; `None` unless the data are used to predict the future.
    pub(crate) fn ages(&self) -> Option<impl Iterator<Item = (u32, f64)>> {
        let timed_events = self.timed_events.as_ref()?;
        Some(timed_events.known().map(|event| (event.item, (timed_events.now - event.at) as f64 / 86_400.0)))
    }

    /// Announces that later graph filters use up to `min_vectors` singular vectors, so that they are computed at once.
    pub(crate) fn with_min_singular_vectors(mut self, min_vectors: usize) -> Self {
        self.shared = SharedResults { min_vectors, ..SharedResults::default() };
        self
    }

    /// The graph of the interactions, built on first use. The decomposition starts from `seed`.
    pub(crate) fn graph(&self, seed: u64) -> Arc<Graph> {
        Arc::clone(
            self.shared.graph.get_or_init(|| Arc::new(Graph::new(&self.interactions, seed, self.shared.min_vectors))),
        )
    }
}
