//! Single rows of a file as they stand there, by their numbers: what people get back to correct.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use zhihui_data::Table;

use super::super::error::FileError;
use super::delimited::likely_delimiter;
use super::records::{Record, Records};
use super::sheet::{self, SheetDecoder};
use super::{header, survey};
use crate::config::FileFormat;

/// Rows of a file as they stand there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Originals {
    /// The columns' names as the file has them.
    pub header: Vec<String>,
    /// The fields of each row by its number, as rejects count rows.
    pub rows: BTreeMap<u64, Vec<String>>,
}

/// The rows of these numbers; `None` where the content is another than `sha256` tells, or the format has no rows of fields.
pub(in crate::ingest) fn originals(
    path: &Path,
    format: FileFormat,
    sha256: &str,
    table: Table,
    decoder: &SheetDecoder,
    limit: usize,
    wanted: &BTreeSet<u64>,
) -> Result<Option<Originals>, FileError> {
    let mut survey = survey(path, format)?;
    if survey.sha256 != sha256 {
        return Ok(None);
    }
    let known = |name: &str| table.column_of_header(name.trim()).is_some();
    let mut found = Originals::default();
    match survey.format {
        FileFormat::Csv | FileFormat::Tsv => {
            let delimiter = if survey.format == FileFormat::Tsv { b'\t' } else { b',' };
            let mut records = Records::new(survey.text(path)?, delimiter, limit);
            if survey.format == FileFormat::Csv {
                let likely = likely_delimiter(records.peek()?, &known);
                records.set_delimiter(likely);
            }
            collect(&mut records, &known, wanted, &mut found)?;
        }
        FileFormat::Xlsx | FileFormat::Xls => {
            sheet::decoded(path, survey.format, decoder, |text| {
                sheet::each(text, limit, |records| collect(records, &known, wanted, &mut found))
            })?;
        }
        FileFormat::Jsonl | FileFormat::Parquet => return Ok(None),
    }
    Ok(Some(found).filter(|found| !found.rows.is_empty()))
}

/// Takes the wanted rows of one table of a file; of several sheets the first that has a row of this number gives it.
fn collect<R: Read>(
    records: &mut Records<R>,
    known: &dyn Fn(&str) -> bool,
    wanted: &BTreeSet<u64>,
    found: &mut Originals,
) -> Result<(), FileError> {
    let mut head: Vec<Vec<String>> = Vec::new();
    let mut taken: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    while let Some(record) = records.next()? {
        let (line, texts) = match record {
            Record::Fields(_, fields) if fields.is_blank() => continue,
            Record::Fields(line, fields) => {
                let needed = head.len() < header::REACH || wanted.contains(&line);
                (line, if needed { fields.texts() } else { Vec::new() })
            }
            Record::BadQuote(line, raw) => (line, vec![String::from_utf8_lossy(raw).into_owned()]),
        };
        if wanted.contains(&line) {
            taken.insert(line, texts.clone());
        }
        if head.len() < header::REACH {
            head.push(texts);
        }
    }
    let Some(named) = header::find(&head, known, &|_| false) else { return Ok(()) };
    if found.header.is_empty() {
        found.header = named.names;
    }
    for (line, texts) in taken {
        found.rows.entry(line).or_insert(texts);
    }
    Ok(())
}
