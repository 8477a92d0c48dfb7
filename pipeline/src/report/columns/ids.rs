//! Numbers for ids, so that columns hold four bytes for each id.

use xxhash_rust::xxh3::xxh3_64;

/// No id.
pub(in crate::report) const NONE: u32 = u32::MAX;
/// A slot without a number.
const EMPTY: u64 = u64::MAX;
/// Number of slots at first.
const FIRST_SLOTS: usize = 64;

/// Ids numbered in the order in which they were seen.
///
/// Reading events looks up ids in no order, so that the time is that of reaching memory. The texts are one after the other, and a
/// slot tells most other ids apart without their text.
#[derive(Debug, Clone, Default)]
pub(in crate::report) struct Ids {
    /// The texts of all ids.
    texts: String,
    /// Where each text ends.
    ends: Vec<usize>,
    /// Half of the hash of an id, then its number; at most half of them are used.
    slots: Vec<u64>,
}

impl Ids {
    /// The number of an id, which becomes known.
    pub(super) fn add(&mut self, id: &str) -> u32 {
        if self.slots.len() < 2 * (self.ends.len() + 1) {
            self.grow();
        }
        let hash = hash(id);
        match self.find(id, hash) {
            Ok(known) => known,
            Err(place) => {
                let number = self.ends.len() as u32;
                self.texts.push_str(id);
                self.ends.push(self.texts.len());
                self.slots[place] = slot(hash, number);
                number
            }
        }
    }

    /// The number of an id, [`NONE`] if it is missing.
    pub(super) fn add_some(&mut self, id: Option<&str>) -> u32 {
        id.map_or(NONE, |id| self.add(id))
    }

    pub(in crate::report) fn number(&self, id: &str) -> Option<u32> {
        if self.slots.is_empty() { None } else { self.find(id, hash(id)).ok() }
    }

    /// The id with a number; `None` for [`NONE`].
    pub(in crate::report) fn text(&self, number: u32) -> Option<&str> {
        let number = number as usize;
        let end = *self.ends.get(number)?;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.texts.get(start..end)
    }

    pub(in crate::report) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.texts.len() + (self.ends.len() + self.slots.len()) * 8
    }

    /// The number of an id, or the free place for it. There is always a free place.
    #[inline]
    fn find(&self, id: &str, hash: u32) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        loop {
            let found = self.slots[place];
            if found == EMPTY {
                return Err(place);
            }
            let number = found as u32;
            if (found >> 32) as u32 == hash && self.text(number) == Some(id) {
                return Ok(number);
            }
            place = (place + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let slots = vec![EMPTY; (2 * self.slots.len()).max(FIRST_SLOTS)];
        let mask = slots.len() - 1;
        for known in std::mem::replace(&mut self.slots, slots).into_iter().filter(|known| *known != EMPTY) {
            let mut place = (known >> 32) as usize & mask;
            while self.slots[place] != EMPTY {
                place = (place + 1) & mask;
            }
            self.slots[place] = known;
        }
    }
}

fn hash(id: &str) -> u32 {
    (xxh3_64(id.as_bytes()) >> 32) as u32
}

fn slot(hash: u32, number: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_their_numbers_while_others_are_added() {
        let mut ids = Ids::default();
        assert_eq!((ids.number("a"), ids.text(0), ids.len()), (None, None, 0));
        let names: Vec<String> = (0..10_000).map(|at| format!("{}{at}", "x".repeat(at % 3))).collect();
        for (number, name) in names.iter().enumerate() {
            assert_eq!(ids.add(name), number as u32);
        }
        assert_eq!(ids.add(""), 10_000, "no text is an id as well");
        for (number, name) in names.iter().enumerate() {
            assert_eq!((ids.add(name), ids.number(name)), (number as u32, Some(number as u32)));
            assert_eq!(ids.text(number as u32), Some(name.as_str()));
        }
        assert_eq!((ids.len(), ids.text(10_000), ids.text(NONE), ids.number("y")), (10_001, Some(""), None, None));
        assert_eq!((ids.add_some(None), ids.add_some(Some("x1"))), (NONE, 1));
    }
}
