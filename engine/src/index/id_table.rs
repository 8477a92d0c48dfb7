//! Finds the row of an outside id without keeping the ids a second time.

use xxhash_rust::xxh3::xxh3_64;
use zhihui_data::snapshot::NONE;

/// Rows of a text column by their text: open addressing, at most half full, rows only.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdTable {
    slots: Vec<u32>,
}

impl IdTable {
    /// Indexes a column; empty texts are missing and stay outside, of equal texts the first row is found.
    pub(crate) fn new(ids: &[String]) -> Self {
        let capacity = (ids.len() * 2).next_power_of_two().max(2);
        let mut table = Self { slots: vec![NONE; capacity] };
        for (row, id) in ids.iter().enumerate() {
            if id.is_empty() {
                continue;
            }
            let mut at = table.home(id);
            while let Some(&found) = table.slots.get(at).filter(|&&found| found != NONE) {
                if ids[found as usize] == *id {
                    break;
                }
                at = (at + 1) & (capacity - 1);
            }
            if table.slots[at] == NONE {
                table.slots[at] = row as u32;
            }
        }
        table
    }

    /// The row whose text is `id`; `ids` must be the column that was indexed.
    pub(crate) fn find(&self, ids: &[String], id: &str) -> Option<usize> {
        if id.is_empty() || self.slots.is_empty() {
            return None;
        }
        let mut at = self.home(id);
        loop {
            let row = self.slots[at];
            if row == NONE {
                return None;
            }
            if ids[row as usize] == id {
                return Some(row as usize);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    fn home(&self, id: &str) -> usize {
        xxh3_64(id.as_bytes()) as usize & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_id_is_found_at_its_row_and_no_other_is(ids in prop::collection::btree_set("[a-c]{1,4}", 0..60)) {
            let ids: Vec<String> = ids.into_iter().collect();
            let table = IdTable::new(&ids);
            for (row, id) in ids.iter().enumerate() {
                prop_assert_eq!(table.find(&ids, id), Some(row));
            }
            prop_assert_eq!(table.find(&ids, "stranger"), None);
            prop_assert_eq!(table.find(&ids, ""), None);
        }
    }
}
