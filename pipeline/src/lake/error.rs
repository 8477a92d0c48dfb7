//! What can go wrong with the lake, said so that an operator can act on it.

use deltalake::DeltaTableError;

/// An error of the lake; the message says which table or file and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LakeError {
    /// The location cannot be understood.
    #[error("the lake's location is not usable: {0}")]
    Location(String),
    /// The operating system refused something below the lake's folder.
    #[error("{what} {path}: {source}; check permissions and free space of the lake's volume")]
    Io {
        /// What was being done.
        what: &'static str,
        /// The file or folder.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The volume cannot make a commit atomic.
    #[error(
        "the volume of {path} has no hard links ({source}), so commits would not be atomic; put the lake on a local ext4, xfs or btrfs volume"
    )]
    NoHardLinks {
        /// The lake's folder.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Another process writes.
    #[error("another process is writing to the lake ({holder}); wait until it ends")]
    Busy {
        /// Who holds the lock, as far as the lock file says.
        holder: String,
    },
    /// The volume is full.
    #[error(
        "no space is left for {file} of {table}; nothing of it was committed: free some space and run the same again"
    )]
    Full {
        /// The table.
        table: String,
        /// The file that was being written.
        file: String,
    },
    /// The object store failed.
    #[error("{what} in {table}: {source}")]
    Store {
        /// The table.
        table: String,
        /// What was being done.
        what: &'static str,
        /// The store's reason.
        source: object_store::Error,
    },
    /// The commit log cannot be trusted: nothing is read from the table, since it would look smaller than it is.
    #[error(
        "the log of {table} is damaged at version {version}: {file} {why}; restore this file from the last backup, or restore the table from it and ingest the later files again"
    )]
    TornCommit {
        /// The table.
        table: String,
        /// The damaged or missing file, relative to the lake.
        file: String,
        /// Its version.
        version: i64,
        /// What is wrong with it.
        why: String,
    },
    /// A data file named by the log cannot be read.
    #[error(
        "data file {file} of {table} cannot be read: {why}; restore it from the last backup, other files are not affected"
    )]
    DataFile {
        /// The table.
        table: String,
        /// The file, relative to the table.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The table exists with other columns.
    #[error(
        "table {table} does not fit this release: {detail}; use the release that wrote it or a newer one, or move the table's folder aside and ingest its files again"
    )]
    SchemaMismatch {
        /// The table.
        table: String,
        /// Which columns differ.
        detail: String,
    },
    /// The table uses a feature that this program does not read, so that rows would be wrong.
    #[error("table {table} uses {feature}, which is not read here; rewrite the table with the program that enabled it")]
    Unsupported {
        /// The table.
        table: String,
        /// The feature.
        feature: String,
    },
    /// Somebody else committed since the table was read; nothing of this commit happened.
    #[error(
        "table {table} moved on from version {read_version} while this commit was being written; open it again and repeat"
    )]
    Conflict {
        /// The table.
        table: String,
        /// The version that was read.
        read_version: i64,
    },
    /// The work was committed before, by this process or another one; nothing of this commit happened.
    #[error("{app_id} was committed to {table} before (at its version {version})")]
    AlreadyDone {
        /// The table.
        table: String,
        /// The application transaction.
        app_id: String,
        /// The application transaction's committed version.
        version: i64,
    },
    /// Whether the commit happened could not be found out; its files are kept.
    #[error(
        "whether version {version} of {table} was committed is not known ({why}); run the same step again, it finds out and repeats only what is missing"
    )]
    UnknownOutcome {
        /// The table.
        table: String,
        /// The version that was tried.
        version: i64,
        /// What failed.
        why: String,
    },
    /// A rewrite did not give back the same rows; nothing was committed.
    #[error(
        "rewriting {table} would have changed its rows in {partition}; nothing was committed, the files are as before; check the disk"
    )]
    ContentChanged {
        /// The table.
        table: String,
        /// The partition.
        partition: String,
    },
    /// Rows do not fit the table.
    #[error("rows do not fit table {table}: {detail}")]
    Rows {
        /// The table.
        table: String,
        /// Which column and why.
        detail: String,
    },
    /// The Delta library refused.
    #[error("{what} {table}: {source}")]
    Delta {
        /// The table.
        table: String,
        /// What was being done.
        what: &'static str,
        /// The library's reason.
        source: Box<DeltaTableError>,
    },
}
