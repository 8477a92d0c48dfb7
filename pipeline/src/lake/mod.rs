//! The lake: Delta tables in a local folder or an S3-compatible bucket, with durable, atomic, exactly-once commits.
//!
//! Only this crate writes it. Readers see whole versions; a damaged log is an error, never a smaller table.

mod commit;
mod error;
mod location;
mod lock;
mod maintain;
pub mod raw;
mod spec;
mod table;
mod writer;

use std::sync::Arc;

pub use commit::{CommitInfo, CommitMode};
pub use error::LakeError;
pub use location::LakeLocation;
pub use lock::LakeLock;
pub use maintain::{MaintainReport, TableMaintenance, maintain};
pub use spec::TableSpec;
pub use table::{DataFile, LakeTable};
pub use writer::{TableWriter, Written};

/// An open lake; clones share it.
#[derive(Debug, Clone)]
pub struct Lake {
    _inner: Arc<LakeLocation>,
}

impl Lake {
    /// Opens the lake, making the folder of a local one.
    ///
    /// # Errors
    /// A location that cannot be reached, and [`LakeError::NoHardLinks`] for a volume on which commits are not atomic.
    pub async fn open(location: &LakeLocation) -> Result<Self, LakeError> {
        Ok(Self { _inner: Arc::new(location.clone()) })
    }

    /// The table of this name at its newest version, `None` if it was not created yet.
    ///
    /// # Errors
    /// [`LakeError::TornCommit`] for a damaged log, [`LakeError::Unsupported`] for a table of another program.
    pub async fn table(&self, name: &str) -> Result<Option<LakeTable>, LakeError> {
        let _ = name;
        Ok(None)
    }

    /// The table of this plan, created if it does not exist.
    ///
    /// # Errors
    /// Those of [`Lake::table`], and [`LakeError::SchemaMismatch`] where it exists with other columns or partitions.
    pub async fn create(&self, spec: &TableSpec) -> Result<LakeTable, LakeError> {
        let _ = spec;
        Err(LakeError::Location("under construction".to_owned()))
    }

    /// The names of all tables, sorted.
    ///
    /// # Errors
    /// When the store cannot be listed.
    pub async fn tables(&self) -> Result<Vec<String>, LakeError> {
        Ok(Vec::new())
    }

    /// Takes the lock of the single writer, at once or not at all.
    ///
    /// # Errors
    /// [`LakeError::Busy`] when another process has it.
    pub fn lock(&self) -> Result<LakeLock, LakeError> {
        Err(LakeError::Location("under construction".to_owned()))
    }
}
