//! A set of 128-bit hashes with two marks each, without a pointer per entry: 16 bytes a fact at a load of three quarters.

/// Hashes of facts.
#[derive(Debug, Default)]
pub(super) struct FactSet {
    slots: Vec<u128>,
    used: usize,
}

/// The lowest two bits of a slot are marks; the rest is the hash.
const MARKS: u128 = 0b11;

impl FactSet {
    /// A set with room for so many facts; it grows where there are more.
    pub(super) fn with_capacity(facts: usize) -> Self {
        Self { slots: vec![0; (facts + facts / 3 + 8).next_power_of_two()], used: 0 }
    }

    /// Adds a fact without marks, unless it is there.
    pub(super) fn insert(&mut self, hash: u128) {
        self.slot(hash);
    }

    /// Adds a fact with marks, or marks it further.
    pub(super) fn note(&mut self, hash: u128, marks: u8) {
        *self.slot(hash) |= u128::from(marks) & MARKS;
    }

    /// The marks that a fact had, 0 for one that is new; one without marks gets these.
    pub(super) fn claim(&mut self, hash: u128, marks: u8) -> u8 {
        let slot = self.slot(hash);
        let had = *slot & MARKS;
        if had == 0 {
            *slot |= u128::from(marks) & MARKS;
        }
        had as u8
    }

    /// The slot of a fact, which is added where it is missing.
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

    /// The marks of a fact, 0 to 3; none for one that is not in the set.
    pub(super) fn marks(&self, hash: u128) -> u8 {
        if self.slots.is_empty() {
            return 0;
        }
        (self.slots[self.place(hash)] & MARKS) as u8
    }

    /// Marks a fact, if it is in the set.
    pub(super) fn mark(&mut self, hash: u128, marks: u8) {
        if self.slots.is_empty() {
            return;
        }
        let place = self.place(hash);
        if self.slots[place] != 0 {
            self.slots[place] |= u128::from(marks) & MARKS;
        }
    }

    /// The slot of a fact, or the empty one where it would go. One slot at least is always empty.
    fn place(&self, hash: u128) -> usize {
        let wanted = key(hash);
        let mask = self.slots.len() - 1;
        let mut place = (wanted >> 64) as usize & mask;
        while self.slots[place] != 0 && self.slots[place] & !MARKS != wanted {
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

/// A hash without marks that is never 0.
fn key(hash: u128) -> u128 {
    let key = hash & !MARKS;
    if key == 0 { MARKS + 1 } else { key }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_keep_their_marks_through_growth() {
        let mut set = FactSet::default();
        let hash = |n: u128| xxhash_rust::xxh3::xxh3_128(&n.to_le_bytes());
        (0..10_000).for_each(|n| set.insert(hash(n)));
        (0..10_000).step_by(3).for_each(|n| set.mark(hash(n), 2));
        (10_000..20_000).for_each(|n| set.insert(hash(n)));
        set.mark(hash(99_999), 1);
        assert_eq!([set.claim(hash(1), 1), set.claim(hash(1), 2), set.claim(hash(20_000), 2)], [0, 1, 0]);
        set.note(hash(20_001), 1);
        assert_eq!([set.marks(hash(1)), set.marks(hash(20_000)), set.marks(hash(20_001))], [1, 2, 1]);
        set.claim(hash(2), 0);
        assert!((2..20_000).all(|n| set.marks(hash(n)) == if n < 10_000 && n % 3 == 0 { 2 } else { 0 }));
        assert_eq!(set.marks(hash(99_999)), 0);
        assert_eq!((set.marks(0), FactSet::default().marks(7)), (0, 0));
    }
}
