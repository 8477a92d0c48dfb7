//! The formats of sample files. CSV is written here; other formats are written by the caller.

use std::fmt;
use std::io;
use std::path::Path;

use crate::Table;

/// The format of the files.
#[derive(Clone, Copy)]
pub enum SampleFormat<'a> {
    /// Files as people and programs send them: CSV in several encodings, one workbook, one file with a JSON object a line.
    Csv,
    /// All tables in another format, without damaged rows.
    Other(&'a dyn TableFormat),
}

impl fmt::Debug for SampleFormat<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Csv => out.write_str("Csv"),
            Self::Other(format) => out.write_str(format.ending()),
        }
    }
}

/// A format with typed columns, which this crate does not write itself.
pub trait TableFormat: Sync {
    /// The ending of file names, without a point.
    fn ending(&self) -> &'static str;

    /// Creates a file for rows of these columns. Columns without a contract name are empty texts and are not written.
    ///
    /// # Errors
    /// If the file cannot be created.
    fn create(&self, path: &Path, table: Table, columns: &[&'static str]) -> io::Result<Box<dyn TableFile>>;
}

/// A file to which rows are written.
pub trait TableFile: Send {
    /// Writes a row, one cell for each column. Times are in local time, `2026-03-05 12:34:56` at the start of the cell; an
    /// empty cell is a missing value.
    ///
    /// # Errors
    /// If the row cannot be written.
    fn write(&mut self, cells: &[String]) -> io::Result<()>;

    /// Completes the file.
    ///
    /// # Errors
    /// If the last rows cannot be written.
    fn finish(self: Box<Self>) -> io::Result<()>;
}
