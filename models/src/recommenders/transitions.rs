//! Sums transitions between the items of reading sequences, one item at a time. The transitions, about 20 for each
//! event, are never stored.

use std::convert::Infallible;
use std::ops::Range;
use std::sync::Mutex;

use crate::UserItems;
use crate::matrix::collect_rows;
use crate::recommenders::sequences::Sequences;

/// Largest number of visits indexed at a time, 8 bytes each.
const MAX_VISITS: usize = 1 << 25;

/// The weight of a transition by the distance between its two visits.
#[derive(Debug, Clone)]
pub(crate) struct TransitionWeights {
    ahead: Vec<f32>,
    behind: Vec<f32>,
}

impl TransitionWeights {
    /// Weights up to a distance of `window`, decaying by `decay` with each step. Backward transitions are multiplied by
    /// `backward`.
    pub(crate) fn new(window: usize, decay: f64, backward: f64) -> Self {
        let weights = (0..window as i32).map(|gap| decay.powi(gap));
        Self {
            ahead: weights.clone().map(|weight| weight as f32).collect(),
            behind: weights.map(|weight| (weight * backward) as f32).collect(),
        }
    }
}

/// Sums the transitions from each item to all others and passes them to `reduce(count_of, item, entries)`, which may
/// change and drop entries. `count_of` returns the number of an item's visits. Sums are in double precision, so that
/// their order affects at most the last digit in single precision.
pub(crate) fn sum_transitions(
    n_items: usize,
    sequences: &Sequences,
    weights: &TransitionWeights,
    reduce: impl Fn(&dyn Fn(usize) -> f32, usize, &mut Vec<(u32, f32)>) + Sync,
) -> UserItems {
    let visits = sequences.visits();
    let mut counts = vec![0_usize; n_items];
    visits.iter().for_each(|&item| counts[item as usize] += 1);
    let count_of = |item: usize| counts[item] as f32;
    let first_visits = BitSet::at(visits.len() + 1, sequences.starts());
    let spare: Mutex<Vec<Sums>> = Mutex::default();
    let parts = groups(&counts, MAX_VISITS).into_iter().map(|group| {
        let places = VisitPositions::of(&group, &counts, visits);
        let Ok(part) = collect_rows(group.len(), n_items, |row, entries| {
            let item = group.start + row;
            let mut sums = spare.lock().ok().and_then(|mut spare| spare.pop()).unwrap_or_else(|| Sums::new(n_items));
            for &place in places.of_item(row) {
                // Stops at the first visit of the next member.
                let ahead = (place + 1..visits.len()).take_while(|&at| !first_visits.has(at));
                for (at, &weight) in ahead.zip(&weights.ahead) {
                    sums.add(visits[at], weight);
                }
                let behind = (0..place).rev().take_while(|&at| !first_visits.has(at + 1));
                for (at, &weight) in behind.zip(&weights.behind) {
                    sums.add(visits[at], weight);
                }
            }
            sums.drain(entries);
            if let Ok(mut spare) = spare.lock() {
                spare.push(sums);
            }
            entries.retain(|&(to, _)| to as usize != item);
            reduce(&count_of, item, entries);
            entries.sort_unstable_by_key(|&(to, _)| to);
            Ok::<(), Infallible>(())
        });
        part
    });
    UserItems::vstack(n_items, parts)
}

/// Splits the items into ranges with at most `most` visits each, or a single item.
fn groups(counts: &[usize], most: usize) -> Vec<Range<usize>> {
    let (mut groups, mut start, mut sum) = (Vec::new(), 0, 0);
    for (item, &count) in counts.iter().enumerate() {
        if sum + count > most && item > start {
            groups.push(start..item);
            (start, sum) = (item, 0);
        }
        sum += count;
    }
    if start < counts.len() {
        groups.push(start..counts.len());
    }
    groups
}

/// The positions of each item's visits, for the items of a group.
struct VisitPositions {
    starts: Vec<usize>,
    places: Vec<usize>,
}

impl VisitPositions {
    fn of(group: &Range<usize>, counts: &[usize], visits: &[u32]) -> Self {
        let mut starts = vec![0];
        let mut end = 0;
        starts.extend(counts[group.clone()].iter().map(|count| {
            end += count;
            end
        }));
        let (mut next, mut places) = (starts.clone(), vec![0; end]);
        for (place, &item) in visits.iter().enumerate().filter(|&(_, &item)| group.contains(&(item as usize))) {
            let at = &mut next[item as usize - group.start];
            places[*at] = place;
            *at += 1;
        }
        Self { starts, places }
    }

    fn of_item(&self, row: usize) -> &[usize] {
        &self.places[self.starts[row]..self.starts[row + 1]]
    }
}

/// A set of integers.
struct BitSet(Vec<u64>);

impl BitSet {
    fn at(length: usize, members: &[usize]) -> Self {
        let mut bits = vec![0; length.div_ceil(64)];
        members.iter().for_each(|&at| bits[at / 64] |= 1 << (at % 64));
        Self(bits)
    }

    fn has(&self, at: usize) -> bool {
        self.0[at / 64] >> (at % 64) & 1 == 1
    }
}

/// A sparse sum in double precision: dense values and the list of non-zero columns.
struct Sums {
    sums: Vec<f64>,
    touched: Vec<u32>,
}

impl Sums {
    fn new(n_columns: usize) -> Self {
        Self { sums: vec![0.0; n_columns], touched: Vec::new() }
    }

    fn add(&mut self, column: u32, weight: f32) {
        let sum = &mut self.sums[column as usize];
        if *sum == 0.0 && weight > 0.0 {
            self.touched.push(column);
        }
        *sum += f64::from(weight);
    }

    fn drain(&mut self, into: &mut Vec<(u32, f32)>) {
        into.clear();
        let sums = &mut self.sums;
        into.extend(self.touched.drain(..).map(|column| (column, std::mem::take(&mut sums[column as usize]) as f32)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_grouped_by_their_visits() {
        assert_eq!(groups(&[3, 3, 9, 0, 1, 2], 6), [0..2, 2..3, 3..6]);
        assert_eq!(groups(&[], 6), Vec::<Range<usize>>::new());
    }

    #[test]
    fn transitions_equal_a_naive_count() {
        let events = (0..4000_u64).map(|n| {
            let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
            ((mixed % 60) as u32, (mixed / 60 % 35) as u32, (mixed / 2100 % 500) as i64)
        });
        let sequences = Sequences::from_events(60, 35, events).expect("events within the shape");
        let (window, decay, backward) = (4, 0.7_f64, 0.3);
        let mut expected = vec![[0.0_f64; 35]; 35];
        for user in 0..60 {
            let visits = sequences.of(user);
            for (at, &from) in visits.iter().enumerate() {
                for (gap, &to) in visits[at + 1..].iter().take(window).enumerate().filter(|&(_, &to)| to != from) {
                    expected[from as usize][to as usize] += decay.powi(gap as i32);
                    expected[to as usize][from as usize] += decay.powi(gap as i32) * backward;
                }
            }
        }
        let found = sum_transitions(35, &sequences, &TransitionWeights::new(window, decay, backward), |_, _, _| ());
        for (item, row) in expected.iter().enumerate() {
            for (to, &sum) in row.iter().enumerate() {
                let weight = f64::from(found.row(item).weight(to as u32));
                assert!((weight - sum).abs() <= 1e-5 * sum, "{item} to {to}: {weight} and {sum}");
                assert_eq!(found.row(item).contains(to as u32), sum > 0.0, "{item} to {to}");
            }
        }
    }
}
