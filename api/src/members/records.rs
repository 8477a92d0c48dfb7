//! Where everything held of a member is read: a trait that the program fills, because it reads the lake.

use async_trait::async_trait;
use serde_json::Value;
use thiserror::Error;

/// Reads what the files of a home hold of a member.
#[async_trait]
pub trait MemberFiles: Send + Sync + 'static {
    /// Rows by table: `{"raw": {"reads": [{…}]}, "built": {…}, "rejects": [{…}], "openids": ["…"]}`.
    ///
    /// # Errors
    /// [`MemberFilesError`] when they cannot be read.
    async fn held(&self, member_id: &str) -> Result<Value, MemberFilesError>;
}

/// Why the files could not be read.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct MemberFilesError(pub String);
