//! A vocabulary of ids, which gives each id a number.

use arrow::array::{Array, StringArray};
use hashbrown::HashTable;
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;
use zhihui_data::snapshot::NONE;

/// Distinct texts, sorted, with their indices.
pub(super) struct Vocabulary {
    texts: Vec<String>,
    /// Places of the texts by their hashes.
    index: HashTable<u32>,
}

impl Vocabulary {
    pub(super) fn of(mut texts: Vec<String>) -> Self {
        texts.sort_unstable();
        texts.dedup();
        let mut index = HashTable::with_capacity(texts.len());
        for (at, text) in (0_u32..).zip(&texts) {
            index.insert_unique(xxh3_64(text.as_bytes()), at, |&at| xxh3_64(texts[at as usize].as_bytes()));
        }
        Self { texts, index }
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// Returns the index of a text, or [`NONE`] if it is unknown.
    pub(super) fn index_of(&self, text: &str) -> u32 {
        let found = self.index.find(xxh3_64(text.as_bytes()), |&at| self.texts[at as usize] == text);
        found.copied().unwrap_or(NONE)
    }

    /// Returns the index of each text like [`Self::index_of`], [`NONE`] for a missing one. Looks them up on all processors.
    pub(super) fn indices_of_column(&self, texts: &StringArray) -> Vec<u32> {
        let index = |row| if texts.is_valid(row) { self.index_of(texts.value(row)) } else { NONE };
        (0..texts.len()).into_par_iter().with_min_len(1024).map(index).collect()
    }

    /// Returns the index of a text, or [`NONE`] if it is missing or unknown.
    pub(super) fn optional_index_of(&self, text: Option<&String>) -> u32 {
        text.map_or(NONE, |text| self.index_of(text))
    }

    /// Returns the indices of the known texts, ascending.
    pub(super) fn indices_of(&self, texts: &[String]) -> Vec<u32> {
        let mut known: Vec<u32> = texts.iter().map(|text| self.index_of(text)).filter(|&at| at != NONE).collect();
        known.sort_unstable();
        known.dedup();
        known
    }

    /// The texts, sorted.
    pub(super) fn texts(&self) -> &[String] {
        &self.texts
    }

    pub(super) fn into_texts(self) -> Vec<String> {
        self.texts
    }
}
