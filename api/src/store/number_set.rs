//! Sets of small numbers: one bit each, or as a list of differences.

/// A set of numbers. Its size grows with its largest number: a set below a million takes 125 kB.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct NumberSet {
    words: Vec<u64>,
}

impl NumberSet {
    pub(crate) fn insert(&mut self, number: u32) {
        let at = number as usize / 64;
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        self.words[at] |= 1 << (number % 64);
    }

    pub(crate) fn contains(&self, number: u32) -> bool {
        self.words.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    pub(crate) fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The numbers of this set that are not in the other one.
    pub(crate) fn without(&self, other: &Self) -> Self {
        let word = |(at, word): (usize, &u64)| word & !other.words.get(at).copied().unwrap_or_default();
        Self { words: self.words.iter().enumerate().map(word).collect() }
    }

    /// The numbers of both sets.
    pub(crate) fn common(&self, other: &Self) -> Self {
        Self { words: self.words.iter().zip(&other.words).map(|(own, other)| own & other).collect() }
    }

    /// Ascending.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(at as u32 * 64 + bit)
            })
        })
    }

    /// One bit a number, without empty bytes at the end.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.truncate(bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1));
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word: u64, &byte| word << 8 | u64::from(byte));
        Self { words: bytes.chunks(8).map(word).collect() }
    }
}

/// Encodes ascending numbers: the difference to the number before, seven bits a byte, the lowest first. The highest bit of a
/// byte says that another one follows.
pub(crate) fn encode_list(numbers: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2 * numbers.len());
    let mut before = 0;
    for &number in numbers {
        let mut rest = number - before;
        while rest > 0x7f {
            bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        bytes.push(rest as u8);
        before = number;
    }
    bytes
}

/// Decodes what [`encode_list`] wrote; `None` if the bytes are damaged.
pub(crate) fn decode_list(bytes: &[u8]) -> Option<Vec<u32>> {
    let (mut numbers, mut before, mut rest, mut shift) = (Vec::new(), 0_u32, 0_u32, 0);
    for &byte in bytes {
        rest |= u32::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            before = before.checked_add(rest)?;
            numbers.push(before);
            (rest, shift) = (0, 0);
        }
    }
    (shift == 0).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn set_of(numbers: &BTreeSet<u32>) -> NumberSet {
        let mut set = NumberSet::default();
        numbers.iter().for_each(|&number| set.insert(number));
        set
    }

    proptest! {
        #[test]
        fn number_set_matches_a_tree(a in prop::collection::btree_set(0_u32..500, 0..60), b in prop::collection::btree_set(0_u32..900, 0..60)) {
            let (left, right) = (set_of(&a), set_of(&b));
            prop_assert_eq!(left.numbers().collect::<BTreeSet<_>>(), a.clone());
            prop_assert_eq!(left.len(), a.len());
            prop_assert!((0..1_000).all(|number| left.contains(number) == a.contains(&number)));
            prop_assert_eq!(left.without(&right).numbers().collect::<BTreeSet<_>>(), &a - &b);
            prop_assert_eq!(left.common(&right).numbers().collect::<BTreeSet<_>>(), &a & &b);
            let read = NumberSet::from_bytes(&left.to_bytes());
            prop_assert_eq!(read.numbers().collect::<BTreeSet<_>>(), a);
        }

        #[test]
        fn a_list_is_read_as_it_was_written(numbers in prop::collection::btree_set(any::<u32>(), 0..60)) {
            let numbers: Vec<u32> = numbers.into_iter().collect();
            prop_assert_eq!(decode_list(&encode_list(&numbers)), Some(numbers));
        }

        #[test]
        fn damaged_lists_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = decode_list(&bytes);
        }
    }

    #[test]
    fn a_set_of_a_million_members_takes_one_bit_each() {
        let mut set = NumberSet::default();
        (0..1_000_000).for_each(|number| set.insert(number));
        assert_eq!((set.to_bytes().len(), set.len()), (125_000, 1_000_000));
        assert_eq!(encode_list(&(0..10_000).collect::<Vec<_>>()).len(), 10_000);
    }
}
