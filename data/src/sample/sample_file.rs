//! Writes one file of a table. Rows pass through a damager; the summary counts them.

use std::io;
use std::path::PathBuf;

use super::dirt::{Row, RowDamager};
use super::error::SampleError;
use super::format::TableFile;
use super::summary::FileSummary;

/// A column: its header in the file and its contract name, which is empty for an unknown column.
pub(super) type Header = (&'static str, &'static str);

/// A file of a table in any format.
pub(super) struct SampleFile {
    path: PathBuf,
    file: Box<dyn TableFile>,
    columns: Vec<&'static str>,
    damager: RowDamager,
    summary: FileSummary,
}

impl SampleFile {
    /// Adds the damager and the summary to a created file.
    pub(super) fn new(
        path: PathBuf,
        file: Box<dyn TableFile>,
        headers: &[Header],
        damager: RowDamager,
        summary: FileSummary,
    ) -> Self {
        let columns = headers.iter().map(|(_, name)| *name).collect();
        Self { path, file, columns, damager, summary }
    }

    /// Writes a valid row and, from time to time, a damaged one beside it.
    ///
    /// # Errors
    /// [`SampleError::Write`].
    pub(super) fn row(&mut self, mut row: Row) -> Result<(), SampleError> {
        let extra = self.damager.process(&mut row, &self.columns, &mut self.summary);
        if let Some(extra) = extra.as_ref().filter(|extra| extra.goes_before) {
            self.write(&extra.row)?;
        }
        self.write(&row)?;
        if let Some(extra) = extra.as_ref().filter(|extra| !extra.goes_before) {
            self.write(&extra.row)?;
        }
        Ok(())
    }

    /// Counts a row that identifies its member by openid only.
    pub(super) fn count_by_openid(&mut self) {
        self.summary.by_openid += 1;
    }

    /// Completes the file.
    ///
    /// # Errors
    /// [`SampleError::Write`].
    pub(super) fn finish(self) -> Result<FileSummary, SampleError> {
        let Self { path, file, summary, .. } = self;
        file.finish().map_err(|source| SampleError::Write { path, source })?;
        Ok(summary)
    }

    fn write(&mut self, cells: &[String]) -> Result<(), SampleError> {
        self.summary.rows += 1;
        let failed = |source: io::Error| SampleError::Write { path: self.path.clone(), source };
        self.file.write(cells).map_err(failed)
    }
}
