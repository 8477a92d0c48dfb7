//! Callbacks for the progress of ingest.

/// Receives the progress of an ingest, from several threads.
pub trait Progress: Send + Sync {
    /// Number of files to read, and their total size on disk.
    fn planned(&self, files: usize, bytes: u64) {
        let _ = (files, bytes);
    }

    /// Reading of a file starts. Not called for known files.
    fn reading(&self, path: &str) {
        let _ = path;
    }

    /// A file was decoded or is known: its size on disk and its number of rows.
    fn decoded(&self, path: &str, bytes: u64, rows: u64) {
        let _ = (path, bytes, rows);
    }

    /// The commit of rows from this number of files to a table starts.
    fn committing(&self, table: &str, files: usize) {
        let _ = (table, files);
    }
}

/// Ignores the progress.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}
