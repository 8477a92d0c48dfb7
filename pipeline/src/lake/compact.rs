//! Merges small files of a partition into larger ones. Rows do not change.

use std::collections::BTreeMap;

use futures::TryStreamExt;

use super::rows_hash::RowsHash;
use super::{CommitInfo, CommitMode, DataFile, LakeError, LakeTable, Written};

/// The operation of commits that change files but no rows.
pub(super) const OPERATION: &str = "compact";
/// Files with fewer bytes are small.
const SMALL_BYTES: u64 = 32 << 20;
/// Minimum number of small files in a partition for a rewrite.
const MIN_FILES: usize = 4;

/// Merges the small files of every partition that has enough of them, in one commit. Reads the new files back and compares their
/// rows with those of the old files.
pub(super) async fn compact(table: &mut LakeTable, info: &CommitInfo) -> Result<(), LakeError> {
    let mut small: BTreeMap<BTreeMap<String, String>, Vec<DataFile>> = BTreeMap::new();
    for file in table.files().into_iter().filter(|file| file.bytes < SMALL_BYTES) {
        small.entry(file.partition.clone()).or_default().push(file);
    }
    small.retain(|_, files| files.len() >= MIN_FILES);
    let (mut written, mut merged) = (Written::default(), Vec::new());
    for (partition, files) in small {
        let rewritten = rewrite(table, &files).await?;
        let before = RowsHash::of(table.read(&files, &[]).await?, table.name()).await?;
        let after = RowsHash::of(table.read(&rewritten.files, &[]).await?, table.name()).await?;
        if before != after {
            return Err(LakeError::ContentChanged {
                table: table.name().to_owned(),
                partition: format!("{partition:?}"),
            });
        }
        written.merge(rewritten);
        merged.extend(files);
    }
    let info = CommitInfo { operation: OPERATION.to_owned(), ..info.clone() };
    table.commit(written, CommitMode::Files { remove: merged }, Vec::new(), info).await.map(drop)
}

async fn rewrite(table: &LakeTable, files: &[DataFile]) -> Result<Written, LakeError> {
    let mut writer = table.writer();
    let mut batches = std::pin::pin!(table.read(files, &[]).await?);
    while let Some(batch) = batches.try_next().await? {
        writer.write(&batch).await?;
    }
    writer.finish().await
}
