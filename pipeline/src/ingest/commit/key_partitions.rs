//! Keys of rows, partitioned by hash so that each partition fits into memory. Spills keys to a temporary file beyond a limit.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::super::IngestError;

/// Size of a stored key in bytes: 16 for the hash, 8 for the number.
const KEY_BYTES: usize = 24;
/// Maximum memory of the keys of all rows in bytes: that of four million.
const MAX_MEMORY: usize = 96 << 20;

/// Hashes with a number each. A partition keeps their order.
#[derive(Debug)]
pub(super) struct KeyPartitions {
    folder: PathBuf,
    partitions: Vec<Partition>,
    /// Bytes that a partition reserves for its first key.
    reserved: usize,
    memory: usize,
    limit: usize,
    file: Option<File>,
    end: u64,
}

#[derive(Debug, Default)]
struct Partition {
    in_memory: Vec<u8>,
    /// Offsets and lengths of the blocks in the file.
    blocks: Vec<(u64, usize)>,
    keys: usize,
}

impl KeyPartitions {
    /// `count` partitions for about `keys` keys: those of one of `groups` groups of rows, which share the memory.
    pub(super) fn new(count: usize, folder: &Path, keys: u64, groups: usize) -> Self {
        let limit = MAX_MEMORY / groups.max(1);
        // Partitions differ by a few percent.
        let expected = (keys as usize).saturating_mul(KEY_BYTES).min(limit) / count.max(1);
        Self { reserved: expected + expected / 16, ..Self::with_limit(count, folder, limit) }
    }

    fn with_limit(count: usize, folder: &Path, limit: usize) -> Self {
        let partitions = (0..count.max(1)).map(|_| Partition::default()).collect();
        Self { folder: folder.to_path_buf(), partitions, reserved: 0, memory: 0, limit, file: None, end: 0 }
    }

    /// Number of partitions.
    pub(super) fn len(&self) -> usize {
        self.partitions.len()
    }

    /// Number of keys in a partition.
    pub(super) fn keys(&self, partition: usize) -> usize {
        self.partitions[partition].keys
    }

    pub(super) fn push(&mut self, hash: u128, number: u64) -> Result<(), IngestError> {
        // Uses other bits of the hash than `DedupSet` and `KeyFilter`.
        let index = ((u128::from((hash >> 32) as u32) * self.partitions.len() as u128) >> 32) as usize;
        let partition = &mut self.partitions[index];
        if partition.in_memory.capacity() == 0 {
            partition.in_memory.reserve_exact(self.reserved);
        }
        partition.in_memory.extend_from_slice(&hash.to_le_bytes());
        partition.in_memory.extend_from_slice(&number.to_le_bytes());
        partition.keys += 1;
        self.memory += KEY_BYTES;
        if self.memory < self.limit { Ok(()) } else { self.flush().map_err(|error| self.failed(&error)) }
    }

    /// Calls `visit` for each key of a partition in order.
    pub(super) fn read(&self, partition: usize, mut visit: impl FnMut(u128, u64)) -> Result<(), IngestError> {
        let partition = &self.partitions[partition];
        let mut visit_all = |bytes: &[u8]| {
            for record in bytes.chunks_exact(KEY_BYTES) {
                let (hash, number) = record.split_at(16);
                let (Ok(hash), Ok(number)) = (hash.try_into(), number.try_into()) else { continue };
                visit(u128::from_le_bytes(hash), u64::from_le_bytes(number));
            }
        };
        let mut block = Vec::new();
        for &(offset, bytes) in &partition.blocks {
            let Some(file) = &self.file else { break };
            block.resize(bytes, 0);
            file.read_exact_at(&mut block, offset).map_err(|error| self.failed(&error))?;
            visit_all(&block);
        }
        visit_all(&partition.in_memory);
        Ok(())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None if self.folder.as_os_str().is_empty() => tempfile::tempfile()?,
            None => tempfile::tempfile_in(&self.folder)?,
        };
        for partition in self.partitions.iter_mut().filter(|partition| !partition.in_memory.is_empty()) {
            file.write_all(&partition.in_memory)?;
            partition.blocks.push((self.end, partition.in_memory.len()));
            self.end += partition.in_memory.len() as u64;
            partition.in_memory.clear();
        }
        self.memory = 0;
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
    fn keys_are_read_in_order_from_memory_and_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        for limit in [MAX_MEMORY, 40 * KEY_BYTES, 1] {
            let mut partitions = KeyPartitions::with_limit(7, folder.path(), limit);
            let hash = |n: u64| xxhash_rust::xxh3::xxh3_128(&n.to_le_bytes());
            (0..1_000).for_each(|n| partitions.push(hash(n), n).expect("stored"));
            let mut all = Vec::new();
            for partition in 0..partitions.len() {
                let mut found = Vec::new();
                partitions.read(partition, |key, n| found.push((key, n))).expect("read");
                assert_eq!(found.len(), partitions.keys(partition));
                assert!(found.len() > 80, "partitions have about the same size");
                assert!(found.windows(2).all(|pair| pair[0].1 < pair[1].1), "in order");
                assert!(found.iter().all(|&(key, n)| key == hash(n)));
                all.extend(found);
            }
            assert_eq!(all.len(), 1_000);
        }
    }
}
