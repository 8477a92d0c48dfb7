//! Returns original rows of a file by their numbers, for error workbooks.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use super::super::error::FileError;
use super::delimited::detect_delimiter;
use super::records::{Record, Records};
use super::sheet::{self, SheetDecoder, Which};
use super::{header, survey};
use crate::config::FileFormat;

/// Rows of a file without any cleaning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OriginalRows {
    /// Names of the columns in the file.
    pub header: Vec<String>,
    /// The fields of each row, by the row number that rejects use.
    pub rows: BTreeMap<u64, Vec<String>>,
}

/// Reads the rows with these numbers. `known` tells the headers that ingest used. `None` if the file's hash differs from
/// `sha256`, or its format has no rows of fields.
pub(in crate::ingest) fn read_original_rows(
    path: &Path,
    format: FileFormat,
    sha256: &str,
    known: &dyn Fn(&str) -> bool,
    (decoder, limit): (&SheetDecoder, usize),
    wanted: &BTreeSet<u64>,
) -> Result<Option<OriginalRows>, FileError> {
    let mut survey = survey(path, format)?;
    if survey.sha256 != sha256 {
        return Ok(None);
    }
    let mut found = OriginalRows::default();
    match survey.format {
        FileFormat::Csv | FileFormat::Tsv => {
            let delimiter = if survey.format == FileFormat::Tsv { b'\t' } else { b',' };
            let mut records = Records::new(survey.text(path)?, delimiter, limit);
            if survey.format == FileFormat::Csv {
                let detected = detect_delimiter(records.peek()?, known);
                records.set_delimiter(detected);
            }
            collect(&mut records, known, wanted, &mut found)?;
        }
        FileFormat::Xlsx | FileFormat::Xls => {
            sheet::with_text(path, survey.format, decoder, |text| {
                sheet::for_each_sheet(text, limit, Which::Visible, |records| {
                    collect(records, known, wanted, &mut found)
                })
            })?;
        }
        FileFormat::Jsonl | FileFormat::Parquet | FileFormat::Replies => return Ok(None),
    }
    Ok(Some(found).filter(|found| !found.rows.is_empty()))
}

/// Collects the wanted rows of one table. If several sheets have a row with the same number, the first one is used.
fn collect<R: Read>(
    records: &mut Records<R>,
    known: &dyn Fn(&str) -> bool,
    wanted: &BTreeSet<u64>,
    found: &mut OriginalRows,
) -> Result<(), FileError> {
    let mut first_rows: Vec<Vec<String>> = Vec::new();
    let mut collected: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    while let Some(record) = records.next()? {
        let (line, texts) = match record {
            Record::Fields(_, fields) if fields.is_blank() => continue,
            Record::Fields(line, fields) => {
                let needed = first_rows.len() < header::MAX_ROWS || wanted.contains(&line);
                (line, if needed { fields.texts() } else { Vec::new() })
            }
            Record::BadQuote(line, raw) => (line, vec![String::from_utf8_lossy(raw).into_owned()]),
        };
        if wanted.contains(&line) {
            collected.insert(line, texts.clone());
        }
        if first_rows.len() < header::MAX_ROWS {
            first_rows.push(texts);
        }
    }
    let Some(header) = header::find(&first_rows, known, &|_| false) else { return Ok(()) };
    if found.header.is_empty() {
        found.header = header.names;
    }
    for (line, texts) in collected {
        found.rows.entry(line).or_insert(texts);
    }
    Ok(())
}
