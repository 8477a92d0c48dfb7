//! Events in narrow columns, which histories share.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::event_kind::EventKind;
use super::event_weight::EventWeight;
use super::missing::NO_TIME;
use super::narrow_column::NarrowColumn;

/// One event of a member, ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Event {
    /// Time in seconds since 1970 in UTC.
    pub at: i64,
    /// The kind of event.
    pub kind: EventKind,
    /// Index of the item.
    pub item: u32,
    /// Weight relative to other events of the same kind.
    pub weight: EventWeight,
}

/// Time, item, kind and weight of each event.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct NarrowEvents {
    /// Time of the first event, if any is known.
    first: i64,
    /// Seconds since `first`, plus 1; 0 is [`NO_TIME`].
    at: NarrowColumn,
    item: NarrowColumn,
    /// Index in `kinds`.
    kind: NarrowColumn,
    /// The kinds and weights that occur, ascending.
    kinds: Vec<(EventKind, EventWeight)>,
}

impl NarrowEvents {
    /// Space for events between two times, on items up to `last_item`. The kinds are added with the events.
    pub(super) fn with_space(length: usize, (first, last): (i64, i64), last_item: u32) -> Self {
        Self {
            first,
            at: NarrowColumn::zeros(length, last.abs_diff(first) + 1),
            item: NarrowColumn::zeros(length, u64::from(last_item)),
            kind: NarrowColumn::zeros(length, 0),
            kinds: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn at(&self, event: usize) -> i64 {
        match self.at.get(event) {
            0 => NO_TIME,
            seconds => self.first.wrapping_add_unsigned(seconds - 1),
        }
    }

    /// The index of an event's kind and weight.
    #[inline]
    pub(super) fn kind_place(&self, event: usize) -> usize {
        self.kind.get(event) as usize
    }

    #[inline]
    pub(super) fn item(&self, event: usize) -> u32 {
        self.item.get(event) as u32
    }

    #[inline]
    pub(super) fn kind_and_weight(&self, event: usize) -> (EventKind, EventWeight) {
        self.kinds[self.kind_place(event)]
    }

    /// Whether one of these events is of a kind.
    pub(super) fn has_kind(&self, events: Range<usize>, kind: EventKind) -> bool {
        let is_of_kind = |known: &(EventKind, EventWeight)| known.0 == kind;
        let [first, last] = [self.kinds.iter().position(is_of_kind), self.kinds.iter().rposition(is_of_kind)];
        let Some((first, last)) = first.zip(last) else { return false };
        self.kind.has_between(events, first as u64, last as u64)
    }

    #[inline]
    pub(super) fn event(&self, event: usize) -> Event {
        let (kind, weight) = self.kind_and_weight(event);
        Event { at: self.at(event), kind, item: self.item(event), weight }
    }

    /// Whether the columns have space for an event.
    pub(super) fn holds(&self, event: Event) -> bool {
        let seconds = self.seconds(event.at);
        seconds.is_some_and(|seconds| seconds <= self.at.largest()) && u64::from(event.item) <= self.item.largest()
    }

    /// Writes an event; `kind` is the index of its kind and weight.
    pub(super) fn set(&mut self, place: usize, event: Event, kind: usize) {
        self.at.set(place, self.seconds(event.at).unwrap_or_default());
        self.item.set(place, u64::from(event.item));
        if kind as u64 > self.kind.largest() {
            self.kind = self.kind.widened(kind as u64);
        }
        self.kind.set(place, kind as u64);
    }

    fn seconds(&self, at: i64) -> Option<u64> {
        if at == NO_TIME { Some(0) } else { (at >= self.first).then(|| at.abs_diff(self.first) + 1) }
    }

    /// Copies an event to another place.
    pub(super) fn copy(&mut self, from: usize, to: usize) {
        for column in [&mut self.at, &mut self.item, &mut self.kind] {
            column.set(to, column.get(from));
        }
    }

    pub(super) fn truncate(&mut self, length: usize) {
        [&mut self.at, &mut self.item, &mut self.kind].into_iter().for_each(|column| column.truncate(length));
    }

    /// Sorts the kinds.
    pub(super) fn sort_kinds(&mut self) {
        let mut sorted = self.kinds.clone();
        sorted.sort_unstable();
        let places: Vec<u64> =
            self.kinds.iter().map(|kind| sorted.partition_point(|known| known < kind) as u64).collect();
        if !places.is_sorted() {
            (0..self.kind.len()).for_each(|event| self.kind.set(event, places[self.kind.get(event) as usize]));
            self.kinds = sorted;
        }
    }

    /// The place of a kind and weight, which is added if it is new.
    pub(super) fn place_of(&mut self, kind: EventKind, weight: EventWeight) -> usize {
        let known = self.kinds.iter().position(|&known| known == (kind, weight));
        known.unwrap_or_else(|| {
            self.kinds.push((kind, weight));
            self.kinds.len() - 1
        })
    }

    /// Number of events.
    pub(super) fn len(&self) -> usize {
        self.at.len()
    }

    /// Bytes of an event.
    pub(super) fn width(&self) -> usize {
        self.at.width() + self.item.width() + self.kind.width()
    }

    /// Whether the columns have the same length and all indices are within their bounds.
    pub(super) fn is_sound(&self, n_items: usize) -> bool {
        let is_known =
            |event| (self.item.get(event) as usize) < n_items && (self.kind.get(event) as usize) < self.kinds.len();
        [self.item.len(), self.kind.len()] == [self.len(); 2] && (0..self.len()).all(is_known)
    }
}
