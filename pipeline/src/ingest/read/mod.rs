//! The outside world's files, read into chunks of text columns; what the texts mean is decided by `clean`.

mod delimited;
mod encoding;
mod header;
mod identifying;
mod identity_numbers;
mod jsonl;
mod open;
mod originals;
mod parquet;
mod records;
pub mod sheet;

use std::path::Path;

use sheet::SheetDecoder;

use super::error::FileError;
use super::sink::Sink;
use crate::config::FileFormat;

pub use identifying::Identifying;
pub(super) use identifying::{Way, remove_identifying};
pub(super) use jsonl::LIST_MARK;
pub(super) use open::{Survey, survey};
pub use originals::Originals;
pub(super) use originals::originals;
use records::Records;

/// Reads a file that was surveyed, from its begin to its end, into the sink.
pub(super) fn read(
    path: &Path,
    survey: &mut Survey,
    decoder: &SheetDecoder,
    sink: &mut Sink<'_>,
) -> Result<(), FileError> {
    let limit = sink.plan().limits.max_record_bytes;
    match survey.format {
        FileFormat::Csv => delimited::read(survey.text(path)?, None, limit, sink),
        FileFormat::Tsv => delimited::read(survey.text(path)?, Some(b'\t'), limit, sink),
        FileFormat::Jsonl => jsonl::read(survey.text(path)?, limit, sink),
        FileFormat::Parquet => parquet::read(path, sink),
        FileFormat::Xlsx | FileFormat::Xls => sheet::read(path, survey.format, decoder, limit, sink),
    }?;
    survey.check_unchanged(path)
}

/// Rows of a small text file by the names of its header, for look-ups.
pub(super) fn small_table(path: &Path, format: FileFormat, limit: usize) -> Result<SmallTable, FileError> {
    let mut survey = survey(path, format)?;
    let delimiter = (survey.format == FileFormat::Tsv).then_some(b'\t');
    let text = survey.text(path)?;
    delimited::small_table(text, delimiter, limit, survey.sha256)
}

/// A header and all rows under it.
#[derive(Debug)]
pub(super) struct SmallTable {
    pub sha256: String,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// From here on a floating-point number has lost digits: spreadsheets keep fifteen.
const EXACT: f64 = 1e15;

/// A number as text: its digits where it still has them all, else the form with an exponent, which no id column accepts.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < EXACT {
        format!("{value:.0}")
    } else if value.abs() >= EXACT {
        format!("{value:E}").replace('E', "E+")
    } else {
        value.to_string()
    }
}
