//! A set of members, as a bit set.

/// Members by row, one bit each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberSet {
    words: Vec<u64>,
    n_members: usize,
}

impl MemberSet {
    /// Returns the set of the members for whom `holds` is true.
    pub(super) fn of(n_members: usize, mut holds: impl FnMut(usize) -> bool) -> Self {
        let mut words = vec![0; n_members.div_ceil(64)];
        for member in 0..n_members {
            words[member / 64] |= u64::from(holds(member)) << (member % 64);
        }
        Self { words, n_members }
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

    pub(super) fn insert(&mut self, row: usize) {
        if row < self.n_members {
            self.words[row / 64] |= 1 << (row % 64);
        }
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
            (0..64_u32).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at as u32 * 64 + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::MemberSet;

    proptest! {
        #[test]
        fn member_set_matches_list_of_rows(members in prop::collection::vec(any::<bool>(), 0..200)) {
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
            let mut none = set;
            none.intersect(&rest);
            prop_assert_eq!(none.len(), 0);
        }
    }
}
