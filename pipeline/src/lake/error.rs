//! Errors of the lake.

use deltalake::DeltaTableError;

/// An error of the lake. The message names the table or file and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LakeError {
    /// The location is invalid.
    #[error("the lake's location is invalid: {0}")]
    Location(String),
    /// The operating system reported an error below the lake's folder.
    #[error("{what} {path}: {source}; check permissions and free space of the lake's volume")]
    Io {
        /// The operation.
        what: &'static str,
        /// The file or folder.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The volume does not support hard links, which commits need.
    #[error(
        "the volume of {path} has no hard links ({source}), so commits would not be atomic; put the lake on a local ext4, xfs or btrfs volume"
    )]
    NoHardLinks {
        /// The lake's folder.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The object store ignores a condition that commits need.
    #[error(
        "the object store at {location} ignores {header} on put, so two writers would overwrite each other's commits; use a store with conditional puts (AWS S3, Cloudflare R2, MinIO, versitygw) or a later version of this one, or remove lake.url from zhihui.toml"
    )]
    NoConditionalPut {
        /// The lake's location.
        location: String,
        /// The ignored header.
        header: &'static str,
    },
    /// A commit to a lake in an object store without the writer's lock.
    #[error("a commit to {table} without the lock of the lake; nothing was committed")]
    NotLocked {
        /// The table.
        table: String,
    },
    /// Another machine took over the writer's lease. This commit did not happen.
    #[error(
        "this process could not renew its lease of the lake in time, and {owner} has it now; nothing of this commit to {table} was written; run the command again"
    )]
    LeaseLost {
        /// The table.
        table: String,
        /// The machine and process that hold the lease.
        owner: String,
    },
    /// Another process is writing.
    #[error("another process is writing to the lake ({holder}); wait until it ends")]
    Busy {
        /// The process that holds the lock, according to the lock file.
        holder: String,
    },
    /// The volume is full.
    #[error("no space is left for {file} of {table}; nothing was committed; free some space and run the command again")]
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
        /// The operation.
        what: &'static str,
        /// The store's reason.
        source: object_store::Error,
    },
    /// The commit log is damaged. Nothing is read from the table, because rows could be missing.
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
        /// The problem.
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
        /// The problem.
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
    /// The table uses a Delta feature that this program does not support.
    #[error(
        "table {table} uses {feature}, which this program does not support; rewrite the table with the program that enabled it"
    )]
    Unsupported {
        /// The table.
        table: String,
        /// The feature.
        feature: String,
    },
    /// Another process committed since the table was opened. This commit did not happen.
    #[error(
        "another process committed to table {table} after version {read_version}; nothing of this commit was written; run the command again"
    )]
    Conflict {
        /// The table.
        table: String,
        /// The version that was opened.
        read_version: i64,
    },
    /// The table contains the application transaction already. This commit did not happen.
    #[error("{app_id} is already committed to {table} (version {version} of the transaction)")]
    AlreadyDone {
        /// The table.
        table: String,
        /// The application transaction.
        app_id: String,
        /// The application transaction's committed version.
        version: i64,
    },
    /// It is unknown whether the commit happened. Its files are kept.
    #[error(
        "it is unknown whether version {version} of {table} was committed ({why}); run the same step again, which repeats only what is missing"
    )]
    UnknownOutcome {
        /// The table.
        table: String,
        /// The version of the attempt.
        version: i64,
        /// The error.
        why: String,
    },
    /// A rewrite changed the rows. Nothing was committed.
    #[error(
        "rewriting {table} would have changed its rows in {partition}; nothing was committed and no file changed; check the disk"
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
    /// The Delta library reported an error.
    #[error("{what} {table}: {source}")]
    Delta {
        /// The table.
        table: String,
        /// The operation.
        what: &'static str,
        /// The library's reason.
        source: Box<DeltaTableError>,
    },
}
