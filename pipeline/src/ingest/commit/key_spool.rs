//! Keys of rows, split by hash into parts that each fit into memory. Keys beyond a bound wait in a temporary file.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::super::IngestError;

/// Bytes of a stored key: 16 of its hash, 8 of its number.
const RECORD: usize = 24;
/// Bytes that one spool keeps in memory.
const HELD: usize = 16 << 20;

/// Hashes with a number each. Within a part they keep the order in which they came.
#[derive(Debug)]
pub(super) struct KeySpool {
    folder: PathBuf,
    parts: Vec<Part>,
    held: usize,
    limit: usize,
    file: Option<File>,
    end: u64,
}

#[derive(Debug, Default)]
struct Part {
    held: Vec<u8>,
    /// Offset and length of what is in the file.
    blocks: Vec<(u64, usize)>,
    keys: usize,
}

impl KeySpool {
    pub(super) fn new(parts: usize, folder: &Path) -> Self {
        Self::with_limit(parts, folder, HELD)
    }

    fn with_limit(parts: usize, folder: &Path, limit: usize) -> Self {
        let parts = (0..parts.max(1)).map(|_| Part::default()).collect();
        Self { folder: folder.to_path_buf(), parts, held: 0, limit, file: None, end: 0 }
    }

    /// Number of parts.
    pub(super) fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Number of keys in a part.
    pub(super) fn keys(&self, part: usize) -> usize {
        self.parts[part].keys
    }

    pub(super) fn push(&mut self, hash: u128, number: u64) -> Result<(), IngestError> {
        // The bits of a hash that neither the fact set nor the filter uses for its place.
        let part = ((u128::from((hash >> 32) as u32) * self.parts.len() as u128) >> 32) as usize;
        let part = &mut self.parts[part];
        part.held.extend_from_slice(&hash.to_le_bytes());
        part.held.extend_from_slice(&number.to_le_bytes());
        part.keys += 1;
        self.held += RECORD;
        if self.held < self.limit { Ok(()) } else { self.flush().map_err(|error| self.failed(&error)) }
    }

    /// Calls `take` for every key of a part, in order.
    pub(super) fn read(&self, part: usize, mut take: impl FnMut(u128, u64)) -> Result<(), IngestError> {
        let part = &self.parts[part];
        let mut each = |bytes: &[u8]| {
            for record in bytes.chunks_exact(RECORD) {
                let (hash, number) = record.split_at(16);
                let (Ok(hash), Ok(number)) = (hash.try_into(), number.try_into()) else { continue };
                take(u128::from_le_bytes(hash), u64::from_le_bytes(number));
            }
        };
        let mut block = Vec::new();
        for &(offset, bytes) in &part.blocks {
            let Some(file) = &self.file else { break };
            block.resize(bytes, 0);
            file.read_exact_at(&mut block, offset).map_err(|error| self.failed(&error))?;
            each(&block);
        }
        each(&part.held);
        Ok(())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None if self.folder.as_os_str().is_empty() => tempfile::tempfile()?,
            None => tempfile::tempfile_in(&self.folder)?,
        };
        for part in self.parts.iter_mut().filter(|part| !part.held.is_empty()) {
            file.write_all(&part.held)?;
            part.blocks.push((self.end, part.held.len()));
            self.end += part.held.len() as u64;
            part.held.clear();
        }
        self.held = 0;
        self.file = Some(file);
        Ok(())
    }

    fn failed(&self, error: &std::io::Error) -> IngestError {
        IngestError::Scratch { folder: self.folder.clone(), why: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_in_order_from_memory_and_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        for limit in [HELD, 40 * RECORD, 1] {
            let mut spool = KeySpool::with_limit(7, folder.path(), limit);
            let hash = |n: u64| xxhash_rust::xxh3::xxh3_128(&n.to_le_bytes());
            (0..1_000).for_each(|n| spool.push(hash(n), n).expect("stored"));
            let mut all = Vec::new();
            for part in 0..spool.parts() {
                let mut found = Vec::new();
                spool.read(part, |key, n| found.push((key, n))).expect("read");
                assert_eq!(found.len(), spool.keys(part));
                assert!(found.len() > 80, "parts are about equal");
                assert!(found.windows(2).all(|pair| pair[0].1 < pair[1].1), "in order");
                assert!(found.iter().all(|&(key, n)| key == hash(n)));
                all.extend(found);
            }
            assert_eq!(all.len(), 1_000);
        }
    }
}
