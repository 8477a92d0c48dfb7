//! A hash set of 128-bit keys with two marks each, by open addressing: 16 bytes per slot at a load of up to three quarters.

/// Set of hashes for the detection of duplicates.
#[derive(Debug, Default)]
pub(super) struct DedupSet {
    slots: Vec<u128>,
    used: usize,
}

/// The lowest two bits of a slot are the marks, the others the hash.
const MARKS: u128 = 0b11;

impl DedupSet {
    /// Creates a set for this number of facts. It grows if there are more.
    pub(super) fn with_capacity(facts: usize) -> Self {
        Self { slots: vec![0; (facts + facts / 3 + 8).next_power_of_two()], used: 0 }
    }

    /// Inserts a fact without marks, if it is missing.
    pub(super) fn insert(&mut self, hash: u128) {
        self.slot(hash);
    }

    /// Inserts a fact, if it is missing, and adds marks.
    pub(super) fn insert_with_marks(&mut self, hash: u128, marks: u8) {
        *self.slot(hash) |= u128::from(marks) & MARKS;
    }

    /// Inserts a fact, if it is missing, and sets its marks if it has none. Returns its previous marks.
    pub(super) fn mark_if_unmarked(&mut self, hash: u128, marks: u8) -> u8 {
        let slot = self.slot(hash);
        let previous = *slot & MARKS;
        if previous == 0 {
            *slot |= u128::from(marks) & MARKS;
        }
        previous as u8
    }

    /// Returns the slot of a fact. Inserts the fact if it is missing.
    fn slot(&mut self, hash: u128) -> &mut u128 {
        if self.slots.is_empty() || self.used * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let place = self.place(hash);
        let slot = &mut self.slots[place];
        if *slot == 0 {
            *slot = key(hash);
            self.used += 1;
        }
        slot
    }

    /// Returns the marks of a fact, 0 to 3. 0 if it is missing.
    pub(super) fn marks(&self, hash: u128) -> u8 {
        if self.slots.is_empty() {
            return 0;
        }
        (self.slots[self.place(hash)] & MARKS) as u8
    }

    /// Adds marks to a fact, if it is in the set.
    pub(super) fn mark_existing(&mut self, hash: u128, marks: u8) {
        if self.slots.is_empty() {
            return;
        }
        let place = self.place(hash);
        if self.slots[place] != 0 {
            self.slots[place] |= u128::from(marks) & MARKS;
        }
    }

    /// The index of a fact's slot, or of the empty slot for it. At least one slot is always empty.
    fn place(&self, hash: u128) -> usize {
        let key = key(hash);
        let mask = self.slots.len() - 1;
        let mut place = (key >> 64) as usize & mask;
        while self.slots[place] != 0 && self.slots[place] & !MARKS != key {
            place = (place + 1) & mask;
        }
        place
    }

    fn grow(&mut self) {
        let larger = vec![0; (self.slots.len() * 2).max(16)];
        for slot in std::mem::replace(&mut self.slots, larger).into_iter().filter(|slot| *slot != 0) {
            let place = self.place(slot);
            self.slots[place] = slot;
        }
    }
}

/// The hash without marks. Never 0, which means an empty slot.
fn key(hash: u128) -> u128 {
    let key = hash & !MARKS;
    if key == 0 { MARKS + 1 } else { key }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_kept_when_the_set_grows() {
        let mut set = DedupSet::default();
        let hash = |n: u128| xxhash_rust::xxh3::xxh3_128(&n.to_le_bytes());
        (0..10_000).for_each(|n| set.insert(hash(n)));
        (0..10_000).step_by(3).for_each(|n| set.mark_existing(hash(n), 2));
        (10_000..20_000).for_each(|n| set.insert(hash(n)));
        set.mark_existing(hash(99_999), 1);
        let previous = [(1, 1), (1, 2), (20_000, 2)].map(|(n, marks)| set.mark_if_unmarked(hash(n), marks));
        assert_eq!(previous, [0, 1, 0]);
        set.insert_with_marks(hash(20_001), 1);
        assert_eq!([set.marks(hash(1)), set.marks(hash(20_000)), set.marks(hash(20_001))], [1, 2, 1]);
        set.mark_if_unmarked(hash(2), 0);
        assert!((2..20_000).all(|n| set.marks(hash(n)) == if n < 10_000 && n % 3 == 0 { 2 } else { 0 }));
        assert_eq!(set.marks(hash(99_999)), 0);
        assert_eq!((set.marks(0), DedupSet::default().marks(7)), (0, 0));
    }
}
