//! Reads the first rows of a file of any table, without a plan.

use std::io::Read;
use std::path::Path;

use arrow::array::Array;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Map, Value};
use zhihui_data::Table;

use super::super::error::FileError;
use super::super::list_mark::LIST_MARK;
use super::delimited::detect_delimiter;
use super::open::survey_start;
use super::records::{Record, Records};
use super::sheet::{self, SheetDecoder};
use super::{header, number};
use crate::config::FileFormat;

/// Number of rows that are read.
const MAX_ROWS: usize = 5_000;

/// The header of a file, and the texts of its first rows by column.
#[derive(Debug, Clone, Default)]
pub(in crate::ingest) struct FirstRows {
    pub separator: Option<u8>,
    pub header: Vec<String>,
    /// The texts of each column that are not empty.
    pub columns: Vec<Vec<String>>,
    pub rows: usize,
}

/// Reads the first rows. A format that the name does not say is taken for text.
pub(in crate::ingest) fn read_first_rows(
    path: &Path,
    format: FileFormat,
    decoder: &SheetDecoder,
    limit: usize,
) -> Result<(FileFormat, FirstRows), FileError> {
    let mut survey = survey_start(path, format)?;
    let rows = match survey.format {
        FileFormat::Csv | FileFormat::Tsv => {
            let separator = if survey.format == FileFormat::Tsv { b'\t' } else { b',' };
            let mut records = Records::new(survey.text(path)?, separator, limit);
            if survey.format == FileFormat::Csv {
                let start = records.peek()?;
                let separator = match detect_delimiter(start, &is_known) {
                    b',' => most_regular(start),
                    known => known,
                };
                records.set_delimiter(separator);
            }
            FirstRows { separator: Some(records.delimiter()), ..delimited(&mut records)? }
        }
        FileFormat::Xlsx | FileFormat::Xls => {
            let mut best = FirstRows::default();
            sheet::with_text(path, survey.format, decoder, |text| {
                sheet::for_each_sheet(text, limit, sheet::Which::Visible, |records| {
                    let rows = delimited(records)?;
                    if known(&rows.header) > known(&best.header) || best.header.is_empty() {
                        best = rows;
                    }
                    Ok(())
                })
            })?;
            best
        }
        FileFormat::Jsonl => json_lines(Records::lines(survey.text(path)?, limit))?,
        FileFormat::Parquet => parquet_rows(path)?,
        FileFormat::Replies => FirstRows::default(),
    };
    Ok((survey.format, rows))
}

fn is_known(header: &str) -> bool {
    Table::ALL.iter().any(|table| table.column_of_header(header.trim()).is_some())
}

fn known(header: &[String]) -> usize {
    header.iter().filter(|name| is_known(name)).count()
}

/// The separator with the same number of fields, at least two, in most of the first lines. A comma by default.
fn most_regular(start: &[u8]) -> u8 {
    let text = String::from_utf8_lossy(&start[..start.len().min(64 << 10)]);
    let lines: Vec<&str> = text.lines().take(20).collect();
    let regular = |separator: &u8| {
        let count = |line: &&str| line.matches(char::from(*separator)).count();
        let first = lines.first().map_or(0, count);
        if first == 0 { 0 } else { lines.iter().filter(|line| count(line) == first).count() }
    };
    [b'|', b';', b'\t', b','].into_iter().max_by_key(regular).filter(|separator| *separator != b'|').unwrap_or(b',')
}

fn delimited<R: Read>(records: &mut Records<R>) -> Result<FirstRows, FileError> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    while rows.len() < MAX_ROWS {
        match records.next()? {
            None => break,
            Some(Record::Fields(_, fields)) if !fields.is_blank() => rows.push(fields.texts()),
            Some(_) => {}
        }
    }
    let first = rows.first().cloned().unwrap_or_default();
    let found = header::find(&rows[..rows.len().min(header::MAX_ROWS)], &is_known, &|_| false);
    let found = found.unwrap_or(header::Header { data_from: 1, names: first });
    let mut result = FirstRows { columns: vec![Vec::new(); found.names.len()], ..FirstRows::default() };
    for row in rows.iter().skip(found.data_from) {
        result.rows += 1;
        for (texts, text) in result.columns.iter_mut().zip(row) {
            push(texts, text);
        }
    }
    result.header = found.names.iter().map(|name| name.trim().to_owned()).collect();
    Ok(result)
}

fn push(texts: &mut Vec<String>, text: &str) {
    if !text.trim().is_empty() {
        texts.push(text.trim().to_owned());
    }
}

/// Reads objects. Names of nested values are joined with a dot.
fn json_lines(mut lines: Records<Box<dyn Read>>) -> Result<FirstRows, FileError> {
    let mut result = FirstRows::default();
    while let Some(record) = lines.next()? {
        let Record::Fields(_, fields) = record else { continue };
        let Some(Ok(object)) = fields.get(0).map(serde_json::from_str::<Map<String, Value>>) else { continue };
        result.rows += 1;
        for (key, value) in object {
            add_value(&mut result, key, value);
        }
        if result.rows >= MAX_ROWS {
            break;
        }
    }
    Ok(result)
}

fn add_value(result: &mut FirstRows, name: String, value: Value) {
    if let Value::Object(inner) = value {
        for (key, value) in inner {
            add_value(result, format!("{name}.{key}"), value);
        }
        return;
    }
    let place = result.header.iter().position(|known| *known == name).unwrap_or_else(|| {
        result.header.push(name);
        result.columns.push(Vec::new());
        result.header.len() - 1
    });
    if let Some(text) = text_of(value) {
        push(&mut result.columns[place], &text);
    }
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Array(values) => {
            Some(values.into_iter().filter_map(text_of).collect::<Vec<_>>().join(&LIST_MARK.to_string()))
        }
        Value::Number(value) if value.is_f64() => value.as_f64().map(number),
        other => Some(other.to_string()),
    }
}

fn parquet_rows(path: &Path) -> Result<FirstRows, FileError> {
    let damaged =
        |error: &dyn std::fmt::Display| FileError::Refused(format!("is not a readable Parquet file: {error}"));
    let file = std::fs::File::open(path).map_err(FileError::Io)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| damaged(&error))?;
    let names: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let reader = builder.with_batch_size(MAX_ROWS).with_limit(MAX_ROWS).build().map_err(|error| damaged(&error))?;
    let mut result = FirstRows { columns: vec![Vec::new(); names.len()], header: names, ..FirstRows::default() };
    for batch in reader {
        let batch = batch.map_err(|error| damaged(&error))?;
        result.rows += batch.num_rows();
        for (texts, column) in result.columns.iter_mut().zip(batch.columns()) {
            // A structure has no text; its fields can be mapped by their paths.
            let Ok(column) = super::parquet::text(column) else { continue };
            (0..column.len()).filter(|&row| column.is_valid(row)).for_each(|row| push(texts, column.value(row)));
        }
    }
    Ok(result)
}
