//! Survey: reads a whole file before decoding, and detects its format, encoding, completeness and hash.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;
use std::time::SystemTime;

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::super::error::FileError;
use super::encoding::{Encoding, Transcoder, Utf8Check, ZeroBytes, from_io};
use crate::config::FileFormat;

/// Size of a read in bytes.
const BLOCK: usize = 256 << 10;
/// Number of bytes that show the format.
const FIRST_BYTES: usize = 512;
/// Number of bytes that contain the header.
const START_BYTES: u64 = 1 << 20;
/// Maximum size of text that is kept after the survey, so that it is decompressed only once.
const MAX_KEPT_BYTES: usize = 4 << 20;

/// Result of the first pass over a file.
#[derive(Debug)]
pub(crate) struct Survey {
    /// SHA-256 of the content after decompression.
    pub sha256: String,
    /// The format, by content if that is unambiguous.
    pub format: FileFormat,
    encoding: Encoding,
    kept: Option<Vec<u8>>,
    size_and_time: (u64, Option<SystemTime>),
}

/// Surveys a whole file. Fails if it is truncated or damaged.
pub(crate) fn survey(path: &Path, format: FileFormat) -> Result<Survey, FileError> {
    survey_up_to(path, format, u64::MAX)
}

/// Surveys the start of a file, which contains its header. Hash and text cover this part only.
pub(super) fn survey_start(path: &Path, format: FileFormat) -> Result<Survey, FileError> {
    survey_up_to(path, format, START_BYTES)
}

fn survey_up_to(path: &Path, format: FileFormat, max_bytes: u64) -> Result<Survey, FileError> {
    let size_and_time = size_and_time(path)?;
    let (mut input, compressed) = decompressed(path)?;
    let mut hash = Sha256::new();
    let mut utf8 = Utf8Check::default();
    let mut kept: Option<Vec<u8>> = Some(Vec::new());
    let mut first: Vec<u8> = Vec::new();
    let mut zeros = ZeroBytes::default();
    let mut block = vec![0; BLOCK];
    let mut bytes = 0;
    loop {
        if bytes >= max_bytes {
            utf8.ignore_incomplete();
            break;
        }
        let read = match input.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(read_error(error, compressed)),
        };
        let part = &block[..read];
        bytes += read as u64;
        hash.update(part);
        utf8.add(part);
        zeros.add(part);
        if first.len() < FIRST_BYTES {
            first.extend(part.iter().take(FIRST_BYTES - first.len()));
        }
        match &mut kept {
            Some(all) if all.len() + read <= MAX_KEPT_BYTES => all.extend_from_slice(part),
            _ => kept = None,
        }
    }
    let format = detect_format(&first, format, compressed)?;
    let text = matches!(format, FileFormat::Csv | FileFormat::Tsv | FileFormat::Jsonl | FileFormat::Replies);
    let encoding = utf8.finish(&first);
    let has_mark = matches!(encoding, Encoding::Other(encoding, mark) if mark > 0 && encoding != encoding_rs::UTF_8);
    if text && !has_mark && zeros.look_like_utf16() {
        let why = "is UTF-16 text without a byte order mark; save it as UTF-8 (Excel: \"CSV UTF-8\") and send it again";
        return Err(FileError::Refused(why.to_owned()));
    }
    if text && zeros.any() && !matches!(encoding, Encoding::Other(_, _)) {
        return Err(FileError::Refused("contains zero bytes, so it is not a text file; check its format".to_owned()));
    }
    Ok(Survey { sha256: hex::encode(hash.finalize()), format, encoding, kept: kept.filter(|_| text), size_and_time })
}

impl Survey {
    /// Name of the encoding of a text file.
    pub(in crate::ingest) fn encoding_name(&self) -> Option<&'static str> {
        match (self.format, self.encoding) {
            (FileFormat::Parquet | FileFormat::Xlsx | FileFormat::Xls, _) => None,
            (_, Encoding::Utf8(0)) => Some("UTF-8"),
            (_, Encoding::Utf8(_)) => Some("UTF-8 with byte order mark"),
            (_, Encoding::Other(encoding, _)) => Some(encoding.name()),
        }
    }

    /// Reads the text as UTF-8 without a byte order mark.
    pub(super) fn text(&mut self, path: &Path) -> Result<Box<dyn Read>, FileError> {
        let input: Box<dyn Read> = match self.kept.take() {
            Some(kept) => Box::new(Cursor::new(kept)),
            None => decompressed(path)?.0,
        };
        Ok(Transcoder::over(input, self.encoding))
    }

    /// Fails if the file was changed since the survey, because the hash would not match its rows.
    pub(super) fn check_unchanged(&self, path: &Path) -> Result<(), FileError> {
        if size_and_time(path)? == self.size_and_time {
            return Ok(());
        }
        Err(FileError::Refused("changed while it was read; wait until it is complete and run again".to_owned()))
    }
}

/// Size and modification time.
fn size_and_time(path: &Path) -> Result<(u64, Option<SystemTime>), FileError> {
    let metadata = std::fs::metadata(path).map_err(FileError::Io)?;
    Ok((metadata.len(), metadata.modified().ok()))
}

/// Opens a file, and decompresses it if it starts with the magic bytes of gzip or Zstandard. Returns whether it does.
fn decompressed(path: &Path) -> Result<(Box<dyn Read>, bool), FileError> {
    let mut file = File::open(path).map_err(FileError::Io)?;
    let mut magic = Vec::new();
    file.by_ref().take(4).read_to_end(&mut magic).map_err(FileError::Io)?;
    let input = BufReader::with_capacity(BLOCK, Cursor::new(magic.clone()).chain(file));
    if magic.starts_with(&[0x1f, 0x8b]) {
        return Ok((Box::new(MultiGzDecoder::new(input)), true));
    }
    if magic == [0x28, 0xb5, 0x2f, 0xfd] {
        let mut decoder = zstd::Decoder::with_buffer(input).map_err(FileError::Io)?;
        decoder.window_log_max(27).map_err(FileError::Io)?;
        return Ok((Box::new(decoder), true));
    }
    Ok((Box::new(input), false))
}

/// Converts a read error. An error without a code of the system comes from decompression.
fn read_error(error: std::io::Error, compressed: bool) -> FileError {
    if compressed && error.raw_os_error().is_none() { FileError::Compressed(error) } else { from_io(error) }
}

/// Detects the format by the first bytes. `expected` is the format by name or source.
fn detect_format(first: &[u8], expected: FileFormat, compressed: bool) -> Result<FileFormat, FileError> {
    let is = |magic: &[u8]| first.starts_with(magic);
    let is_still_compressed = is(&[0x1f, 0x8b]) || is(&[0x28, 0xb5, 0x2f, 0xfd]);
    if compressed && is_still_compressed {
        return Err(FileError::Refused("was compressed twice; decompress it once and send it again".to_owned()));
    }
    let found = match expected {
        _ if is(b"PAR1") => FileFormat::Parquet,
        _ if is(b"PK\x03\x04") => FileFormat::Xlsx,
        _ if is(&[0xd0, 0xcf, 0x11, 0xe0]) => FileFormat::Xls,
        FileFormat::Xlsx | FileFormat::Xls if is_markup(first) => FileFormat::Xls,
        FileFormat::Csv | FileFormat::Tsv if is_page(first) => FileFormat::Xls,
        FileFormat::Csv | FileFormat::Tsv | FileFormat::Xlsx | FileFormat::Xls if is(b"MIME-Version:") => {
            let why = "is a web page in one file (.mht); open it in Excel or WPS and save it as .xlsx";
            return Err(FileError::Refused(why.to_owned()));
        }
        FileFormat::Parquet => {
            return Err(FileError::Refused("is not a Parquet file: it does not start with PAR1".to_owned()));
        }
        FileFormat::Xlsx => {
            return Err(FileError::Refused(
                "is not a workbook (.xlsx); open it in Excel or WPS and save it again".to_owned(),
            ));
        }
        FileFormat::Xls => FileFormat::Csv,
        text => text,
    };
    if compressed && matches!(found, FileFormat::Parquet | FileFormat::Xlsx | FileFormat::Xls) {
        return Err(FileError::Refused("is a compressed workbook or Parquet file; decompress it first".to_owned()));
    }
    Ok(found)
}

/// The start of a text in lower case, without a byte order mark and white space. Also of UTF-16.
fn start_of_text(first: &[u8]) -> String {
    let (text, _, _) = encoding_rs::UTF_8.decode(first);
    text.trim_start().to_ascii_lowercase()
}

/// Whether a file is a web page or XML.
fn is_markup(first: &[u8]) -> bool {
    start_of_text(first).starts_with('<')
}

/// Whether a file is a web page or XML although its name says that it is text.
fn is_page(first: &[u8]) -> bool {
    let start = start_of_text(first);
    ["<!doctype html", "<html", "<head", "<meta", "<style", "<body", "<table", "<?xml"]
        .iter()
        .any(|mark| start.starts_with(mark))
}
