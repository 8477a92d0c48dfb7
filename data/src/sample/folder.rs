//! The folder of a sample: creates its files in the format of the sample.

use std::path::{Path, PathBuf};

use super::csv_file::{CsvFile, Encoding};
use super::dirt::{self, RowDamager};
use super::error::SampleError;
use super::format::{SampleFormat, TableFile};
use super::options::CheckedOptions;
use super::sample_file::{Header, SampleFile};
use super::summary::{Dirt, FileSummary};
use crate::Table;

/// A folder in which several threads may create files.
#[derive(Clone, Copy)]
pub(super) struct Folder<'a> {
    path: &'a Path,
    options: &'a CheckedOptions,
    format: SampleFormat<'a>,
}

impl<'a> Folder<'a> {
    /// Opens a new or empty folder.
    ///
    /// # Errors
    /// [`SampleError::NotEmpty`], [`SampleError::Write`].
    pub(super) fn new(
        path: &'a Path,
        options: &'a CheckedOptions,
        format: SampleFormat<'a>,
    ) -> Result<Self, SampleError> {
        let failed = |source| SampleError::Write { path: path.to_owned(), source };
        std::fs::create_dir_all(path).map_err(failed)?;
        if std::fs::read_dir(path).map_err(failed)?.next().is_some() {
            return Err(SampleError::NotEmpty(path.to_owned()));
        }
        Ok(Self { path, options, format })
    }

    /// Whether the files are as people and programs send them: of several kinds, and damaged here and there.
    pub(super) fn has_files_as_sent(&self) -> bool {
        matches!(self.format, SampleFormat::Csv)
    }

    /// The path of a file in the folder.
    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.path.join(file)
    }

    /// The damager of a file with about `rows` expected rows.
    pub(super) fn damager(&self, file: &str, kinds: &'static [Dirt], rows: f64) -> RowDamager {
        let gap = (rows / (2.0 * kinds.len() as f64)).clamp(4.0, 2_500.0);
        let damages = self.options.dirt && self.has_files_as_sent();
        RowDamager::new(self.options.seed, file, kinds, damages.then_some(gap))
    }

    /// Creates a file with about `rows` expected rows. The encoding is that of a CSV file.
    ///
    /// # Errors
    /// [`SampleError::Write`].
    pub(super) fn create(
        &self,
        stem: &str,
        table: Table,
        encoding: Encoding,
        headers: &[Header],
        rows: f64,
    ) -> Result<SampleFile, SampleError> {
        let ending = match self.format {
            SampleFormat::Csv => encoding.ending(),
            SampleFormat::Other(format) => format.ending(),
        };
        let file = format!("{stem}.{ending}");
        let path = self.path(&file);
        let damager = self.damager(&file, dirt::kinds(table), rows);
        let mut summary = FileSummary::new(file, table);
        let created: std::io::Result<Box<dyn TableFile>> = match self.format {
            SampleFormat::Csv => {
                summary.unknown_columns = headers
                    .iter()
                    .filter(|(_, name)| name.is_empty())
                    .map(|(header, _)| (*header).to_owned())
                    .collect();
                CsvFile::create(&path, encoding, headers.iter().map(|(header, _)| *header))
                    .map(|file| Box::new(file) as _)
            }
            SampleFormat::Other(format) => {
                let columns: Vec<&'static str> = headers.iter().map(|(_, name)| *name).collect();
                format.create(&path, table, &columns)
            }
        };
        match created {
            Ok(created) => Ok(SampleFile::new(path, created, headers, damager, summary)),
            Err(source) => Err(SampleError::Write { path, source }),
        }
    }
}
