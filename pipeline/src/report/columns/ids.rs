//! Numbers for ids, so that columns hold four bytes for each id.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

/// No id.
pub(in crate::report) const NONE: u32 = u32::MAX;

/// Ids numbered in the order in which they were seen.
#[derive(Debug, Clone, Default)]
pub(in crate::report) struct Ids {
    texts: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32, BuildHasherDefault<TextHasher>>,
    /// Total length of the texts.
    length: usize,
}

impl Ids {
    /// The number of an id, which becomes known.
    pub(super) fn add(&mut self, id: &str) -> u32 {
        if let Some(&known) = self.numbers.get(id) {
            return known;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(NONE);
        let text: Arc<str> = Arc::from(id);
        self.texts.push(Arc::clone(&text));
        self.length += id.len();
        self.numbers.insert(text, number);
        number
    }

    /// The number of an id, [`NONE`] if it is missing.
    pub(super) fn add_some(&mut self, id: Option<&str>) -> u32 {
        id.map_or(NONE, |id| self.add(id))
    }

    pub(in crate::report) fn number(&self, id: &str) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    /// The id with a number; `None` for [`NONE`].
    pub(in crate::report) fn text(&self, number: u32) -> Option<&str> {
        self.texts.get(number as usize).map(AsRef::as_ref)
    }

    pub(in crate::report) fn len(&self) -> usize {
        self.texts.len()
    }

    /// Memory in bytes, about: text, its two counters, and the entries of the list and of the map.
    pub(super) fn bytes(&self) -> usize {
        self.length + self.texts.len() * 64
    }
}

/// XXH3 of the bytes of one text.
#[derive(Debug, Default)]
pub(in crate::report) struct TextHasher(u64);

impl Hasher for TextHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 ^= xxh3_64(bytes);
    }

    fn write_u8(&mut self, end: u8) {
        self.0 = self.0.rotate_left(8) ^ u64::from(end);
    }
}
