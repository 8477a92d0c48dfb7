//! Events of members in narrow columns.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::event_kind::EventKind;
use super::event_weight::EventWeight;
use super::lists::{range, starts_are_sound};
use super::narrow_events::{Event, NarrowEvents};

/// All events by member, in ascending order of time.
///
/// An event takes seven or eight bytes: its time counted from the first event, its item, and one byte for its kind and weight.
/// Any event can be read by its place. Nothing is left out, because rules count over any window, a read article is never
/// recommended again, and vectors and reasons come from the whole history.
///
/// [`Self::before`] and [`Self::of_members`] share the columns, so that they cost a few bytes a member and none an event.
#[derive(Debug, Clone, Default)]
pub struct History {
    columns: Arc<NarrowEvents>,
    /// Place of each member's first event, followed by the end of the last.
    starts: Vec<u64>,
    /// The end of each member's events, or empty if it is the start of the next one's.
    ends: Vec<u64>,
}

impl History {
    /// A history of members without events.
    #[must_use]
    pub fn without_events(n_members: usize) -> Self {
        Self { starts: vec![0; n_members + 1], ..Self::default() }
    }

    pub(super) fn of_columns(columns: NarrowEvents, starts: Vec<u64>) -> Self {
        Self { columns: Arc::new(columns), starts, ends: Vec::new() }
    }

    /// Number of members.
    #[must_use]
    pub fn n_members(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The events of a member as a range of places; empty for an unknown member.
    #[must_use]
    #[inline]
    pub fn of(&self, member: usize) -> Range<usize> {
        let events = range(&self.starts, member);
        match self.ends.get(member) {
            Some(&end) => events.start..end as usize,
            None => events,
        }
    }

    /// The places of all events.
    pub fn places(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.n_members()).flat_map(|member| self.of(member))
    }

    /// The first place that is above those of all events.
    #[must_use]
    pub fn end(&self) -> usize {
        self.columns.len()
    }

    /// Number of events.
    #[must_use]
    pub fn n_events(&self) -> usize {
        if self.ends.is_empty() { self.end() } else { (0..self.n_members()).map(|member| self.of(member).len()).sum() }
    }

    /// The time of an event in seconds since 1970 in UTC.
    #[must_use]
    #[inline]
    pub fn at(&self, event: usize) -> i64 {
        self.columns.at(event)
    }

    /// The index of an event's item.
    #[must_use]
    #[inline]
    pub fn item(&self, event: usize) -> u32 {
        self.columns.item(event)
    }

    /// The kind of an event.
    #[must_use]
    #[inline]
    pub fn kind(&self, event: usize) -> EventKind {
        self.columns.kind_and_weight(event).0
    }

    /// The weight of an event relative to others of its kind.
    #[must_use]
    #[inline]
    pub fn weight_of(&self, event: usize) -> EventWeight {
        self.columns.kind_and_weight(event).1
    }

    /// An event.
    #[must_use]
    #[inline]
    pub fn event(&self, event: usize) -> Event {
        self.columns.event(event)
    }

    /// Of a member's events, those at or after `at`.
    #[must_use]
    pub fn since(&self, events: Range<usize>, at: i64) -> Range<usize> {
        let (mut from, mut to) = (events.start, events.end);
        while from < to {
            let middle = from.midpoint(to);
            if self.at(middle) < at { from = middle + 1 } else { to = middle }
        }
        from..events.end
    }

    /// The events before `cut`.
    #[must_use]
    pub fn before(&self, cut: i64) -> Self {
        let end = |member| {
            let events = self.of(member);
            self.since(events, cut).start as u64
        };
        Self { ends: (0..self.n_members()).map(end).collect(), ..self.clone() }
    }

    /// The events of some members, which are numbered from 0 in the order of `chosen`, ascending.
    #[must_use]
    pub fn of_members(&self, chosen: &[usize]) -> Self {
        let places = |member: &usize| (self.of(*member).start as u64, self.of(*member).end as u64);
        let (mut starts, ends): (Vec<u64>, Vec<u64>) = chosen.iter().map(places).unzip();
        starts.push(ends.last().copied().unwrap_or_default());
        Self { columns: Arc::clone(&self.columns), starts, ends }
    }

    /// Removes the events for which `is_kept` is false, in place unless another history shares the columns.
    pub fn retain(&mut self, mut is_kept: impl FnMut(usize, Event) -> bool) {
        let members: Vec<Range<usize>> = (0..self.n_members()).map(|member| self.of(member)).collect();
        let mut columns = Arc::unwrap_or_clone(std::mem::take(&mut self.columns));
        let mut kept = 0;
        for (member, events) in members.into_iter().enumerate() {
            self.starts[member] = kept as u64;
            for event in events {
                if is_kept(member, columns.event(event)) {
                    columns.copy(event, kept);
                    kept += 1;
                }
            }
        }
        if let Some(end) = self.starts.last_mut() {
            *end = kept as u64;
        }
        columns.truncate(kept);
        (self.columns, self.ends) = (Arc::new(columns), Vec::new());
    }

    /// Items whose sign-up the member cancelled and did not renew before `until`. They do not count as items of interest.
    #[must_use]
    pub fn withdrawn(&self, member: usize, until: i64) -> Vec<u32> {
        let mut withdrawn: Vec<u32> = Vec::new();
        let stored = self.of(member);
        if !self.columns.has_kind(stored.clone(), EventKind::Cancel) {
            return withdrawn;
        }
        for event in stored.map(|event| self.event(event)).take_while(|event| event.at < until) {
            match event.kind {
                EventKind::Cancel if !withdrawn.contains(&event.item) => withdrawn.push(event.item),
                EventKind::SignUp | EventKind::Attended => withdrawn.retain(|&item| item != event.item),
                _ => {}
            }
        }
        withdrawn
    }

    /// Bytes of an event.
    #[must_use]
    pub fn bytes_per_event(&self) -> usize {
        self.columns.width()
    }

    /// The history with columns of its own, without events of others.
    fn compact(&self) -> Cow<'_, Self> {
        if self.ends.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut own = self.clone();
        own.retain(|_, _| true);
        Cow::Owned(own)
    }

    pub(super) fn is_sound(&self, n_members: usize, n_items: usize) -> bool {
        let is_part = |member| {
            let events = self.of(member);
            events.start <= events.end && events.end <= self.end()
        };
        let has_places = if self.ends.is_empty() {
            starts_are_sound(&self.starts, n_members, self.end())
        } else {
            [self.starts.len(), self.ends.len() + 1] == [n_members + 1; 2] && (0..n_members).all(is_part)
        };
        has_places && self.columns.is_sound(n_items)
    }
}

impl PartialEq for History {
    fn eq(&self, other: &Self) -> bool {
        let of = |history: &Self, member| history.of(member).len();
        self.n_members() == other.n_members()
            && (0..self.n_members()).all(|member| of(self, member) == of(other, member))
            && self.places().zip(other.places()).all(|(own, others)| self.event(own) == other.event(others))
    }
}

impl Serialize for History {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let history = self.compact();
        let counts: Vec<u32> = (0..history.n_members()).map(|member| history.of(member).len() as u32).collect();
        (counts, history.columns.as_ref()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for History {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (counts, columns) = <(Vec<u32>, NarrowEvents)>::deserialize(deserializer)?;
        let mut end = 0;
        let ends = counts.into_iter().map(|count| {
            end += u64::from(count);
            end
        });
        let starts = std::iter::once(0).chain(ends).collect();
        Ok(Self::of_columns(columns, starts))
    }
}

#[cfg(test)]
mod tests {
    use super::super::event_columns::EventColumns;
    use super::*;
    use EventKind::{Attended, Cancel, Read, SignUp};

    fn history(starts: Vec<u64>, kind: Vec<EventKind>, item: Vec<u32>) -> History {
        let at = (0..kind.len() as i64).collect();
        EventColumns { starts, item, kind, at, weight: Vec::new() }.into()
    }

    #[test]
    fn cancelled_sign_up_counts_as_withdrawn_until_renewed() {
        let kind = vec![SignUp, Cancel, SignUp, Cancel, SignUp, Attended, Read, Cancel];
        let history = history(vec![0, 8], kind, vec![1, 1, 2, 2, 2, 3, 4, 3]);
        assert_eq!(history.withdrawn(0, 1), Vec::<u32>::new(), "what is known later changes nothing before");
        assert_eq!(history.withdrawn(0, 4), vec![1, 2]);
        assert_eq!(history.withdrawn(0, i64::MAX), vec![1, 3]);
        assert_eq!(history.withdrawn(7, i64::MAX), Vec::<u32>::new());
    }

    #[test]
    fn parts_of_a_history_share_its_columns_and_are_stored_without_the_rest() {
        let all = history(vec![0, 3, 3, 6], vec![Read; 6], vec![5, 6, 7, 8, 9, 300]);
        let items = |history: &History, member| history.of(member).map(|at| history.item(at)).collect::<Vec<_>>();
        let (before, chosen) = (all.before(4), all.of_members(&[1, 2]));
        assert_eq!([items(&before, 0), items(&before, 1), items(&before, 2)], [vec![5, 6, 7], vec![], vec![8]]);
        assert_eq!([items(&chosen, 0), items(&chosen, 1), items(&chosen, 2)], [vec![], vec![8, 9, 300], vec![]]);
        for part in [&before, &chosen, &before.of_members(&[0]), &all.before(0), &all] {
            assert!(Arc::ptr_eq(&part.columns, &all.columns) && part.is_sound(part.n_members(), 301));
            assert_eq!(part.places().count(), part.n_events());
            let bytes = postcard::to_stdvec(part).expect("bytes");
            let read: History = postcard::from_bytes(&bytes).expect("a history");
            assert_eq!((&read, read.end()), (part, part.n_events()));
        }
        assert!(!all.is_sound(3, 300) && !all.is_sound(2, 301));
    }

    #[test]
    fn events_that_are_not_kept_leave_no_place() {
        let mut all = history(vec![0, 3, 3, 6], vec![Read; 6], vec![5, 6, 7, 8, 9, 300]);
        let shared = all.clone();
        all.retain(|member, event| (member == 2 && event.item != 9) || event.item == 6);
        assert_eq!(
            all.places().map(|at| all.event(at)).map(|event| (event.at, event.item)).collect::<Vec<_>>(),
            [(1, 6), (3, 8), (5, 300)]
        );
        assert_eq!((all.of(0), all.of(2), all.end(), shared.end()), (0..1, 1..3, 3, 6));
    }
}
