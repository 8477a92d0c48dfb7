//! Readers: read files of all formats into chunks of text columns. Do not interpret the texts; `clean` does.

mod delimited;
mod encoding;
mod first_rows;
mod header;
mod identity_numbers;
mod json_object;
mod jsonl;
mod open;
mod original_rows;
mod parquet;
mod personal_columns;
mod records;
mod remark;
mod replies;
pub mod sheet;
mod small_table;

use std::path::Path;

use sheet::SheetDecoder;

use super::error::FileError;
use super::sink::Sink;
use crate::config::FileFormat;

pub(super) use first_rows::read_first_rows;
pub(super) use open::{Survey, survey};
pub use original_rows::OriginalRows;
pub(super) use original_rows::read_original_rows;
pub use personal_columns::PersonalColumns;
pub(super) use personal_columns::{Target, remove_personal_columns};
use records::Records;
pub(super) use small_table::small_table;

/// Reads a surveyed file into the sink.
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
        FileFormat::Replies => replies::read(survey.text(path)?, path, sink),
        FileFormat::Parquet => parquet::read(path, sink),
        FileFormat::Xlsx | FileFormat::Xls => sheet::read(path, survey.format, decoder, limit, sink),
    }?;
    survey.check_unchanged(path)
}

/// Numbers from here on may have lost digits, because spreadsheets keep fifteen.
const MAX_EXACT: f64 = 1e15;

/// Converts a number to text. Uses the exponential form, which id columns reject, if it may have lost digits.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < MAX_EXACT {
        format!("{value:.0}")
    } else if value.abs() >= MAX_EXACT {
        format!("{value:E}").replace('E', "E+")
    } else {
        value.to_string()
    }
}
