//! A bitmap of hashes that tells most keys of the lake apart from those of the rows to commit. It never misses a key.

/// Bits for one key where memory allows it: one key in 64 of the others passes.
const BITS_PER_KEY: u64 = 64;
/// Most bits: 64 MiB. With more keys more of the others pass.
const MOST_BITS: u64 = 1 << 29;

/// Hashes of keys.
#[derive(Debug)]
pub(super) struct KeyFilter {
    words: Vec<u64>,
}

impl KeyFilter {
    pub(super) fn with_keys(keys: u64) -> Self {
        let bits = keys.saturating_mul(BITS_PER_KEY).clamp(64, MOST_BITS).next_power_of_two();
        Self { words: vec![0; (bits / 64) as usize] }
    }

    pub(super) fn add(&mut self, hash: u128) {
        let (word, bit) = self.place(hash);
        self.words[word] |= bit;
    }

    /// Whether the key may be in the filter; `false` is certain.
    pub(super) fn may_hold(&self, hash: u128) -> bool {
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
    fn keys_are_never_missed_and_few_others_pass() {
        let hash = |n: u64| xxhash_rust::xxh3::xxh3_128(&n.to_le_bytes());
        let mut filter = KeyFilter::with_keys(1_000);
        (0..1_000).for_each(|n| filter.add(hash(n)));
        assert!((0..1_000).all(|n| filter.may_hold(hash(n))));
        let passed = (1_000..101_000).filter(|&n| filter.may_hold(hash(n))).count();
        assert!(passed < 3_000, "{passed} of 100,000 others passed");
    }
}
