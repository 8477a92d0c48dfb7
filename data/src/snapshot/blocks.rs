//! The bytes of a snapshot as a stream of blocks with a checksum, so that no second copy of them is in memory.

use std::io::{self, ErrorKind, Read, Write};

use postcard::{Error, de_flavors, ser_flavors};
use sha2::{Digest, Sha256};

/// Bytes that are read, written and hashed at once.
pub(super) const BLOCK: usize = 1 << 16;

/// Writes blocks to a file and hashes them.
pub(super) struct BlockWriter<W> {
    file: W,
    block: Vec<u8>,
    hash: Sha256,
    /// Why a write failed; the errors of `postcard` do not say.
    failure: Option<io::Error>,
}

impl<W: Write> BlockWriter<W> {
    pub(super) fn new(file: W) -> Self {
        Self { file, block: Vec::with_capacity(BLOCK), hash: Sha256::new(), failure: None }
    }

    /// Appends bytes.
    pub(super) fn put(&mut self, mut bytes: &[u8]) -> postcard::Result<()> {
        while self.block.len() + bytes.len() > BLOCK {
            let (now, later) = bytes.split_at(BLOCK - self.block.len());
            self.block.extend_from_slice(now);
            self.write_block()?;
            bytes = later;
        }
        self.block.extend_from_slice(bytes);
        Ok(())
    }

    /// Writes what is left. Returns the checksum of all bytes in hexadecimal.
    pub(super) fn finish(mut self) -> io::Result<String> {
        // A failure is returned below.
        let _ = self.write_block();
        match self.failure {
            None => self.file.flush().map(|()| hexadecimal(self.hash)),
            Some(failure) => Err(failure),
        }
    }

    fn write_block(&mut self) -> postcard::Result<()> {
        self.hash.update(&self.block);
        let written = self.file.write_all(&self.block);
        self.block.clear();
        written.map_err(|failure| {
            self.failure.get_or_insert(failure);
            Error::SerializeBufferFull
        })
    }
}

impl<W: Write> ser_flavors::Flavor for &mut BlockWriter<W> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.put(&[byte])
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.put(bytes)
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Reads a file in blocks and hashes them.
pub(super) struct BlockReader<R> {
    file: R,
    block: Vec<u8>,
    /// The first byte of the block that was not taken.
    at: usize,
    hash: Sha256,
    /// The value that is read now, if it does not lie within the block.
    value: Vec<u8>,
    failure: Option<io::Error>,
}

impl<R: Read> BlockReader<R> {
    pub(super) fn new(file: R) -> Self {
        let (block, value) = (Vec::with_capacity(BLOCK), Vec::new());
        Self { file, block, at: 0, hash: Sha256::new(), value, failure: None }
    }

    /// The next block, or what is left of the current one. Empty at the end of the file.
    pub(super) fn next_block(&mut self) -> postcard::Result<&[u8]> {
        if self.at == self.block.len() {
            self.read_block()?;
        }
        let from = std::mem::replace(&mut self.at, self.block.len());
        Ok(&self.block[from..])
    }

    /// Takes the next bytes.
    pub(super) fn take(&mut self, n_bytes: usize) -> postcard::Result<&[u8]> {
        if self.block.len() - self.at >= n_bytes {
            let from = self.at;
            self.at += n_bytes;
            return Ok(&self.block[from..self.at]);
        }
        // A damaged length is larger than the file, so space is not reserved for it.
        self.value.clear();
        while self.value.len() < n_bytes {
            if self.at == self.block.len() {
                self.read_block()?;
            }
            let taken = (n_bytes - self.value.len()).min(self.block.len() - self.at);
            if taken == 0 {
                return Err(Error::DeserializeUnexpectedEnd);
            }
            self.value.extend_from_slice(&self.block[self.at..self.at + taken]);
            self.at += taken;
        }
        Ok(&self.value)
    }

    /// Reads what is left. Returns the checksum of the whole file in hexadecimal.
    pub(super) fn finish(mut self) -> io::Result<String> {
        while self.failure.is_none() && !self.next_block().unwrap_or_default().is_empty() {}
        self.failure.map_or_else(|| Ok(hexadecimal(self.hash)), Err)
    }

    fn read_block(&mut self) -> postcard::Result<()> {
        self.at = 0;
        self.block.resize(BLOCK, 0);
        let read = loop {
            match self.file.read(&mut self.block) {
                Err(failure) if failure.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.block.truncate(*read.as_ref().unwrap_or(&0));
        self.hash.update(&self.block);
        read.map(|_| ()).map_err(|failure| {
            self.failure.get_or_insert(failure);
            Error::DeserializeUnexpectedEnd
        })
    }
}

impl<'de, R: Read + 'de> de_flavors::Flavor<'de> for &'de mut BlockReader<R> {
    type Remainder = ();
    type Source = ();

    #[inline]
    fn pop(&mut self) -> postcard::Result<u8> {
        match self.block.get(self.at) {
            Some(&byte) => {
                self.at += 1;
                Ok(byte)
            }
            None => self.take(1).map(|bytes| bytes[0]),
        }
    }

    /// Nothing in a snapshot borrows from its bytes.
    fn try_take_n(&mut self, _: usize) -> postcard::Result<&'de [u8]> {
        Err(Error::WontImplement)
    }

    #[inline]
    fn try_take_n_temp<'a>(&'a mut self, n_bytes: usize) -> postcard::Result<&'a [u8]>
    where
        'de: 'a,
    {
        self.take(n_bytes)
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that returns a few bytes at a time, as a pipe does.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let n_bytes = self.1.min(into.len());
            (&mut self.0).read(&mut into[..n_bytes])
        }
    }

    #[test]
    fn values_are_read_as_written_across_blocks() {
        let values: Vec<Vec<u8>> = [1, BLOCK - 3, 7, 0, BLOCK, 2 * BLOCK + 5, 3].map(|n| vec![n as u8; n]).to_vec();
        let mut written = Vec::new();
        let mut writer = BlockWriter::new(&mut written);
        values.iter().for_each(|value| writer.put(value).expect("written"));
        let checksum = writer.finish().expect("flushed");
        assert_eq!(written, values.concat());
        for step in [1, 1000, BLOCK] {
            let mut reader = BlockReader::new(Slow(&written, step));
            values.iter().for_each(|value| assert_eq!(reader.take(value.len()).expect("read"), value));
            assert_eq!(reader.take(1), Err(Error::DeserializeUnexpectedEnd));
            assert_eq!(reader.finish().expect("read"), checksum);
        }
        let mut other = BlockReader::new(&written[1..]);
        assert_eq!(other.take(usize::MAX), Err(Error::DeserializeUnexpectedEnd));
        assert_ne!(other.finish().expect("read"), checksum, "the checksum is of the whole file");
    }

    #[test]
    fn failure_of_the_file_is_returned() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        impl Read for Full {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(ErrorKind::ConnectionReset.into())
            }
        }
        let mut writer = BlockWriter::new(Full);
        assert_eq!(writer.put(&[0; BLOCK + 1]), Err(Error::SerializeBufferFull));
        assert_eq!(writer.finish().expect_err("full").kind(), ErrorKind::StorageFull);
        let mut reader = BlockReader::new(Full);
        assert_eq!(reader.take(1), Err(Error::DeserializeUnexpectedEnd));
        assert_eq!(reader.finish().expect_err("reset").kind(), ErrorKind::ConnectionReset);
    }
}
