//! Merges small files of a partition into larger ones, without a change to the rows.

use std::collections::BTreeMap;

use futures::TryStreamExt;

use super::content::Fingerprint;
use super::{CommitInfo, CommitMode, DataFile, LakeError, LakeTable, Written};

/// The word by which the log knows a commit that changed files but no rows.
pub(super) const OPERATION: &str = "compact";
/// A file below this many bytes is small.
const SMALL_BYTES: u64 = 32 << 20;
/// Small files of one partition that are worth a rewrite.
const WORTHWHILE: usize = 4;

/// Merges the small files of every partition that has enough of them, in one commit. What was written is read back and
/// must hold the very rows that were there.
pub(super) async fn compact(table: &mut LakeTable, info: &CommitInfo) -> Result<(), LakeError> {
    let mut small: BTreeMap<BTreeMap<String, String>, Vec<DataFile>> = BTreeMap::new();
    for file in table.files().into_iter().filter(|file| file.bytes < SMALL_BYTES) {
        small.entry(file.partition.clone()).or_default().push(file);
    }
    small.retain(|_, files| files.len() >= WORTHWHILE);
    let (mut written, mut merged) = (Written::default(), Vec::new());
    for (partition, files) in small {
        let rewritten = rewrite(table, &files).await?;
        let before = Fingerprint::of(table.read(&files, &[]).await?, table.name()).await?;
        let after = Fingerprint::of(table.read(&rewritten.files, &[]).await?, table.name()).await?;
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
