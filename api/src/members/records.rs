//! Port: the rows of the lake about a member. The program implements it, because it reads the lake.

use async_trait::async_trait;
use serde_json::Value;
use thiserror::Error;

/// Finds the rows of the lake about a member.
#[async_trait]
pub trait MemberRecords: Send + Sync + 'static {
    /// Rows by table: `{"raw": {"reads": [{…}]}, "built": {…}, "rejects": [{…}], "openids": ["…"]}`.
    ///
    /// # Errors
    /// [`MemberRecordsError`] if the tables cannot be read.
    async fn records_of(&self, member_id: &str) -> Result<Value, MemberRecordsError>;
}

/// Why the rows could not be read.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct MemberRecordsError(pub String);
