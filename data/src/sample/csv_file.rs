//! Writes one CSV file: plain, compressed or in GB18030.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use csv::{Terminator, WriterBuilder};
use encoding_rs::GB18030;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::format::TableFile;

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

impl Encoding {
    /// The ending of file names.
    pub(super) fn ending(self) -> &'static str {
        if self == Self::Gzip { "csv.gz" } else { "csv" }
    }
}

/// A CSV file.
pub(super) struct CsvFile(csv::Writer<Sink>);

impl CsvFile {
    /// Creates the file and writes its header.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn create<'h>(
        path: &Path,
        encoding: Encoding,
        headers: impl Iterator<Item = &'h str>,
    ) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        let sink = match encoding {
            Encoding::Excel => {
                file.write_all("\u{feff}".as_bytes())?;
                Sink::Plain(file)
            }
            Encoding::Gb18030 => Sink::Gb18030(file, Vec::new()),
            Encoding::Gzip => Sink::Gzip(Box::new(GzEncoder::new(file, Compression::new(2)))),
        };
        let terminator = if encoding == Encoding::Gzip { Terminator::Any(b'\n') } else { Terminator::CRLF };
        let mut writer = WriterBuilder::new().flexible(true).terminator(terminator).from_writer(sink);
        writer.write_record(headers)?;
        Ok(Self(writer))
    }
}

impl TableFile for CsvFile {
    fn write(&mut self, cells: &[String]) -> io::Result<()> {
        self.0.write_record(cells).map_err(io::Error::from)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.0.into_inner().map_err(csv::IntoInnerError::into_error)?.finish()
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
