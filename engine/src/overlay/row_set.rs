//! A set of rows whose clones share unchanged parts. Asking it is quicker than asking a hash map, and most members have no
//! live events.

use std::sync::Arc;

/// Rows in one part: a part has 8 kB.
const PART: usize = 1 << 16;

/// Rows of the snapshot, one bit each.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct RowSet {
    parts: Vec<Arc<Vec<u64>>>,
}

impl RowSet {
    #[inline]
    pub(super) fn contains(&self, row: usize) -> bool {
        self.parts.get(row / PART).is_some_and(|part| part[row % PART / 64] >> (row % 64) & 1 == 1)
    }

    pub(super) fn insert(&mut self, row: usize) {
        if self.contains(row) {
            return;
        }
        if self.parts.len() <= row / PART {
            let empty = Arc::new(vec![0; PART / 64]);
            self.parts.resize(row / PART + 1, empty);
        }
        Arc::make_mut(&mut self.parts[row / PART])[row % PART / 64] |= 1 << (row % 64);
    }
}

impl FromIterator<usize> for RowSet {
    fn from_iter<I: IntoIterator<Item = usize>>(rows: I) -> Self {
        let mut set = Self::default();
        rows.into_iter().for_each(|row| set.insert(row));
        set
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::RowSet;

    proptest! {
        #[test]
        fn row_set_contains_what_was_inserted_before_the_clone(
            rows in prop::collection::vec(0_usize..200_000, 0..20), later in 0_usize..200_000, asked in 0_usize..300_000,
        ) {
            let before: RowSet = rows.iter().copied().collect();
            let mut after = before.clone();
            after.insert(later);
            prop_assert!(rows.iter().all(|&row| before.contains(row)) && after.contains(later));
            prop_assert_eq!(before.contains(asked), rows.contains(&asked));
            prop_assert_eq!(before.contains(later), rows.contains(&later));
        }
    }
}
