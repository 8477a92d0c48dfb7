//! Who writes to a lake in an object store, for `doctor`.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Lake, LakeError};

/// The state of the writer's lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterStatus {
    /// The machine and process that hold the lease; `None` if nobody does.
    pub holder: Option<String>,
    /// The fencing number of the last holder.
    pub number: i64,
    /// The last renewal or release by the store's clock.
    pub changed_at: DateTime<Utc>,
    /// Time without a renewal after which another machine takes the lease over.
    pub term: Duration,
}

impl Lake {
    /// Returns the state of the writer's lease; `None` for a local lake and before the first writer.
    ///
    /// # Errors
    /// If the lease cannot be read.
    pub async fn writer_status(&self) -> Result<Option<WriterStatus>, LakeError> {
        let Some(object) = self.lease_object() else { return Ok(None) };
        let Some((found, changed_at)) = object.read_with_time().await? else { return Ok(None) };
        let lease = found.lease;
        let term = lease.term();
        Ok(Some(WriterStatus {
            number: lease.number,
            holder: lease.is_held().then_some(lease.owner),
            changed_at,
            term,
        }))
    }
}
