//! Sorts events by member and time in the space of the history itself.

use super::event_kind::EventKind;
use super::event_weight::EventWeight;
use super::history::History;
use super::missing::NO_TIME;
use super::narrow_events::{Event, NarrowEvents};

/// Number of events by member, and the times between which they lie: the first of two passes over the events.
#[derive(Debug)]
pub struct EventCounts {
    of_member: Vec<u64>,
    first: i64,
    last: i64,
}

/// Takes the events in any order: the second pass.
#[derive(Debug)]
pub struct HistoryBuilder {
    columns: NarrowEvents,
    starts: Vec<u64>,
    /// The place of each member's next event.
    next: Vec<u64>,
    /// Place of each kind and weight among those of the columns, plus 1; 0 if it did not occur yet.
    kinds: Vec<u16>,
}

impl EventCounts {
    /// No events.
    #[must_use]
    pub fn new(n_members: usize) -> Self {
        Self { of_member: vec![0; n_members], first: i64::MAX, last: i64::MIN }
    }

    /// Counts an event.
    pub fn add(&mut self, member: usize, at: i64) {
        self.of_member[member] += 1;
        if at != NO_TIME {
            (self.first, self.last) = (self.first.min(at), self.last.max(at));
        }
    }

    /// Makes space for the events that were counted, on items below `n_items`.
    #[must_use]
    pub fn builder(self, n_items: usize) -> HistoryBuilder {
        let mut starts = Vec::with_capacity(self.of_member.len() + 1);
        let mut total = 0;
        starts.push(0);
        for count in self.of_member {
            total += count;
            starts.push(total);
        }
        let times = if self.first <= self.last { (self.first, self.last) } else { (0, 0) };
        let last_item = u32::try_from(n_items.saturating_sub(1)).unwrap_or(u32::MAX);
        HistoryBuilder {
            columns: NarrowEvents::with_space(total as usize, times, last_item),
            next: starts.clone(),
            starts,
            kinds: Vec::new(),
        }
    }
}

impl HistoryBuilder {
    /// Adds an event. False if it was not counted.
    #[must_use]
    pub fn add(&mut self, member: usize, event: Event) -> bool {
        let (Some(next), Some(&end)) = (self.next.get_mut(member), self.starts.get(member + 1)) else { return false };
        if *next == end || !self.columns.holds(event) {
            return false;
        }
        let place = *next as usize;
        *next += 1;
        let kind = self.kind_of(event.kind, event.weight);
        self.columns.set(place, event, kind);
        true
    }

    fn kind_of(&mut self, kind: EventKind, weight: EventWeight) -> usize {
        let code = kind as usize * EventWeight::COUNT + weight.step();
        if code >= self.kinds.len() {
            self.kinds.resize(code + 1, 0);
        }
        if self.kinds[code] == 0 {
            self.kinds[code] = self.columns.place_of(kind, weight) as u16 + 1;
        }
        usize::from(self.kinds[code]) - 1
    }

    /// Sorts each member's events by time, kind, item and weight. `None` if events that were counted are missing.
    #[must_use]
    pub fn build(mut self) -> Option<History> {
        if self.next.iter().zip(&self.starts[1..]).any(|(next, end)| next != end) {
            return None;
        }
        self.columns.sort_kinds();
        let mut events: Vec<(Event, usize)> = Vec::new();
        for member in self.starts.windows(2) {
            let places = member[0] as usize..member[1] as usize;
            events.clear();
            events.extend(places.clone().map(|place| (self.columns.event(place), self.columns.kind_place(place))));
            if events.is_sorted() {
                continue;
            }
            events.sort_unstable();
            for (place, &(event, kind)) in places.zip(&events) {
                self.columns.set(place, event, kind);
            }
        }
        Some(History::of_columns(self.columns, self.starts))
    }
}

#[cfg(test)]
mod tests {
    use super::super::event_columns::EventColumns;
    use super::*;

    fn event(at: i64, kind: EventKind, item: u32, share: f64) -> Event {
        Event { at, kind, item, weight: EventWeight::of_read(Some(share), None) }
    }

    #[test]
    fn events_in_any_order_are_sorted_by_member_and_time() {
        use EventKind::{Push, Read};
        let events = [
            (2, event(30, Read, 4, 1.0)),
            (0, event(9, Push, 1, 1.0)),
            (2, event(20, Read, 5, 0.5)),
            (2, event(NO_TIME, Read, 0, 0.25)),
            (0, event(7, Read, 2, 1.0)),
            (2, event(20, Push, 5, 0.5)),
        ];
        for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 1, 4, 0, 5, 2]] {
            let mut counts = EventCounts::new(3);
            order.iter().for_each(|&at: &usize| counts.add(events[at].0, events[at].1.at));
            let mut builder = counts.builder(6);
            assert!(order.iter().all(|&at| builder.add(events[at].0, events[at].1)));
            assert!(!builder.add(0, event(8, Read, 2, 1.0)), "not counted");
            let history = builder.build().expect("all events");
            let of = |member| history.of(member).map(|at| history.event(at)).collect::<Vec<_>>();
            assert_eq!(of(0), [events[4].1, events[1].1]);
            assert!(of(1).is_empty());
            assert_eq!(of(2), [events[3].1, events[2].1, events[5].1, events[0].1]);
            let plain = History::from(EventColumns::from(&history));
            assert_eq!(postcard::to_stdvec(&plain), postcard::to_stdvec(&history), "the order leaves no trace");
        }
    }

    #[test]
    fn other_events_than_those_counted_are_refused() {
        let mut counts = EventCounts::new(2);
        counts.add(0, 1000);
        counts.add(1, 1000);
        let mut builder = counts.builder(1);
        for (member, other) in [
            (0, event(999, EventKind::Read, 0, 1.0)),
            (0, event(5000, EventKind::Read, 0, 1.0)),
            (0, event(1000, EventKind::Read, 256, 1.0)),
            (2, event(1000, EventKind::Read, 0, 1.0)),
        ] {
            assert!(!builder.add(member, other), "{other:?}");
        }
        assert!(builder.add(1, event(1000, EventKind::Read, 0, 1.0)));
        assert_eq!(builder.build(), None, "an event is missing");
    }
}
