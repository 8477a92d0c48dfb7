//! The latest distinct items that each member acted on, as marks on the events of the history.

use std::ops::Range;

use rayon::prelude::*;
use zhihui_data::snapshot::{EventKind, Snapshot};

use super::interaction_weight;

/// Number of recent distinct items used to score a candidate by similarity.
pub(super) const MAX_RECENT_ITEMS: usize = 50;

/// Members whose events one thread marks at a time.
const MEMBERS_PER_TASK: usize = 8_192;

/// One bit for each event of the history: whether it is the member's latest own action on one of the latest 50 distinct items
/// without sensitive topics.
#[derive(Debug, Default)]
pub(crate) struct RecentActions {
    words: Vec<u64>,
}

/// Whether an event is an own action that the member did not take back. `withdrawn` are the items whose sign-up was cancelled.
pub(super) fn is_current_action(item: u32, kind: EventKind, withdrawn: &[u32]) -> bool {
    interaction_weight(kind) > 0.0 && (kind != EventKind::SignUp || !withdrawn.contains(&item))
}

impl RecentActions {
    /// Marks the events of all members.
    pub(crate) fn new(snapshot: &Snapshot, is_sensitive_item: &[bool]) -> Self {
        let n_members = snapshot.members.id.len();
        let tasks = (0..n_members.div_ceil(MEMBERS_PER_TASK)).into_par_iter();
        let mark = |seen: &mut Seen, task: usize| {
            let begin = task * MEMBERS_PER_TASK;
            marks(snapshot, is_sensitive_item, begin..(begin + MEMBERS_PER_TASK).min(n_members), seen)
        };
        let parts: Vec<(usize, Vec<u64>)> = tasks.map_init(|| Seen::new(is_sensitive_item.len()), mark).collect();
        let mut words = vec![0; snapshot.history.end().div_ceil(64)];
        for (first, part) in parts {
            // Two parts may share a word.
            words[first..].iter_mut().zip(part).for_each(|(word, part)| *word |= part);
        }
        Self { words }
    }

    /// The marked events among those of one member, latest first.
    #[inline(always)]
    pub(crate) fn latest_first(&self, events: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let Range { start, end } = events;
        let words = if start < end { start / 64..end.div_ceil(64) } else { 0..0 };
        words.rev().flat_map(move |at| {
            let begin = at * 64;
            let mut word = self.words[at];
            if begin < start {
                word &= u64::MAX << (start - begin);
            }
            if begin + 64 > end {
                word &= u64::MAX >> (begin + 64 - end);
            }
            Marks { word, begin }
        })
    }
}

/// The events of one word, latest first.
struct Marks {
    word: u64,
    begin: usize,
}

impl Iterator for Marks {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        let place = self.word.checked_ilog2()?;
        self.word ^= 1 << place;
        Some(self.begin + place as usize)
    }
}

/// By item, the last of the members of a thread who acted on it.
struct Seen {
    by_item: Vec<u32>,
    member: u32,
}

impl Seen {
    fn new(n_items: usize) -> Self {
        Self { by_item: vec![0; n_items], member: 0 }
    }

    fn next_member(&mut self) {
        if self.member == u32::MAX {
            self.by_item.fill(0);
            self.member = 0;
        }
        self.member += 1;
    }

    fn is_first(&mut self, item: u32) -> bool {
        std::mem::replace(&mut self.by_item[item as usize], self.member) != self.member
    }
}

/// The marks of a range of members: the first word, and the words.
fn marks(snapshot: &Snapshot, is_sensitive_item: &[bool], members: Range<usize>, seen: &mut Seen) -> (usize, Vec<u64>) {
    let history = &snapshot.history;
    let (begin, end) = (history.of(members.start).start, history.of(members.end - 1).end);
    let first = begin / 64;
    let mut words = vec![0; end.div_ceil(64).saturating_sub(first)];
    for member in members {
        let withdrawn = history.withdrawn(member, i64::MAX);
        seen.next_member();
        let own = history.of(member).rev().filter(|&at| {
            let item = history.item(at);
            !is_sensitive_item[item as usize]
                && is_current_action(item, history.kind(at), &withdrawn)
                && seen.is_first(item)
        });
        for at in own.take(MAX_RECENT_ITEMS) {
            words[at / 64 - first] |= 1 << (at % 64);
        }
    }
    (first, words)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use zhihui_data::snapshot::EventColumns;

    use super::*;

    /// A snapshot of members with these events: item, and kind by number.
    fn snapshot(members: &[Vec<(u32, u8)>]) -> Snapshot {
        let mut snapshot = Snapshot::default();
        let mut events = EventColumns { starts: vec![0], ..EventColumns::default() };
        for (number, own) in members.iter().enumerate() {
            for (at, &(item, kind)) in own.iter().enumerate() {
                let kinds = [EventKind::Read, EventKind::SignUp, EventKind::Cancel, EventKind::Push];
                events.item.push(item);
                events.kind.push(kinds[usize::from(kind)]);
                events.at.push(at as i64);
            }
            events.starts.push(events.item.len() as u64);
            snapshot.members.id.push(number.to_string());
        }
        snapshot.history = events.into();
        snapshot
    }

    proptest! {
        #[test]
        fn marks_are_the_latest_distinct_own_actions(
            members in prop::collection::vec(prop::collection::vec((0_u32..90, 0_u8..4), 0..200), 1..9),
            sensitive in 0_usize..90,
        ) {
            let snapshot = snapshot(&members);
            let is_sensitive: Vec<bool> = (0..90).map(|item| item == sensitive).collect();
            let recent = RecentActions::new(&snapshot, &is_sensitive);
            for member in 0..members.len() {
                let history = &snapshot.history;
                let withdrawn = history.withdrawn(member, i64::MAX);
                let mut expected: Vec<u32> = Vec::new();
                for at in history.of(member).rev() {
                    let (item, kind) = (history.item(at), history.kind(at));
                    let is_own = kind == EventKind::Read || kind == EventKind::SignUp && !withdrawn.contains(&item);
                    if is_own && item as usize != sensitive && !expected.contains(&item) && expected.len() < 50 {
                        expected.push(item);
                    }
                }
                let found: Vec<u32> = recent.latest_first(history.of(member)).map(|at| history.item(at)).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
