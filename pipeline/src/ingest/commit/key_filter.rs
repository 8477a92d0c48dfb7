//! A Bloom filter with one hash function: excludes most keys of the lake that the rows to commit do not have.

/// Number of bits per key. One in 64 other keys passes.
const BITS_PER_KEY: u64 = 64;
/// Maximum number of bits: 64 MiB. More other keys pass beyond it.
const MAX_BITS: u64 = 1 << 29;

/// A filter of hashed keys.
#[derive(Debug)]
pub(super) struct KeyFilter {
    words: Vec<u64>,
}

impl KeyFilter {
    pub(super) fn with_keys(keys: u64) -> Self {
        let bits = keys.saturating_mul(BITS_PER_KEY).clamp(64, MAX_BITS).next_power_of_two();
        Self { words: vec![0; (bits / 64) as usize] }
    }

    pub(super) fn add(&mut self, hash: u128) {
        let (word, bit) = self.place(hash);
        self.words[word] |= bit;
    }

    /// Whether the key may have been added. There are no false negatives.
    pub(super) fn may_contain(&self, hash: u128) -> bool {
        let (word, bit) = self.place(hash);
        self.words[word] & bit != 0
    }

    fn place(&self, hash: u128) -> (usize, u64) {
        let place = hash as u32 as usize & (self.words.len() * 64 - 1);
        (place / 64, 1 << (place % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_added_keys_and_few_others_pass() {
        let hash = |n: u64| xxhash_rust::xxh3::xxh3_128(&n.to_le_bytes());
        let mut filter = KeyFilter::with_keys(1_000);
        (0..1_000).for_each(|n| filter.add(hash(n)));
        assert!((0..1_000).all(|n| filter.may_contain(hash(n))));
        let passed = (1_000..101_000).filter(|&n| filter.may_contain(hash(n))).count();
        assert!(passed < 3_000, "{passed} of 100,000 others passed");
    }
}
