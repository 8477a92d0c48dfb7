//! Who did what on which day: an inverted index of the snapshot's events, for conditions that count events.
//!
//! For each kind of event, the events are sorted by local day, item and member. The members of one day and item are a
//! posting list: differences of ascending rows as variable-length integers (LEB128), a repeated event as difference 0. A
//! second list of each day has the members of all items. An event takes two to three bytes in the first and about one in the
//! second, and a condition reads only the bytes of its days and items, while a pass over the history reads every event of all
//! members.

use rayon::prelude::*;
use zhihui_data::{
    Zone,
    snapshot::{EventKind, History, NO_TIME},
};

use super::LocalDays;

/// Number of kinds of events.
const KINDS: usize = EventKind::Feedback as usize + 1;
/// Most events that one step of the build sorts, so that its memory is a fraction of the history. One day may have more.
const EVENTS_PER_STEP: usize = 4_000_000;

/// The posting lists of all events of a snapshot.
#[derive(Debug, Default)]
pub(crate) struct EventPostings {
    kinds: [KindPostings; KINDS],
    irregular: Vec<u32>,
    n_events: usize,
}

/// The events of one kind.
#[derive(Debug, Default)]
pub(crate) struct KindPostings {
    /// Days with events, ascending.
    days: Vec<Day>,
    /// Item of each posting list, by day, then ascending.
    items: Vec<u32>,
    /// Offset of each posting list in the bytes of its day.
    starts: Vec<u32>,
    bytes: Vec<u8>,
    /// The members of all items, by day.
    all_items: Vec<u8>,
}

/// The events of one kind on one local day.
#[derive(Debug, Clone, Copy)]
struct Day {
    /// Times of the first and the last event.
    first: i64,
    last: i64,
    /// Number of events.
    n_events: u32,
    /// The first posting list.
    list: usize,
    /// Its first byte.
    byte: usize,
    /// The first byte of the list of all items.
    all_items: usize,
}

/// The posting lists of one day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DayPostings<'a> {
    /// Whether all events of the day are within the window.
    pub(crate) is_whole: bool,
    /// Number of events.
    pub(crate) n_events: usize,
    items: &'a [u32],
    starts: &'a [u32],
    bytes: &'a [u8],
    all_items: &'a [u8],
}

/// Scratch space of the counting sort.
struct ByItem {
    places: Vec<u32>,
    sorted: Vec<u64>,
}

impl EventPostings {
    /// Sorts the events of a snapshot.
    pub(crate) fn new(history: &History, (n_members, n_items): (usize, usize), zone: Zone) -> Self {
        let Some((first, last)) = known_times(history) else { return Self::default() };
        let days = LocalDays::of_range(first, last, zone);
        let counts = count_by_day(history, &days);
        let members = 0..n_members as u32;
        let is_irregular =
            |&member: &u32| history.of(member as usize).any(|event| days.of(history.at(event)).is_none());
        let mut postings = Self {
            irregular: members.into_par_iter().filter(is_irregular).collect(),
            n_events: history.n_events(),
            ..Self::default()
        };
        let steps: Vec<[KindPostings; KINDS]> = steps(&counts)
            .into_par_iter()
            .map(|step| sorted_days(history, (n_members, n_items), &days, step, &counts))
            .collect();
        for step in steps {
            postings.kinds.iter_mut().zip(step).for_each(|(all, part)| all.append(part));
        }
        postings
    }

    /// The events of one kind.
    pub(crate) fn of(&self, kind: EventKind) -> &KindPostings {
        &self.kinds[kind as usize]
    }

    /// Members with events that no posting list contains, because their time is missing or too early.
    pub(crate) fn irregular(&self) -> &[u32] {
        &self.irregular
    }

    /// Number of events of the snapshot.
    pub(crate) fn n_events(&self) -> usize {
        self.n_events
    }

    /// Size in bytes.
    pub(crate) fn size(&self) -> usize {
        let of_kind = |kind: &KindPostings| {
            kind.bytes.len()
                + kind.all_items.len()
                + 4 * (kind.items.len() + kind.starts.len())
                + kind.days.len() * size_of::<Day>()
        };
        self.kinds.iter().map(of_kind).sum::<usize>() + 4 * self.irregular.len()
    }
}

impl KindPostings {
    /// The days with events in the half-open window, ascending. Of a day that is not whole, some events are outside.
    pub(crate) fn days(&self, (from, to): (i64, i64)) -> Vec<DayPostings<'_>> {
        let begin = self.days.partition_point(|day| day.last < from);
        let end = self.days.partition_point(|day| day.first < to).max(begin);
        let day = |at: usize| {
            let (day, next) = (self.days[at], self.days.get(at + 1));
            let lists = day.list..next.map_or(self.items.len(), |next| next.list);
            DayPostings {
                is_whole: from <= day.first && day.last < to,
                n_events: day.n_events as usize,
                items: &self.items[lists.clone()],
                starts: &self.starts[lists],
                bytes: &self.bytes[day.byte..next.map_or(self.bytes.len(), |next| next.byte)],
                all_items: &self.all_items[day.all_items..next.map_or(self.all_items.len(), |next| next.all_items)],
            }
        };
        (begin..end).map(day).collect()
    }

    fn append(&mut self, part: Self) {
        let (list, byte, all_items) = (self.items.len(), self.bytes.len(), self.all_items.len());
        let moved = |day: Day| Day {
            list: day.list + list,
            byte: day.byte + byte,
            all_items: day.all_items + all_items,
            ..day
        };
        self.days.extend(part.days.into_iter().map(moved));
        self.all_items.extend(part.all_items);
        self.items.extend(part.items);
        self.starts.extend(part.starts);
        self.bytes.extend(part.bytes);
    }

    /// Adds a day. `events` are its items (upper half) and members (lower half), ascending in members.
    fn push_day(&mut self, events: &mut [u64], (first, last): (i64, i64), by_item: &mut ByItem) {
        let (list, byte, all_items) = (self.items.len(), self.bytes.len(), self.all_items.len());
        self.days.push(Day { first, last, n_events: events.len() as u32, list, byte, all_items });
        let mut previous = 0;
        for &event in events.iter() {
            write_number(&mut self.all_items, event as u32 - previous);
            previous = event as u32;
        }
        by_item.sort(events);
        previous = 0;
        for &event in events.iter() {
            let (item, member) = ((event >> 32) as u32, event as u32);
            if self.items.len() == list || self.items.last() != Some(&item) {
                self.items.push(item);
                self.starts.push((self.bytes.len() - byte) as u32);
                previous = 0;
            }
            write_number(&mut self.bytes, member - previous);
            previous = member;
        }
    }
}

impl ByItem {
    fn new(n_items: usize) -> Self {
        Self { places: vec![0; n_items + 1], sorted: Vec::new() }
    }

    /// Sorts events, ascending in members, by item and member.
    fn sort(&mut self, events: &mut [u64]) {
        if events.len() < self.places.len() / 4 {
            return events.sort_unstable();
        }
        self.places.fill(0);
        events.iter().for_each(|event| self.places[(event >> 32) as usize + 1] += 1);
        for item in 1..self.places.len() {
            self.places[item] += self.places[item - 1];
        }
        self.sorted.resize(events.len(), 0);
        for &event in events.iter() {
            let place = &mut self.places[(event >> 32) as usize];
            self.sorted[*place as usize] = event;
            *place += 1;
        }
        events.copy_from_slice(&self.sorted);
    }
}

impl<'a> DayPostings<'a> {
    /// The members of all items.
    pub(crate) fn members(self) -> Members<'a> {
        Members { bytes: self.all_items, member: 0 }
    }

    /// The posting lists of the items that are admitted.
    pub(crate) fn lists(self, is_admitted: impl Fn(u32) -> bool + 'a) -> impl Iterator<Item = Members<'a>> {
        let places = self.items.iter().enumerate().filter(move |(_, item)| is_admitted(**item));
        places.map(move |(at, _)| self.list(at))
    }

    /// The posting list of one item.
    pub(crate) fn list_of(self, item: u32) -> Option<Members<'a>> {
        self.items.binary_search(&item).ok().map(|at| self.list(at))
    }

    fn list(self, at: usize) -> Members<'a> {
        let end = self.starts.get(at + 1).map_or(self.bytes.len(), |&end| end as usize);
        Members { bytes: &self.bytes[self.starts[at] as usize..end], member: 0 }
    }
}

/// The members of a posting list, ascending: once for each event.
#[derive(Debug, Clone)]
pub(crate) struct Members<'a> {
    bytes: &'a [u8],
    member: u32,
}

impl Members<'_> {
    /// Number of bytes left, which is at least the number of events.
    pub(crate) fn n_bytes(&self) -> usize {
        self.bytes.len()
    }
}

impl Iterator for Members<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        let (&byte, mut rest) = self.bytes.split_first()?;
        let mut difference = u32::from(byte & 0x7f);
        if byte >= 0x80 {
            let mut shift = 7;
            while let Some((&byte, after)) = rest.split_first() {
                rest = after;
                difference |= u32::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
        }
        self.bytes = rest;
        self.member += difference;
        Some(self.member)
    }
}

fn write_number(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Number of events by day and kind.
fn count_by_day(history: &History, days: &LocalDays) -> Vec<[u32; KINDS]> {
    let none = || vec![[0; KINDS]; days.len()];
    let count = |mut counts: Vec<[u32; KINDS]>, member: usize| {
        for event in history.of(member) {
            if let Some(day) = days.of(history.at(event)) {
                counts[day][history.kind(event) as usize] += 1;
            }
        }
        counts
    };
    let add = |mut left: Vec<[u32; KINDS]>, right: Vec<[u32; KINDS]>| {
        left.iter_mut().flatten().zip(right.iter().flatten()).for_each(|(left, right)| *left += right);
        left
    };
    // Each thread counts in a table of its own, so there are few tasks.
    let per_task = history.n_members().div_ceil(rayon::current_num_threads()).max(1);
    (0..history.n_members()).into_par_iter().with_min_len(per_task).fold(none, count).reduce(none, add)
}

/// The times of the first and the last event, if any time is known.
fn known_times(history: &History) -> Option<(i64, i64)> {
    let of_member = |member: usize| {
        let known = history.of(member).map(|event| history.at(event)).filter(|&at| at != NO_TIME);
        known.map(|at| (at, at)).reduce(join)
    };
    (0..history.n_members()).into_par_iter().filter_map(of_member).reduce_with(join)
}

fn join(one: (i64, i64), other: (i64, i64)) -> (i64, i64) {
    (one.0.min(other.0), one.1.max(other.1))
}

/// Ranges of days with at most [`EVENTS_PER_STEP`] events, or of one day.
fn steps(counts: &[[u32; KINDS]]) -> Vec<(usize, usize)> {
    let (mut steps, mut begin, mut events) = (Vec::new(), 0, 0);
    for (day, counts) in counts.iter().enumerate() {
        let of_day = counts.iter().map(|&count| count as usize).sum::<usize>();
        if events > 0 && events + of_day > EVENTS_PER_STEP {
            steps.push((begin, day));
            (begin, events) = (day, 0);
        }
        events += of_day;
    }
    if events > 0 {
        steps.push((begin, counts.len()));
    }
    steps
}

/// The posting lists of a range of days: a counting sort by day and kind, then a sort of each bucket.
fn sorted_days(
    history: &History,
    (n_members, n_items): (usize, usize),
    days: &LocalDays,
    (begin, end): (usize, usize),
    counts: &[[u32; KINDS]],
) -> [KindPostings; KINDS] {
    let counts = counts[begin..end].as_flattened();
    let mut next: Vec<usize> = Vec::with_capacity(counts.len());
    let mut total = 0;
    for &count in counts {
        next.push(total);
        total += count as usize;
    }
    let mut events = vec![0_u64; total];
    let mut times = vec![(i64::MAX, i64::MIN); counts.len()];
    let (from, to) = (days.start(begin), days.start(end));
    for member in 0..n_members {
        for event in history.since(history.of(member), from) {
            let at = history.at(event);
            if at >= to {
                break;
            }
            let Some(day) = days.of(at) else { continue };
            let bucket = (day - begin) * KINDS + history.kind(event) as usize;
            events[next[bucket]] = u64::from(history.item(event)) << 32 | member as u64;
            next[bucket] += 1;
            let (earliest, latest) = &mut times[bucket];
            (*earliest, *latest) = ((*earliest).min(at), (*latest).max(at));
        }
    }
    let mut kinds: [KindPostings; KINDS] = Default::default();
    let (mut rest, mut by_item) = (events.as_mut_slice(), ByItem::new(n_items));
    for (bucket, (&count, &times)) in counts.iter().zip(&times).enumerate() {
        let (events, after) = std::mem::take(&mut rest).split_at_mut(count as usize);
        rest = after;
        if !events.is_empty() {
            kinds[bucket % KINDS].push_day(events, times, &mut by_item);
        }
    }
    kinds
}
