//! Memory and temporary files of a session's queries.

use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::execution::TempFileFactory;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, MemoryPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::SessionConfig;

use super::SessionLimits;

/// How many users of memory an error names, the largest first.
const NAMED_CONSUMERS: NonZeroUsize = NonZeroUsize::new(5).unwrap();
/// datafusion reserves this for each sort, in bytes, so that it can merge what it spilled. Less if a session has little memory.
const SORT_RESERVATION: usize = 10 << 20;

/// A sort merges at most so many temporary files at a time.
const FILES_OF_A_MERGE: usize = 16;

/// Bounds of the rows of a batch; the larger is the default of datafusion.
const BATCH_ROWS: (usize, usize) = (256, 8192);
/// Memory of a thread for each row of a batch, in bytes. A sort fails if its share is less than a batch, and a query has some
/// sorts, aggregations and shuffles at a time, with rows of up to a kilobyte.
const MEMORY_OF_BATCH_ROW: usize = 16 << 10;

/// Memory that all queries of a session share, and the folder of their temporary files.
pub(crate) fn runtime(limits: &SessionLimits) -> Result<Arc<RuntimeEnv>> {
    let disk = match &limits.spill_dir {
        Some(folder) => disk_manager(folder.factory()),
        None => DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled),
    };
    RuntimeEnvBuilder::new()
        .with_memory_pool(memory_pool(limits.memory_bytes))
        .with_disk_manager_builder(disk)
        .build_arc()
}

/// Temporary files of queries. A sort merges few of them at a time, because it reserves memory for each and cannot give it back:
/// without a limit the first sorts of a query leave nothing to the others.
pub(crate) fn disk_manager(files: Arc<dyn TempFileFactory>) -> DiskManagerBuilder {
    DiskManagerBuilder::default().with_temp_file_factory(files).with_max_spill_merge_fan_in(FILES_OF_A_MERGE)
}

/// Memory that is shared equally between sorts, aggregations and shuffles, so that none of them starves another before it spills.
pub(crate) fn memory_pool(bytes: usize) -> Arc<dyn MemoryPool> {
    Arc::new(TrackConsumersPool::new(FairSpillPool::new(bytes), NAMED_CONSUMERS))
}

/// The configuration of a session for its limits.
pub(crate) fn configuration(limits: &SessionLimits) -> SessionConfig {
    let threads = limits.threads.max(1);
    // One query has a few sorts at a time, each in all threads.
    let reservation = SORT_RESERVATION.min(limits.memory_bytes / (32 * threads));
    let (least, most) = BATCH_ROWS;
    let batch_rows = (limits.memory_bytes / threads / MEMORY_OF_BATCH_ROW).clamp(least, most);
    SessionConfig::new()
        .with_target_partitions(threads)
        .with_batch_size(batch_rows)
        .with_sort_spill_reservation_bytes(reservation)
        .set_str("datafusion.execution.spill_compression", "lz4_frame")
        // One batch in each file. In datafusion 55.2, an exchange of rows can wait for ever while two of its files are open for writing
        // (https://github.com/apache/datafusion/issues/24883).
        .set_u64("datafusion.execution.max_spill_file_size_bytes", 1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use datafusion::prelude::SessionContext;

    use super::{SessionLimits, configuration, runtime};
    use crate::sql::SpillFolder;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_aggregation_that_exchanges_rows_on_disk_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let spill_dir = Some(SpillFolder::inside(folder.path()));
        let limits = SessionLimits { memory_bytes: 2 << 20, threads: 2, spill_dir };
        let rows = "create table reads as select value % 13 as union_no, md5(cast(value % 337 as varchar)) as member \
                    from generate_series(1, 40000)";
        let readers = "select union_no, count(distinct member) as members from reads group by union_no";
        let config = configuration(&limits).with_batch_size(64);
        let session = SessionContext::new_with_config_rt(config, runtime(&limits).expect("a runtime"));
        session.sql(rows).await.expect("planned").collect().await.expect("rows");
        for _ in 0..12 {
            let query = async { session.sql(readers).await.expect("planned").collect().await.expect("rows") };
            let batches = tokio::time::timeout(Duration::from_secs(60), query).await.expect("the query ends");
            assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 13);
        }
    }
}
