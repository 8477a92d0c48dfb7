//! Pairs of a member and an item, in buckets of members that go to temporary files when they are many.
//!
//! Pairs of different buckets have different members. So distinct pairs are found in one bucket after the other, and memory does
//! not grow with the number of pairs.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::execution::spill_file::{SpillFile, SpillWriter};
use rayon::prelude::*;

use crate::sql::SpillFolder;

/// Number of buckets. A bucket of a billion pairs takes 125 MB.
const BUCKETS: usize = 64;
/// Pairs of a bucket that are kept in memory: one megabyte.
const KEPT_PAIRS: usize = 1 << 17;
/// Bits of a pair for what the member did with the item. The next 29 bits are the item, the others the member.
const DEED_BITS: u32 = 3;
const ITEM_BITS: u32 = 29;

/// A set of things that a member did with an item, as bits.
pub(super) type Deeds = u8;

/// Pairs that one thread has found.
pub(super) struct MemberPairs {
    folder: SpillFolder,
    buckets: Vec<Bucket>,
}

#[derive(Default)]
struct Bucket {
    /// The last pairs.
    pairs: Vec<u64>,
    /// The pairs before them.
    written: Option<Written>,
}

struct Written {
    file: Arc<dyn SpillFile>,
    writer: Box<dyn SpillWriter>,
    pairs: usize,
}

impl MemberPairs {
    /// Creates no file yet.
    pub(super) fn in_folder(folder: &SpillFolder) -> Self {
        Self { folder: folder.clone(), buckets: (0..BUCKETS).map(|_| Bucket::default()).collect() }
    }

    /// Adds a pair. The item must be less than 2^29.
    ///
    /// # Errors
    /// If a temporary file cannot be written.
    pub(super) fn add(&mut self, member: u32, item: u32, deeds: Deeds) -> Result<(), DataFusionError> {
        let bucket = &mut self.buckets[member as usize % BUCKETS];
        bucket
            .pairs
            .push(u64::from(member) << (ITEM_BITS + DEED_BITS) | u64::from(item) << DEED_BITS | u64::from(deeds));
        if bucket.pairs.len() >= KEPT_PAIRS { bucket.write(&self.folder) } else { Ok(()) }
    }

    /// Calls `visit` once for each member and item, in the order of buckets, members and items, with all that the member did with
    /// the item.
    ///
    /// # Errors
    /// If a temporary file cannot be read.
    pub(super) fn each(found: Vec<Self>, mut visit: impl FnMut(u32, u32, Deeds)) -> Result<(), DataFusionError> {
        let mut of_threads: Vec<std::vec::IntoIter<Bucket>> =
            found.into_iter().map(|pairs| pairs.buckets.into_iter()).collect();
        let mut pairs: Vec<u64> = Vec::new();
        for _ in 0..BUCKETS {
            pairs.clear();
            for bucket in of_threads.iter_mut().filter_map(Iterator::next) {
                bucket.read_into(&mut pairs)?;
            }
            pairs.par_sort_unstable();
            let deeds_of = |pair: u64| (pair & ((1 << DEED_BITS) - 1)) as Deeds;
            for same in pairs.chunk_by(|one, other| one >> DEED_BITS == other >> DEED_BITS) {
                let item = (same[0] >> DEED_BITS) as u32 & ((1 << ITEM_BITS) - 1);
                let member = (same[0] >> (ITEM_BITS + DEED_BITS)) as u32;
                visit(member, item, same.iter().fold(0, |all, &pair| all | deeds_of(pair)));
            }
        }
        Ok(())
    }
}

impl Bucket {
    /// Writes the pairs in memory to the file.
    fn write(&mut self, folder: &SpillFolder) -> Result<(), DataFusionError> {
        let written = match &mut self.written {
            Some(written) => written,
            None => {
                let file = folder.factory().create_temp_file("pairs of members and items")?;
                let writer = file.open_writer()?;
                self.written.insert(Written { file, writer, pairs: 0 })
            }
        };
        let bytes: Vec<u8> = self.pairs.iter().flat_map(|pair| pair.to_le_bytes()).collect();
        written.writer.write_all(&bytes)?;
        written.pairs += self.pairs.len();
        self.pairs.clear();
        Ok(())
    }

    fn read_into(self, pairs: &mut Vec<u64>) -> Result<(), DataFusionError> {
        pairs.extend(&self.pairs);
        let Some(Written { file, mut writer, pairs: mut left }) = self.written else { return Ok(()) };
        writer.finish()?;
        let path = file.path().ok_or_else(|| std::io::Error::other("a temporary file has no path"))?;
        let mut file = File::open(path)?;
        let mut bytes = vec![0; 8 * KEPT_PAIRS];
        while left > 0 {
            let part = &mut bytes[..8 * left.min(KEPT_PAIRS)];
            file.read_exact(part)?;
            pairs.extend(part.as_chunks().0.iter().map(|&pair| u64::from_le_bytes(pair)));
            left -= part.len() / 8;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn visited(found: Vec<MemberPairs>) -> Vec<(u32, u32, Deeds)> {
        let mut visited = Vec::new();
        MemberPairs::each(found, |member, item, deeds| visited.push((member, item, deeds))).expect("read");
        visited
    }

    #[test]
    fn a_pair_of_several_threads_is_visited_once_with_all_deeds() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = SpillFolder::inside(parent.path().join("spill"));
        let [mut one, mut other] = [0, 1].map(|_| MemberPairs::in_folder(&folder));
        for (member, item, deeds) in [(7, 1, 1), (7, (1 << 29) - 1, 2), (u32::MAX, 0, 7)] {
            one.add(member, item, deeds).expect("added");
        }
        other.add(7, 1, 4).expect("added");
        let mut all = visited(vec![one, other]);
        all.sort_unstable();
        assert_eq!(all, [(7, 1, 5), (7, (1 << 29) - 1, 2), (u32::MAX, 0, 7)]);
        assert!(!parent.path().join("spill").exists(), "a few pairs need no file");
    }

    #[test]
    fn many_pairs_go_to_files_and_come_back() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = SpillFolder::inside(parent.path().join("spill"));
        let mut pairs = MemberPairs::in_folder(&folder);
        let mut expected: BTreeMap<(u32, u32), Deeds> = BTreeMap::new();
        // Two members of one bucket and one of another, with repetitions.
        for at in 0..3 * KEPT_PAIRS as u32 {
            let (member, item, deeds) = ([0, BUCKETS as u32, 1][at as usize % 3], at / 7, 1 << (at % 3));
            pairs.add(member, item, deeds).expect("added");
            *expected.entry((member, item)).or_default() |= deeds;
        }
        let files = || std::fs::read_dir(parent.path().join("spill")).into_iter().flatten().flatten();
        assert!(files().any(|entry| entry.path().is_dir()), "a folder with files");
        let found: BTreeMap<(u32, u32), Deeds> =
            visited(vec![pairs]).into_iter().map(|(member, item, deeds)| ((member, item), deeds)).collect();
        assert!(found == expected, "{} pairs of {}", found.len(), expected.len());
    }
}
