//! Writes one CSV file: plain, compressed or in GB18030.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use csv::{Terminator, WriterBuilder};
use encoding_rs::GB18030;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::dirt::{Row, RowDamager};
use super::error::SampleError;
use super::summary::FileSummary;

/// The encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8 with a byte order mark and CRLF, as written by Excel.
    Excel,
    /// GB18030 without a byte order mark, as saved by Chinese versions of Excel and WPS.
    Gb18030,
    /// UTF-8 compressed with gzip, as written by a log collector.
    Gzip,
}

/// A column: its header in the file and its contract name, which is empty for an unknown column.
pub(super) type Header = (&'static str, &'static str);

/// A CSV file. Rows pass through a damager.
pub(super) struct CsvFile {
    path: PathBuf,
    writer: csv::Writer<Sink>,
    columns: Vec<&'static str>,
    damager: RowDamager,
    summary: FileSummary,
}

impl CsvFile {
    /// Creates the file and writes its header.
    ///
    /// # Errors
    /// [`SampleError::Write`].
    pub(super) fn create(
        path: PathBuf,
        encoding: Encoding,
        headers: &[Header],
        damager: RowDamager,
        mut summary: FileSummary,
    ) -> Result<Self, SampleError> {
        let failed = |source| SampleError::Write { path: path.clone(), source };
        let mut file = BufWriter::new(File::create(&path).map_err(failed)?);
        let sink = match encoding {
            Encoding::Excel => {
                file.write_all("\u{feff}".as_bytes()).map_err(failed)?;
                Sink::Plain(file)
            }
            Encoding::Gb18030 => Sink::Gb18030(file, Vec::new()),
            Encoding::Gzip => Sink::Gzip(Box::new(GzEncoder::new(file, Compression::new(2)))),
        };
        let terminator = if encoding == Encoding::Gzip { Terminator::Any(b'\n') } else { Terminator::CRLF };
        let writer = WriterBuilder::new().flexible(true).terminator(terminator).from_writer(sink);
        summary.unknown_columns =
            headers.iter().filter(|(_, name)| name.is_empty()).map(|(header, _)| (*header).to_owned()).collect();
        let columns = headers.iter().map(|(_, name)| *name).collect();
        let mut created = Self { path, writer, columns, damager, summary };
        created.write(&headers.iter().map(|(header, _)| *header).collect::<Vec<_>>())?;
        created.summary.rows = 0;
        Ok(created)
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
        let Self { path, writer, summary, .. } = self;
        let done = writer.into_inner().map_err(csv::IntoInnerError::into_error).and_then(Sink::finish);
        done.map_err(|source| SampleError::Write { path, source })?;
        Ok(summary)
    }

    fn write<T: AsRef<[u8]>>(&mut self, fields: &[T]) -> Result<(), SampleError> {
        self.summary.rows += 1;
        let failed = |error: csv::Error| SampleError::Write { path: self.path.clone(), source: error.into() };
        self.writer.write_record(fields).map_err(failed)
    }
}

/// Destination of the CSV writer's bytes.
enum Sink {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
    /// Also holds the first bytes of an incomplete character.
    Gb18030(BufWriter<File>, Vec<u8>),
}

impl Sink {
    fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(mut file) | Self::Gb18030(mut file, _) => file.flush(),
            Self::Gzip(encoder) => encoder.finish()?.flush(),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Gb18030(file, rest) => {
                rest.extend_from_slice(bytes);
                let whole = match std::str::from_utf8(rest) {
                    Ok(text) => text.len(),
                    Err(error) => error.valid_up_to(),
                };
                if let Ok(text) = std::str::from_utf8(&rest[..whole]) {
                    file.write_all(&GB18030.encode(text).0)?;
                }
                rest.drain(..whole);
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file) | Self::Gb18030(file, _) => file.flush(),
            Self::Gzip(encoder) => encoder.flush(),
        }
    }
}
