//! Suppression of small groups: which counts of people may be shown, so that no sum or difference of shown counts
//! describes a small group.
//!
//! Counts must be of distinct people. Zero is shown: that no member did something says nothing about a single person,
//! as long as the group itself is not small.

use serde::{Deserialize, Serialize};

/// Default minimum number of people behind a shown count.
pub const MIN_GROUP_SIZE: u64 = 10;
/// The smallest value that may be configured.
const SMALLEST_MIN_GROUP_SIZE: u64 = 5;

/// The number of people from which on a group is not small. At least 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct MinGroupSize(u64);

impl Default for MinGroupSize {
    fn default() -> Self {
        Self(MIN_GROUP_SIZE)
    }
}

impl TryFrom<u64> for MinGroupSize {
    type Error = String;

    fn try_from(people: u64) -> Result<Self, String> {
        if people < SMALLEST_MIN_GROUP_SIZE {
            return Err(format!("must be {SMALLEST_MIN_GROUP_SIZE} or more: smaller groups are never shown"));
        }
        Ok(Self(people))
    }
}

impl From<MinGroupSize> for u64 {
    fn from(min_size: MinGroupSize) -> Self {
        min_size.0
    }
}

impl MinGroupSize {
    /// The number of people.
    #[must_use]
    pub fn people(self) -> u64 {
        self.0
    }

    /// Whether a count must be hidden: from 1 to one less than the minimum.
    #[must_use]
    pub fn hides(self, people: u64) -> bool {
        (1..self.0).contains(&people)
    }
}

/// Whether a count must be hidden with the default minimum: 1 to 9.
#[must_use]
pub fn is_too_few(people: u64) -> bool {
    MinGroupSize::default().hides(people)
}

/// Groups of people, each inside another group or directly inside the whole. Index 0 is the whole, index `i + 1` is
/// group `i`.
///
/// Two groups are either nested or disjoint. Sums and differences of shown counts can then reveal only the *rest* of
/// each shown group: its count minus those of the largest shown groups inside it. A choice of shown groups is safe if
/// and only if every rest is zero or large enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    parents: Vec<usize>,
    /// All indices, inner groups before the groups around them.
    inner_first: Vec<usize>,
}

impl Groups {
    /// Creates groups from the group around each, `None` for those directly inside the whole. A cycle is opened at its
    /// first group.
    #[must_use]
    pub fn new(around: &[Option<usize>]) -> Self {
        let mut parents: Vec<usize> = std::iter::once(0)
            .chain(around.iter().map(|group| group.filter(|&group| group < around.len()).map_or(0, |group| group + 1)))
            .collect();
        open_cycles(&mut parents);
        let mut depths = vec![0_usize; parents.len()];
        for place in 1..parents.len() {
            let mut path = vec![place];
            let mut at = parents[place];
            while at != 0 && depths[at] == 0 {
                path.push(at);
                at = parents[at];
            }
            for (above, &on_path) in path.iter().rev().enumerate() {
                depths[on_path] = depths[at] + above + 1;
            }
        }
        let mut inner_first: Vec<usize> = (0..parents.len()).collect();
        inner_first.sort_by_key(|&place| std::cmp::Reverse(depths[place]));
        Self { parents, inner_first }
    }

    /// Creates this number of groups side by side.
    #[must_use]
    pub fn flat(groups: usize) -> Self {
        Self::new(&vec![None; groups])
    }

    /// Number of indices: the whole and each group.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Whether there is no group besides the whole.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 1
    }

    /// Whether the group at `place` is `outer` or inside it.
    #[must_use]
    pub fn is_within(&self, place: usize, outer: usize) -> bool {
        let mut at = place;
        while at != outer && at != 0 {
            at = self.parents[at];
        }
        at == outer
    }

    /// The innermost shown group that contains `place`. `None` if not even the whole is shown.
    #[must_use]
    pub fn innermost(&self, place: usize, shown: &[bool]) -> Option<usize> {
        let mut at = place;
        while at != 0 && !shown[at] {
            at = self.parents[at];
        }
        shown[at].then_some(at)
    }

    /// The count of each group from the people who are in it and in no group inside it.
    #[must_use]
    pub fn totals(&self, own: &[u64]) -> Vec<u64> {
        let mut totals: Vec<u64> = (0..self.len()).map(|place| own.get(place).copied().unwrap_or(0)).collect();
        for &place in self.inner_first.iter().filter(|&&place| place != 0) {
            totals[self.parents[place]] += totals[place];
        }
        totals
    }

    /// Returns which counts may be shown. `totals` are the result of [`Self::totals`].
    #[must_use]
    pub fn shown(&self, totals: &[u64], min_size: MinGroupSize) -> Vec<bool> {
        self.shown_among(totals, &[], min_size)
    }

    /// Returns which counts may be shown if those marked in `refused` must be hidden for other reasons.
    ///
    /// Small counts are hidden. From the inside out, if the rest of a group is small, the smallest shown group inside
    /// it is hidden, until the rest is large enough. The outer group stays.
    #[must_use]
    pub fn shown_among(&self, totals: &[u64], refused: &[bool], min_size: MinGroupSize) -> Vec<bool> {
        let count = |place: usize| totals.get(place).copied().unwrap_or(0);
        let mut shown = vec![false; self.len()];
        let mut rests = vec![0_u64; self.len()];
        // The largest shown groups inside each group, without the group itself.
        let mut inside: Vec<Vec<usize>> = vec![Vec::new(); self.len()];
        for &place in &self.inner_first {
            let mut largest = std::mem::take(&mut inside[place]);
            let is_shown = !min_size.hides(count(place)) && refused.get(place) != Some(&true);
            if is_shown {
                let mut rest = count(place).saturating_sub(largest.iter().map(|&inner| count(inner)).sum());
                while min_size.hides(rest) {
                    let people = |&at: &usize| count(largest[at]) > 0;
                    let cheapest = |&at: &usize| (rests[largest[at]] == 0, count(largest[at]), largest[at]);
                    let Some(at) = (0..largest.len()).filter(people).min_by_key(cheapest) else { break };
                    let hidden = largest.swap_remove(at);
                    shown[hidden] = false;
                    rest += rests[hidden];
                    largest.append(&mut inside[hidden]);
                }
                shown[place] = true;
                rests[place] = rest;
            }
            if place != 0 {
                let outer = self.parents[place];
                if is_shown {
                    inside[outer].push(place);
                } else {
                    inside[outer].extend(&largest);
                }
            }
            inside[place] = largest;
        }
        shown
    }
}

/// Moves the first group of each cycle directly inside the whole.
fn open_cycles(parents: &mut [usize]) {
    let mut walks = vec![0_usize; parents.len()];
    for walk in 1..parents.len() {
        let mut at = walk;
        while at != 0 && walks[at] == 0 {
            walks[at] = walk;
            at = parents[at];
        }
        if at != 0 && walks[at] == walk {
            let mut first = at;
            let mut next = parents[at];
            while next != at {
                first = first.min(next);
                next = parents[next];
            }
            parents[first] = 0;
        }
    }
}

/// Returns which entries of a list of counts may be shown next to the total of their person-times, if people can be in
/// several entries.
///
/// Small entries are hidden, together with the smallest entry that is large enough, so that the hidden part of the
/// total does not describe a small group.
#[must_use]
pub fn shown_in_list(people: &[u64], min_size: MinGroupSize) -> Vec<bool> {
    let mut shown: Vec<bool> = people.iter().map(|&people| !min_size.hides(people)).collect();
    if shown.contains(&false)
        && let Some(at) = (0..people.len()).filter(|&at| people[at] > 0 && shown[at]).min_by_key(|&at| people[at])
    {
        shown[at] = false;
    }
    shown
}
