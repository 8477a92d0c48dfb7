//! Finds the row of an external id without storing the ids twice.

use xxhash_rust::xxh3::xxh3_64;
use zhihui_data::snapshot::NONE;

/// Hash table from a text column's values to rows: open addressing, at most half full, stores only rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdTable {
    slots: Vec<u32>,
}

impl IdTable {
    /// Indexes a column. Empty texts are missing values and are not indexed. For equal texts, the first row is found.
    pub(crate) fn new(ids: &[String]) -> Self {
        let capacity = (ids.len() * 2).next_power_of_two().max(2);
        let mut table = Self { slots: vec![NONE; capacity] };
        for (row, id) in ids.iter().enumerate() {
            if id.is_empty() {
                continue;
            }
            let mut at = table.first_slot(id);
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

    /// The row whose text is `id`. `ids` must be the indexed column.
    pub(crate) fn find(&self, ids: &[String], id: &str) -> Option<usize> {
        if id.is_empty() || self.slots.is_empty() {
            return None;
        }
        let mut at = self.first_slot(id);
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

    fn first_slot(&self, id: &str) -> usize {
        xxh3_64(id.as_bytes()) as usize & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn find_returns_exactly_the_row_of_each_id(ids in prop::collection::btree_set("[a-c]{1,4}", 0..60)) {
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
