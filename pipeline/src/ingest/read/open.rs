//! Opens a file by its content: what it is, whether it is whole, its encoding and its hash, before a row is decoded.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;
use std::time::SystemTime;

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::super::error::FileError;
use super::encoding::{Encoding, Transcoder, Utf8Check, Zeros, from_io};
use crate::config::FileFormat;

/// Bytes read at a time.
const BLOCK: usize = 256 << 10;
/// Bytes among which a header lies.
const BEGIN: u64 = 1 << 20;
/// Text up to this size is kept after the survey, so that it is decompressed once.
const KEPT: usize = 4 << 20;

/// What a first pass over a file found.
#[derive(Debug)]
pub(crate) struct Survey {
    /// SHA-256 of the content, of text after decompression.
    pub sha256: String,
    /// The format, by content where that is unmistakable.
    pub format: FileFormat,
    encoding: Encoding,
    kept: Option<Vec<u8>>,
    on_disk: (u64, Option<SystemTime>),
}

/// Reads a file to its end: a truncated or damaged one is refused here, before anything of it is used.
pub(crate) fn survey(path: &Path, format: FileFormat) -> Result<Survey, FileError> {
    survey_up_to(path, format, u64::MAX)
}

/// Reads the begin of a file, enough to find its header; its hash is of that part alone, and so is its text.
pub(super) fn survey_begin(path: &Path, format: FileFormat) -> Result<Survey, FileError> {
    survey_up_to(path, format, BEGIN)
}

fn survey_up_to(path: &Path, format: FileFormat, most: u64) -> Result<Survey, FileError> {
    let on_disk = fingerprint(path)?;
    let (mut input, compressed) = decompressed(path)?;
    let mut hash = Sha256::new();
    let mut utf8 = Utf8Check::default();
    let mut kept: Option<Vec<u8>> = Some(Vec::new());
    let mut first: Vec<u8> = Vec::new();
    let mut zeros = Zeros::default();
    let mut block = vec![0; BLOCK];
    let mut bytes = 0;
    loop {
        if bytes >= most {
            utf8.is_cut();
            break;
        }
        let read = match input.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(damaged(error, compressed)),
        };
        let part = &block[..read];
        bytes += read as u64;
        hash.update(part);
        utf8.take(part);
        zeros.take(part);
        if first.len() < 8 {
            first.extend(part.iter().take(8 - first.len()));
        }
        match &mut kept {
            Some(all) if all.len() + read <= KEPT => all.extend_from_slice(part),
            _ => kept = None,
        }
    }
    let format = by_content(&first, format, compressed)?;
    let text = matches!(format, FileFormat::Csv | FileFormat::Tsv | FileFormat::Jsonl);
    let encoding = utf8.finish(&first);
    let is_marked = matches!(encoding, Encoding::Other(encoding, mark) if mark > 0 && encoding != encoding_rs::UTF_8);
    if text && !is_marked && zeros.look_like_utf16() {
        let why = "is UTF-16 text without the mark at its begin that says so; save it as UTF-8 (Excel: \"CSV UTF-8\") and send it again";
        return Err(FileError::Refused(why.to_owned()));
    }
    if text && zeros.any() && !matches!(encoding, Encoding::Other(_, _)) {
        return Err(FileError::Refused("holds zero bytes, so it is no text file; check what it really is".to_owned()));
    }
    Ok(Survey { sha256: hex::encode(hash.finalize()), format, encoding, kept: kept.filter(|_| text), on_disk })
}

impl Survey {
    /// The text of the file in UTF-8 without a byte order mark.
    pub(super) fn text(&mut self, path: &Path) -> Result<Box<dyn Read>, FileError> {
        let input: Box<dyn Read> = match self.kept.take() {
            Some(kept) => Box::new(Cursor::new(kept)),
            None => decompressed(path)?.0,
        };
        Ok(Transcoder::over(input, self.encoding))
    }

    /// Refuses a file that was written to between survey and reading, since its hash would not be that of its rows.
    pub(super) fn check_unchanged(&self, path: &Path) -> Result<(), FileError> {
        if fingerprint(path)? == self.on_disk {
            return Ok(());
        }
        Err(FileError::Refused("changed while it was read; wait until it is complete and run again".to_owned()))
    }
}

/// Size and time of change.
fn fingerprint(path: &Path) -> Result<(u64, Option<SystemTime>), FileError> {
    let about = std::fs::metadata(path).map_err(FileError::Io)?;
    Ok((about.len(), about.modified().ok()))
}

/// The bytes of a file, decompressed where its first bytes say gzip or Zstandard.
fn decompressed(path: &Path) -> Result<(Box<dyn Read>, bool), FileError> {
    let mut file = File::open(path).map_err(FileError::Io)?;
    let mut magic = Vec::new();
    file.by_ref().take(4).read_to_end(&mut magic).map_err(FileError::Io)?;
    let whole = BufReader::with_capacity(BLOCK, Cursor::new(magic.clone()).chain(file));
    if magic.starts_with(&[0x1f, 0x8b]) {
        return Ok((Box::new(MultiGzDecoder::new(whole)), true));
    }
    if magic == [0x28, 0xb5, 0x2f, 0xfd] {
        let mut decoder = zstd::Decoder::with_buffer(whole).map_err(FileError::Io)?;
        decoder.window_log_max(27).map_err(FileError::Io)?;
        return Ok((Box::new(decoder), true));
    }
    Ok((Box::new(whole), false))
}

/// A read error is the disk's where the system named it, else the compression's.
fn damaged(error: std::io::Error, compressed: bool) -> FileError {
    if compressed && error.raw_os_error().is_none() { FileError::Compressed(error) } else { from_io(error) }
}

fn by_content(first: &[u8], named: FileFormat, compressed: bool) -> Result<FileFormat, FileError> {
    let is = |magic: &[u8]| first.starts_with(magic);
    let packed_twice = is(&[0x1f, 0x8b]) || is(&[0x28, 0xb5, 0x2f, 0xfd]);
    if compressed && packed_twice {
        return Err(FileError::Refused("was compressed twice: unpack it once and send that".to_owned()));
    }
    let found = match named {
        _ if is(b"PAR1") => FileFormat::Parquet,
        _ if is(b"PK\x03\x04") => FileFormat::Xlsx,
        _ if is(&[0xd0, 0xcf, 0x11, 0xe0]) => FileFormat::Xls,
        FileFormat::Parquet => {
            return Err(FileError::Refused("is no Parquet file: it does not begin with PAR1".to_owned()));
        }
        FileFormat::Xlsx => {
            return Err(FileError::Refused(
                "is no workbook (.xlsx): open it in Excel or WPS and save it again".to_owned(),
            ));
        }
        FileFormat::Xls if is(b"<") => {
            let why = "is a web page named .xls: open it in Excel or WPS and save it as .xlsx";
            return Err(FileError::Refused(why.to_owned()));
        }
        FileFormat::Xls => FileFormat::Csv,
        text => text,
    };
    let packed = compressed && matches!(found, FileFormat::Parquet | FileFormat::Xlsx | FileFormat::Xls);
    if packed {
        return Err(FileError::Refused("is a compressed workbook or Parquet file: unpack it first".to_owned()));
    }
    Ok(found)
}
