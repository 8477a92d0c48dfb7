//! Events in plain columns that can be changed.

use super::event_kind::EventKind;
use super::event_weight::EventWeight;
use super::history::History;
use super::missing::NO_TIME;
use super::narrow_events::{Event, NarrowEvents};

/// The events of a [`History`], 14 bytes each. Those of member `m` are `starts[m]..starts[m + 1]`, in ascending order of time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventColumns {
    /// Offset of each member's first event, followed by the number of events.
    pub starts: Vec<u64>,
    /// Index of the item.
    pub item: Vec<u32>,
    /// The kind of event.
    pub kind: Vec<EventKind>,
    /// Time in seconds since 1970 in UTC.
    pub at: Vec<i64>,
    /// Weights relative to other events of the same kind; empty if all are neutral.
    pub weight: Vec<EventWeight>,
}

impl From<EventColumns> for History {
    fn from(events: EventColumns) -> Self {
        let known = || events.at.iter().copied().filter(|&at| at != NO_TIME);
        let times = (known().min().unwrap_or_default(), known().max().unwrap_or_default());
        let last_item = events.item.iter().copied().max().unwrap_or_default();
        let mut columns = NarrowEvents::with_space(events.item.len(), times, last_item);
        for (place, &item) in events.item.iter().enumerate() {
            let weight = events.weight.get(place).copied().unwrap_or_default();
            let event = Event { at: events.at[place], kind: events.kind[place], item, weight };
            let kind = columns.place_of(event.kind, weight);
            columns.set(place, event, kind);
        }
        columns.sort_kinds();
        Self::of_columns(columns, events.starts)
    }
}

impl From<&History> for EventColumns {
    fn from(history: &History) -> Self {
        let mut columns = Self { starts: vec![0], ..Self::default() };
        for member in 0..history.n_members() {
            for Event { at, kind, item, weight } in history.of(member).map(|event| history.event(event)) {
                columns.item.push(item);
                columns.kind.push(kind);
                columns.at.push(at);
                columns.weight.push(weight);
            }
            columns.starts.push(columns.item.len() as u64);
        }
        if columns.weight.iter().all(|&weight| weight == EventWeight::NEUTRAL) {
            columns.weight.clear();
        }
        columns
    }
}

impl History {
    /// Changes events in plain columns.
    pub fn edit(&mut self, edit: impl FnOnce(&mut EventColumns)) {
        let mut columns = EventColumns::from(&*self);
        edit(&mut columns);
        *self = columns.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_in_narrow_and_plain_columns() {
        use EventKind::{Feedback, Push, Read};
        let weights = [EventWeight::of_read(Some(0.3), None), EventWeight::NEUTRAL];
        let columns = |at: [i64; 4], item: [u32; 4], has_weights: bool| EventColumns {
            starts: vec![0, 1, 1, 4],
            item: item.to_vec(),
            kind: vec![Push, Read, Feedback, Read],
            at: at.to_vec(),
            weight: if has_weights { [weights[0], weights[1], weights[0], weights[0]].to_vec() } else { Vec::new() },
        };
        for plain in [
            columns([5, NO_TIME, 7, 9], [0, 1, 2, 3], false),
            columns([i64::MAX, NO_TIME, i64::MIN + 1, i64::MAX], [u32::MAX, 0, 70_000, 1], true),
            columns([NO_TIME; 4], [0; 4], true),
            EventColumns { starts: vec![0; 3], ..EventColumns::default() },
        ] {
            let history = History::from(plain.clone());
            assert_eq!(EventColumns::from(&history), plain);
            let read: History = postcard::from_bytes(&postcard::to_stdvec(&history).unwrap()).unwrap();
            assert_eq!(read, history);
        }
        let year = columns([0, 31_536_000, 4, 5], [0, 65_535, 2, 3], true);
        assert_eq!(History::from(year).bytes_per_event(), 4 + 2 + 1);
    }
}
