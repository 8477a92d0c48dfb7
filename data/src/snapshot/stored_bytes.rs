//! Long columns as chunks of bytes: written and read block by block, straight from and into the column.

use std::fmt::{self, Formatter};

use serde::de::{DeserializeSeed, Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::blocks::BLOCK;

/// Bytes, stored as their number and chunks of at most a block.
pub(super) struct BytesToWrite<'a>(pub(super) &'a [u8]);

impl Serialize for BytesToWrite<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let chunks: Vec<Chunk<'_>> = self.0.chunks(BLOCK).map(Chunk).collect();
        (self.0.len() as u64, chunks).serialize(serializer)
    }
}

struct Chunk<'a>(&'a [u8]);

impl Serialize for Chunk<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// The bytes that were read, with space for `SPARE` more.
pub(super) struct BytesRead<const SPARE: usize>(pub(super) Vec<u8>);

impl<'de, const SPARE: usize> Deserialize<'de> for BytesRead<SPARE> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut bytes = Vec::new();
        let take = |chunk: &[u8], bytes: &mut Vec<u8>| bytes.extend_from_slice(chunk);
        deserializer.deserialize_tuple(2, Column { values: &mut bytes, spare: SPARE, width: 1, take })?;
        Ok(Self(bytes))
    }
}

/// Numbers with a fraction, for `#[serde(with)]`.
pub(super) mod reals {
    use super::{BLOCK, Chunk, Column, Deserializer, Serialize, Serializer};

    const WIDTH: usize = size_of::<f32>();

    /// A chunk of the numbers, encoded when it is written.
    struct Encoded<'a>(&'a [f32]);

    impl Serialize for Encoded<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let bytes: Vec<u8> = self.0.iter().flat_map(|value| value.to_le_bytes()).collect();
            Chunk(&bytes).serialize(serializer)
        }
    }

    pub(in super::super) fn serialize<S: Serializer>(values: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
        let chunks: Vec<Encoded<'_>> = values.chunks(BLOCK / WIDTH).map(Encoded).collect();
        (values.len() as u64, chunks).serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
        let mut values = Vec::new();
        let take = |chunk: &[u8], values: &mut Vec<f32>| {
            let (numbers, _) = chunk.as_chunks::<WIDTH>();
            values.extend(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)));
        };
        deserializer.deserialize_tuple(2, Column { values: &mut values, spare: 0, width: WIDTH, take })?;
        Ok(values)
    }
}

/// Fills a column: first with its length, for which space is reserved once, then chunk by chunk.
struct Column<'a, T, F> {
    values: &'a mut Vec<T>,
    spare: usize,
    /// Bytes of a value.
    width: usize,
    /// Appends the values of a chunk.
    take: F,
}

impl<'de, T, F: Fn(&[u8], &mut Vec<T>)> Visitor<'de> for Column<'_, T, F> {
    type Value = ();

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("the length of a column and its chunks")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<(), A::Error> {
        let length: u64 = parts.next_element()?.ok_or_else(|| A::Error::custom("a column without a length"))?;
        let space = usize::try_from(length).ok().and_then(|length| length.checked_add(self.spare));
        // A damaged length is refused, not a reason to abort.
        let reserved = space.map(|space| self.values.try_reserve_exact(space));
        if !matches!(reserved, Some(Ok(()))) {
            return Err(A::Error::custom("the length of a column"));
        }
        parts.next_element_seed(Chunks(&mut *self.values, self.width, &self.take))?;
        if self.values.len() as u64 == length { Ok(()) } else { Err(A::Error::custom("the end of a column")) }
    }
}

struct Chunks<'a, T, F>(&'a mut Vec<T>, usize, &'a F);

impl<'de, T, F: Fn(&[u8], &mut Vec<T>)> DeserializeSeed<'de> for Chunks<'_, T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T, F: Fn(&[u8], &mut Vec<T>)> Visitor<'de> for Chunks<'_, T, F> {
    type Value = ();

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("the chunks of a column")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut chunks: A) -> Result<(), A::Error> {
        let Self(values, width, take) = self;
        while chunks.next_element_seed(OneChunk(&mut *values, width, take))?.is_some() {}
        Ok(())
    }
}

struct OneChunk<'a, T, F>(&'a mut Vec<T>, usize, &'a F);

impl<'de, T, F: Fn(&[u8], &mut Vec<T>)> DeserializeSeed<'de> for OneChunk<'_, T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_byte_buf(self)
    }
}

impl<'de, T, F: Fn(&[u8], &mut Vec<T>)> Visitor<'de> for OneChunk<'_, T, F> {
    type Value = ();

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a chunk of a column")
    }

    fn visit_bytes<E: Error>(self, chunk: &[u8]) -> Result<(), E> {
        let Self(values, width, take) = self;
        if chunk.len() % width != 0 || chunk.len() / width > values.capacity() - values.len() {
            return Err(E::custom("a chunk of a column"));
        }
        take(chunk, values);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Reals(#[serde(with = "reals")] Vec<f32>);

    #[test]
    fn columns_are_read_as_written() {
        for length in [0, 1, BLOCK / 4, BLOCK + 3, 2 * BLOCK] {
            let bytes: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let stored = postcard::to_stdvec(&BytesToWrite(&bytes)).unwrap();
            let BytesRead(read) = postcard::from_bytes::<BytesRead<8>>(&stored).unwrap();
            assert_eq!(read, bytes);
            assert!(read.capacity() >= length + 8, "space for what follows");
            let reals = Reals((0..length).map(|at| at as f32 / 3.0).collect());
            let stored = postcard::to_stdvec(&reals).unwrap();
            assert_eq!(postcard::from_bytes::<Reals>(&stored).unwrap(), reals);
            assert!(postcard::from_bytes::<Reals>(&stored[..stored.len() - 1]).is_err());
        }
    }

    #[test]
    fn damaged_lengths_are_refused() {
        let stored = |length: u64, chunk: &[u8]| postcard::to_stdvec(&(length, vec![Chunk(chunk)])).unwrap();
        assert!(postcard::from_bytes::<BytesRead<0>>(&stored(2, &[1, 2])).is_ok());
        for (length, chunk) in [(3, &[1, 2][..]), (1, &[1, 2][..]), (u64::MAX, &[1][..]), (1 << 60, &[1][..])] {
            assert!(postcard::from_bytes::<BytesRead<8>>(&stored(length, chunk)).is_err(), "{length}");
        }
        assert!(postcard::from_bytes::<Reals>(&stored(1, &[1, 2, 3])).is_err());
    }
}
