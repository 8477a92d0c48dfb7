//! Reads keys and values of a look-up file of any format.

use std::io::Read;
use std::path::Path;

use arrow::array::{Array, StringArray};
use serde_json::{Map, Value};

use super::super::error::FileError;
use super::delimited::detect_delimiter;
use super::jsonl::text_at;
use super::records::{Fields, Record, Records};
use super::sheet::{self, SheetDecoder};
use super::{header, parquet, survey};
use crate::config::FileFormat;

/// Two columns of a look-up file.
#[derive(Debug)]
pub(in crate::ingest) struct SmallTable {
    pub sha256: String,
    /// The texts of the two columns, row by row.
    pub rows: Vec<(String, String)>,
}

/// Maximum number of rows of a look-up file.
const MAX_ROWS: usize = 2_000_000;

/// Reads the columns `names` of a file. Rows without one of them are left out.
pub(in crate::ingest) fn small_table(
    path: &Path,
    format: FileFormat,
    (decoder, limit): (&SheetDecoder, usize),
    names: [&str; 2],
) -> Result<SmallTable, FileError> {
    let mut survey = survey(path, format)?;
    let mut found = Found { names, rows: Vec::new(), is_found: false, header: Vec::new() };
    match survey.format {
        FileFormat::Csv | FileFormat::Tsv => {
            let delimiter = if survey.format == FileFormat::Tsv { b'\t' } else { b',' };
            let mut records = Records::new(survey.text(path)?, delimiter, limit);
            if survey.format == FileFormat::Csv {
                let detected = detect_delimiter(records.peek()?, &|name| names.contains(&name));
                records.set_delimiter(detected);
            }
            found.add_table(&mut records)?;
        }
        FileFormat::Xlsx | FileFormat::Xls => sheet::with_text(path, survey.format, decoder, |text| {
            sheet::for_each_sheet(text, limit, sheet::Which::Visible, |records| found.add_table(records))
        })?,
        FileFormat::Jsonl => found.add_objects(&mut Records::lines(survey.text(path)?, limit))?,
        FileFormat::Parquet => found.add_parquet(path)?,
        FileFormat::Replies => {
            return Err(FileError::Refused(
                "is not a table; use .csv, .tsv, .jsonl, .parquet, .xlsx or .xls".to_owned(),
            ));
        }
    }
    found.check()?;
    Ok(SmallTable { sha256: survey.sha256, rows: found.rows })
}

struct Found<'n> {
    names: [&'n str; 2],
    rows: Vec<(String, String)>,
    /// Whether a header has both columns.
    is_found: bool,
    /// The first row with one of the columns, or the first row.
    header: Vec<String>,
}

impl Found<'_> {
    fn check(&self) -> Result<(), FileError> {
        if self.is_found {
            return Ok(());
        }
        let has = |name: &&str| self.header.iter().any(|header| header == name);
        let missing = self.names.iter().find(|name| !has(name)).unwrap_or(&self.names[0]);
        let columns = self.header.join(", ");
        Err(FileError::Refused(format!("has no column {missing}; its columns: {columns}")))
    }

    fn add(&mut self, key: &str, value: &str) -> Result<(), FileError> {
        if self.rows.len() >= MAX_ROWS {
            return Err(FileError::Refused(format!("has more than {MAX_ROWS} rows, which is too many for a look-up")));
        }
        self.rows.push((key.to_owned(), value.to_owned()));
        Ok(())
    }

    /// Adds the rows below the first of the first rows that has both columns.
    fn add_table<R: Read>(&mut self, records: &mut Records<R>) -> Result<(), FileError> {
        let mut places = None;
        let mut rows = 0;
        while let Some(record) = records.next()? {
            let Record::Fields(_, fields) = record else { continue };
            if fields.is_blank() {
                continue;
            }
            if let Some((key, value)) = places {
                if let (Some(key), Some(value)) = (Fields::get(&fields, key), Fields::get(&fields, value)) {
                    self.add(key, value)?;
                }
                continue;
            }
            let header: Vec<String> = fields.texts().iter().map(|name| name.trim().to_owned()).collect();
            let place = |name: &str| header.iter().position(|header| header == name);
            places = place(self.names[0]).zip(place(self.names[1]));
            self.is_found |= places.is_some();
            let has_one = |header: &[String]| header.iter().any(|name| self.names.contains(&name.as_str()));
            if self.header.is_empty() || (has_one(&header) && !has_one(&self.header)) {
                self.header = header;
            }
            rows += 1;
            if places.is_none() && rows >= header::MAX_ROWS {
                break;
            }
        }
        Ok(())
    }

    fn add_objects<R: Read>(&mut self, lines: &mut Records<R>) -> Result<(), FileError> {
        while let Some(record) = lines.next()? {
            let Record::Fields(_, fields) = record else { continue };
            let Some(Ok(object)) = fields.get(0).map(serde_json::from_str::<Map<String, Value>>) else { continue };
            if self.header.is_empty() {
                self.header = object.keys().cloned().collect();
            }
            if let [Some(key), Some(value)] = self.names.map(|name| text_at(&object, name)) {
                self.is_found = true;
                self.add(&key, &value)?;
            }
        }
        Ok(())
    }

    fn add_parquet(&mut self, path: &Path) -> Result<(), FileError> {
        let builder = parquet::open(path)?;
        self.header = parquet::names(builder.schema(), &|_| true);
        let has = |name: &&str| self.header.iter().any(|header| header == name);
        self.is_found = self.names.iter().all(has);
        if !self.is_found {
            return Ok(());
        }
        let columns = self.names.map(|name| parquet::Column { path: name.to_owned(), is_expanded: false });
        for texts in parquet::batches(builder, &columns)? {
            let texts = texts?;
            let text = |column: usize, row: usize| texts[column].is_valid(row).then(|| texts[column].value(row));
            for row in 0..texts.first().map_or(0, StringArray::len) {
                if let (Some(key), Some(value)) = (text(0, row), text(1, row)) {
                    self.add(key, value)?;
                }
            }
        }
        Ok(())
    }
}
