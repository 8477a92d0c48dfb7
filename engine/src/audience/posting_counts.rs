//! Counts the events of a condition from posting lists, which contain the events of its days and items only.

use rayon::prelude::*;

use super::event_condition::{AdmittedItems, EventFilter};
use crate::index::{DayPostings, EventPostings, Members};

/// Counts of each member, in one byte, so that those of a million members stay in a processor's cache.
type Counts = Vec<u8>;

/// Events that are worth a thread, with counts of its own to add up.
const EVENTS_PER_TASK: usize = 200_000;
/// Share of the snapshot's events, in percent, above which a pass over the history is quicker: it reads in order, while posting
/// lists change the counts of all members again and again.
const PASS_FROM_PERCENT: usize = 60;

/// The numbers of a condition.
pub(super) struct PostingCounts {
    /// Number of events or days of each member, or 255 for more.
    pub(super) counts: Counts,
    /// Members whose number may be different, because not all of their events are in posting lists or within the window.
    pub(super) inexact: Vec<u32>,
}

/// Counts a condition whose result changes at `wanted` events. `None` if a pass over the history is quicker, or if a byte is
/// too small.
pub(super) fn count_postings(
    postings: &EventPostings,
    filter: &EventFilter<'_>,
    n_members: usize,
    wanted: u32,
) -> Option<PostingCounts> {
    if wanted >= u32::from(u8::MAX) {
        return None;
    }
    let days = postings.of(filter.kind).days((filter.from, filter.to));
    let (whole, cut): (Vec<DayPostings<'_>>, Vec<_>) = days.into_iter().partition(|day| day.is_whole);
    let mut inexact: Vec<u32> = postings.irregular().to_vec();
    for day in cut {
        for_each_list(day, &filter.items, |members| inexact.extend(members));
    }
    let events: Vec<usize> = whole.par_iter().map(|&day| n_events(day, &filter.items)).collect();
    let total = events.iter().sum::<usize>() + inexact.len();
    let has_lists_of_days = matches!(filter.items, AdmittedItems::All);
    if !has_lists_of_days && total * 100 > postings.n_events() * PASS_FROM_PERCENT {
        return None;
    }
    inexact.sort_unstable();
    inexact.dedup();
    let tasks = balanced(&whole, &events, rayon::current_num_threads());
    let count = |days: &[DayPostings<'_>]| match filter.days {
        Some(_) => count_days(days, &filter.items, n_members),
        None => count_events(days, &filter.items, n_members),
    };
    let counts = if tasks.len() < 2 {
        count(&whole)
    } else {
        // Different tasks have different days, so numbers of days add up, too.
        tasks.into_par_iter().map(count).reduce(Counts::new, add)
    };
    Some(PostingCounts { counts, inexact })
}

fn for_each_list<'a>(day: DayPostings<'a>, items: &'a AdmittedItems, mut each: impl FnMut(Members<'a>)) {
    match items {
        AdmittedItems::One(None) => {}
        AdmittedItems::One(Some(item)) => day.list_of(*item).into_iter().for_each(each),
        AdmittedItems::All => each(day.members()),
        AdmittedItems::These(these) => day.lists(|item| these[item as usize]).for_each(&mut each),
    }
}

/// The number of events of a day that count, or slightly more.
fn n_events(day: DayPostings<'_>, items: &AdmittedItems) -> usize {
    if matches!(items, AdmittedItems::All) {
        return day.n_events;
    }
    let mut n_bytes = 0;
    for_each_list(day, items, |members| n_bytes += members.n_bytes());
    n_bytes.min(day.n_events)
}

/// Splits the days into ranges with about the same number of events.
fn balanced<'a, T>(days: &'a [T], events: &[usize], n_threads: usize) -> Vec<&'a [T]> {
    let total = events.iter().sum::<usize>();
    let n_tasks = n_threads.min(total / EVENTS_PER_TASK + 1);
    let (mut tasks, mut rest, mut before) = (Vec::with_capacity(n_tasks), days, 0);
    let mut taken = 0;
    for (at, events) in events.iter().enumerate() {
        before += events;
        if before * n_tasks >= total * (tasks.len() + 1) {
            let (task, after) = rest.split_at(at + 1 - taken);
            tasks.push(task);
            (rest, taken) = (after, at + 1);
        }
    }
    if !rest.is_empty() {
        tasks.push(rest);
    }
    tasks
}

fn count_events(days: &[DayPostings<'_>], items: &AdmittedItems, n_members: usize) -> Counts {
    let mut counts = vec![0_u8; n_members];
    for &day in days {
        for_each_list(day, items, |members| {
            for member in members {
                let count = &mut counts[member as usize];
                *count = count.saturating_add(1);
            }
        });
    }
    counts
}

/// Counts each day of a member once.
fn count_days(days: &[DayPostings<'_>], items: &AdmittedItems, n_members: usize) -> Counts {
    let mut counts = vec![0_u8; n_members];
    if matches!(items, AdmittedItems::All) {
        for day in days {
            let mut previous = u32::MAX;
            for member in day.members() {
                let count = &mut counts[member as usize];
                *count = count.saturating_add(u8::from(member != previous));
                previous = member;
            }
        }
        return counts;
    }
    let mut last_days = vec![0_u16; n_members];
    for (number, &day) in days.iter().enumerate() {
        // An index has at most `LocalDays::MAX_DAYS` days, so no number repeats.
        let number = (number + 1) as u16;
        for_each_list(day, items, |members| {
            for member in members {
                let (count, last) = (&mut counts[member as usize], &mut last_days[member as usize]);
                *count = count.saturating_add(u8::from(*last != number));
                *last = number;
            }
        });
    }
    counts
}

fn add(left: Counts, right: Counts) -> Counts {
    if left.is_empty() {
        return right;
    }
    let (mut sum, other) = (left, right);
    sum.iter_mut().zip(other).for_each(|(sum, other)| *sum = sum.saturating_add(other));
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_split_into_ranges_of_similar_numbers_of_events() {
        let days: Vec<usize> = (0..10).collect();
        let sizes = |events: &[usize], n_threads| -> Vec<usize> {
            let tasks = balanced(&days[..events.len()], events, n_threads);
            assert_eq!(tasks.concat(), days[..events.len()], "every day once, in order");
            tasks.iter().map(|task| task.len()).collect()
        };
        assert_eq!(sizes(&[300_000; 10], 3), [4, 3, 3]);
        assert_eq!(sizes(&[9_000_000, 1, 1, 1], 2), [1, 3]);
        assert_eq!(sizes(&[1, 1, 1, 9_000_000], 2), [4]);
        assert_eq!(sizes(&[10; 10], 8), [10]);
        assert_eq!(sizes(&[], 8), [0_usize; 0]);
        assert_eq!(sizes(&[0, 0], 8), [1, 1]);
    }
}
