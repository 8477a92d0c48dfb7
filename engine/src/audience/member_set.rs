//! A set of members, as a bit set.

use rayon::prelude::*;

/// Words that one thread fills at a time: 16,384 members. Smaller sets are filled by the calling thread.
const WORDS_PER_TASK: usize = 256;

/// Members by row, one bit each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberSet {
    words: Vec<u64>,
    n_members: usize,
}

impl MemberSet {
    /// Returns the set of the members for whom `holds` is true. Asks in parallel.
    pub(super) fn of(n_members: usize, holds: impl Fn(usize) -> bool + Sync) -> Self {
        Self::of_init(n_members, || (), |(), member| holds(member))
    }

    /// Like [`MemberSet::of`], with a value of each thread that `holds` may use as scratch space.
    pub(super) fn of_init<T>(
        n_members: usize,
        init: impl Fn() -> T + Sync,
        holds: impl Fn(&mut T, usize) -> bool + Sync,
    ) -> Self {
        let mut set = Self::empty(n_members);
        let fill = |scratch: &mut T, (task, words): (usize, &mut [u64])| {
            let begin = task * WORDS_PER_TASK * 64;
            let end = (begin + words.len() * 64).min(n_members);
            for member in begin..end {
                words[(member - begin) / 64] |= u64::from(holds(scratch, member)) << (member % 64);
            }
        };
        if set.words.len() <= WORDS_PER_TASK {
            fill(&mut init(), (0, &mut set.words));
        } else {
            set.words.par_chunks_mut(WORDS_PER_TASK).enumerate().for_each_init(&init, fill);
        }
        set
    }

    /// Returns the set of members with these rows. Rows out of bounds are ignored.
    pub(super) fn from_rows(n_members: usize, rows: impl IntoIterator<Item = u32>) -> Self {
        let mut set = Self::empty(n_members);
        for row in rows.into_iter().map(|row| row as usize).filter(|&row| row < n_members) {
            set.words[row / 64] |= 1 << (row % 64);
        }
        set
    }

    pub(super) fn empty(n_members: usize) -> Self {
        Self { words: vec![0; n_members.div_ceil(64)], n_members }
    }

    pub(super) fn all(n_members: usize) -> Self {
        Self::empty(n_members).complement()
    }

    /// Adds or removes one member.
    pub(super) fn put(&mut self, row: usize, is_in: bool) {
        let (word, bit) = (row / 64, 1 << (row % 64));
        if is_in { self.words[word] |= bit } else { self.words[word] &= !bit }
    }

    pub(super) fn intersect(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(own, other)| *own &= other);
    }

    pub(super) fn unite(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(own, other)| *own |= other);
    }

    pub(super) fn complement(mut self) -> Self {
        self.words.iter_mut().for_each(|word| *word = !*word);
        let used = self.n_members % 64;
        if let (Some(last), true) = (self.words.last_mut(), used > 0) {
            *last &= (1 << used) - 1;
        }
        self
    }

    /// Whether the member of a row is in the set.
    #[must_use]
    pub fn contains(&self, row: usize) -> bool {
        self.words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// The rows of the members, ascending.
    pub(super) fn rows(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            // Each step removes the lowest bit.
            let rest = std::iter::successors((word != 0).then_some(word), |word| {
                Some(word & (word - 1)).filter(|&rest| rest != 0)
            });
            rest.map(move |word| at as u32 * 64 + word.trailing_zeros())
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::MemberSet;

    proptest! {
        #[test]
        fn member_set_matches_list_of_rows(length in prop_oneof![0..200_usize, 16_300..16_500_usize, 40_000..40_100_usize], seed: u64) {
            let members: Vec<bool> = (0..length as u64).map(|row| (row + 1).wrapping_mul(seed | 1).leading_zeros() < 2).collect();
            let set = MemberSet::of(members.len(), |row| members[row]);
            let rows: Vec<u32> = (0..members.len() as u32).filter(|&row| members[row as usize]).collect();
            prop_assert_eq!(set.rows().collect::<Vec<_>>(), rows.clone());
            let further = rows.iter().copied().chain([members.len() as u32]);
            prop_assert_eq!(&MemberSet::from_rows(members.len(), further), &set);
            prop_assert_eq!(set.len(), rows.len());
            let rest = set.clone().complement();
            prop_assert_eq!(rest.len(), members.len() - rows.len());
            let mut both = set.clone();
            both.unite(&rest);
            prop_assert_eq!(both, MemberSet::all(members.len()));
            let mut none = set.clone();
            none.intersect(&rest);
            prop_assert_eq!(none.len(), 0);
            rows.iter().for_each(|&row| none.put(row as usize, true));
            prop_assert_eq!(&none, &set);
            rows.iter().for_each(|&row| none.put(row as usize, false));
            prop_assert!(none.is_empty());
        }
    }
}
