//! The hash that decides who is held out and who gets which variant. It depends on nothing but a few texts.

use xxhash_rust::xxh3::xxh3_64;

/// Longest input that is hashed without an allocation.
const MAX_INLINE_BYTES: usize = 240;

/// A hash of texts. Each is preceded by its length, so that the texts `ab`, `c` differ from `a`, `bc`.
pub(super) fn stable_hash(texts: &[&str]) -> u64 {
    let length = texts.iter().map(|text| size_of::<u64>() + text.len()).sum::<usize>();
    // One call over all bytes gives what hashing piece by piece gives, without the kilobyte of state that this needs.
    if length <= MAX_INLINE_BYTES {
        let mut bytes = [0; MAX_INLINE_BYTES];
        write(texts, &mut bytes);
        xxh3_64(&bytes[..length])
    } else {
        let mut bytes = vec![0; length];
        write(texts, &mut bytes);
        xxh3_64(&bytes)
    }
}

fn write(texts: &[&str], mut bytes: &mut [u8]) {
    for text in texts {
        let (length, rest) = bytes.split_at_mut(size_of::<u64>());
        length.copy_from_slice(&(text.len() as u64).to_le_bytes());
        let (copy, rest) = rest.split_at_mut(text.len());
        copy.copy_from_slice(text.as_bytes());
        bytes = rest;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use xxhash_rust::xxh3::Xxh3;

    use super::stable_hash;

    proptest! {
        #[test]
        fn hash_equals_that_of_its_pieces(texts in prop::collection::vec("[a-z会]{0,150}", 0..5)) {
            let mut hash = Xxh3::new();
            for text in &texts {
                hash.update(&(text.len() as u64).to_le_bytes());
                hash.update(text.as_bytes());
            }
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            prop_assert_eq!(stable_hash(&texts), hash.digest());
        }
    }
}
