//! A column of numbers in as few bytes as the largest of them needs.

use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::stored_bytes::{BytesRead, BytesToWrite};

/// Bytes behind the last number, so that each number can be read as eight bytes at once.
const PADDING: usize = size_of::<u64>();

/// Numbers of equal width, from one to eight bytes each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NarrowColumn {
    width: usize,
    bytes: Vec<u8>,
}

impl Default for NarrowColumn {
    fn default() -> Self {
        Self::zeros(0, 0)
    }
}

impl NarrowColumn {
    /// Zeros, with space for numbers up to `largest`.
    pub(super) fn zeros(length: usize, largest: u64) -> Self {
        let bits = u64::BITS - largest.leading_zeros();
        let width = bits.div_ceil(u8::BITS).max(1) as usize;
        Self { width, bytes: vec![0; length * width + PADDING] }
    }

    pub(super) fn len(&self) -> usize {
        (self.bytes.len() - PADDING) / self.width
    }

    /// The largest number that has space.
    #[inline]
    pub(super) fn largest(&self) -> u64 {
        u64::MAX >> (u64::BITS - u8::BITS * self.width as u32)
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> u64 {
        debug_assert!(at < self.len(), "place {at} of {}", self.len());
        let from = at * self.width;
        let mut word = [0; PADDING];
        word.copy_from_slice(&self.bytes[from..from + PADDING]);
        u64::from_le_bytes(word) & self.largest()
    }

    /// Whether a number at one of these places is between `first` and `last`, both included.
    pub(super) fn has_between(&self, places: Range<usize>, first: u64, last: u64) -> bool {
        match self.width {
            // Without an early end, so that the compiler compares many bytes at once.
            1 => {
                let (first, width) = (first as u8, (last - first) as u8);
                self.bytes[places].iter().fold(false, |found, byte| found | (byte.wrapping_sub(first) <= width))
            }
            _ => places.into_iter().any(|at| (first..=last).contains(&self.get(at))),
        }
    }

    #[inline]
    pub(super) fn set(&mut self, at: usize, number: u64) {
        debug_assert!(number <= self.largest(), "{number} in {} bytes", self.width);
        let from = at * self.width;
        self.bytes[from..from + self.width].copy_from_slice(&number.to_le_bytes()[..self.width]);
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.bytes.truncate(length * self.width);
        self.bytes.resize(length * self.width + PADDING, 0);
        self.bytes.shrink_to_fit();
    }

    /// The same numbers, with space for numbers up to `largest`.
    pub(super) fn widened(&self, largest: u64) -> Self {
        let mut wide = Self::zeros(self.len(), largest.max(self.largest()));
        (0..self.len()).for_each(|at| wide.set(at, self.get(at)));
        wide
    }

    /// Bytes of a number.
    pub(super) fn width(&self) -> usize {
        self.width
    }
}

impl Serialize for NarrowColumn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.width as u8, BytesToWrite(&self.bytes[..self.bytes.len() - PADDING])).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for NarrowColumn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (width, BytesRead(mut bytes)) = <(u8, BytesRead<PADDING>)>::deserialize(deserializer)?;
        let width = usize::from(width);
        if !(1..=PADDING).contains(&width) || bytes.len() % width != 0 {
            return Err(Error::custom("the width of a column"));
        }
        bytes.extend([0; PADDING]);
        Ok(Self { width, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_bytes_of_the_largest_and_are_found() {
        for (largest, width) in [(0, 1), (255, 1), (256, 2), (65_535, 2), (65_536, 3), (1 << 32, 5), (u64::MAX, 8)] {
            let mut column = NarrowColumn::zeros(3, largest);
            assert_eq!((column.len(), column.width()), (3, width), "{largest}");
            let numbers = [largest, 0, largest / 3];
            (0..3).for_each(|at| column.set(at, numbers[at]));
            let read = |column: &NarrowColumn| [0, 1, 2].map(|at| column.get(at));
            assert_eq!((read(&column), read(&column.widened(70_000))), (numbers, numbers));
            let bytes = postcard::to_stdvec(&column).expect("bytes");
            assert_eq!(postcard::from_bytes::<NarrowColumn>(&bytes).expect("a column"), column);
            column.truncate(1);
            assert_eq!((column.len(), column.get(0)), (1, largest));
        }
        for largest in [255, 70_000] {
            let mut column = NarrowColumn::zeros(4, largest);
            [7, 0, 255, 9].into_iter().enumerate().for_each(|(at, number)| column.set(at, number));
            for (places, first, last, found) in [
                (0..4, 8, 9, true),
                (0..3, 8, 9, false),
                (0..2, 0, 0, true),
                (2..3, 254, 255, true),
                (1..1, 0, 255, false),
            ] {
                assert_eq!(column.has_between(places.clone(), first, last), found, "{places:?} {first} {last}");
            }
        }
        for damaged in [&[0, 0, 0][..], &[9, 0, 0], &[2, 1, 1, 1, 7]] {
            assert!(postcard::from_bytes::<NarrowColumn>(damaged).is_err(), "{damaged:?}");
        }
    }
}
