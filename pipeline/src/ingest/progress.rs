//! How ingest tells where it is; nothing here prints.

/// Watches an ingest from any thread.
pub trait Progress: Send + Sync {
    /// The files that will be read, and their bytes as they lie on disk.
    fn planned(&self, files: usize, bytes: u64) {
        let _ = (files, bytes);
    }

    /// A file is about to be read and hashed, since it is not known by its size and times.
    fn reading(&self, path: &str) {
        let _ = path;
    }

    /// A file was decoded or turned out to be known: its bytes on disk and the rows in it.
    fn decoded(&self, path: &str, bytes: u64, rows: u64) {
        let _ = (path, bytes, rows);
    }

    /// Rows of these many files are about to be compared with a table and committed.
    fn committing(&self, table: &str, files: usize) {
        let _ = (table, files);
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}
