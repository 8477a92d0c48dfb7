//! Copies of files without the columns that hold names, phone numbers and identity numbers of people.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Map, Value};
use zhihui_data::Table;
use zhihui_data::id_number::is_in;

use super::super::error::FileError;
use super::delimited::likely_delimiter;
use super::open::survey_begin;
use super::records::{Fields, Record, Records};
use super::sheet::{self, SheetDecoder};
use super::{Survey, header, identity_numbers, survey};
use crate::config::{FileFormat, Source};

/// What a file holds of people's names, phone numbers and identity numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identifying {
    /// No column of that kind; no copy was made.
    None,
    /// These columns and rows; the copy lacks them.
    Removed(Vec<String>),
    /// These columns; no copy was made, since the format cannot be written without them.
    Whole(Vec<String>),
}

/// How a file is read, and by which table and mapping its columns are known.
#[derive(Debug, Clone, Copy)]
pub(in crate::ingest) struct Way<'a> {
    pub table: Table,
    pub source: Option<&'a Source>,
}

impl Way<'_> {
    fn knows(&self, header: &str) -> bool {
        let mapped = |source: &Source| source.columns.values().any(|name| !name.is_empty() && name == header.trim());
        self.source.is_some_and(mapped) || self.table.column_of_header(header).is_some()
    }

    /// A column that a source maps holds what the source says; others are judged by their headers.
    fn is_identifying(&self, header: &str) -> bool {
        let mapped = |source: &Source| {
            let found = source.columns.iter().find(|(_, name)| *name == header.trim());
            found.map(|(column, _)| column == "id_number")
        };
        self.source.and_then(mapped).unwrap_or_else(|| self.table.is_identifying(header))
    }
}

/// Writes a copy of a text file without its identifying columns to `to`; rows that do not fit the header are left out. A column
/// of an unknown header that holds an identity number goes too; of a column that tables know, only the rows that hold one, since
/// they are shifted. The copy lies durably when this returns.
pub(in crate::ingest) fn remove_identifying(
    path: &Path,
    to: &Path,
    format: FileFormat,
    ways: &[Way<'_>],
    (decoder, limit): (&SheetDecoder, usize),
) -> Result<Identifying, FileError> {
    let is_identifying = |header: &str| ways.iter().any(|way| way.is_identifying(header));
    let knows = |header: &str| ways.iter().any(|way| way.knows(header));
    let mut begin = survey_begin(path, format)?;
    match begin.format {
        FileFormat::Csv | FileFormat::Tsv => {
            let head = head(&mut records(&mut begin, path, limit, &knows)?)?;
            let Some(found) = columns(&head, &knows) else { return Ok(Identifying::None) };
            let is_numbered = identity_numbers::any_in(begin.text(path)?)?;
            if !is_numbered && !found.names.iter().any(|name| is_identifying(name)) {
                return Ok(Identifying::None);
            }
            let mut survey = survey(path, format)?;
            let mut numbered = BTreeSet::new();
            if is_numbered {
                let mut records = records(&mut survey, path, limit, &knows)?;
                numbered = identity_numbers::columns_in(&mut records, Some(found.names.len()))?;
            }
            delimited(&mut records(&mut survey, path, limit, &knows)?, to, &knows, &is_identifying, &numbered)
        }
        FileFormat::Jsonl => lines(survey(path, format)?.text(path)?, limit, to, &is_identifying),
        FileFormat::Parquet => {
            let mut found: BTreeSet<String> =
                parquet_columns(path)?.into_iter().filter(|name| is_identifying(name)).collect();
            if found.is_empty() {
                found = identity_numbers::parquet_columns(path, &knows)?;
            }
            Ok(whole(found.into_iter()))
        }
        FileFormat::Xlsx | FileFormat::Xls => {
            let mut found = BTreeSet::new();
            sheet::decoded(path, begin.format, decoder, |text| {
                sheet::each(text, limit, |records| {
                    let head = head(records)?;
                    let names = columns(&head, &knows).map(|found| found.names).unwrap_or_default();
                    let mut numbered = identity_numbers::columns_in(records, None)?;
                    for (at, cell) in head.into_iter().flat_map(|(texts, _)| texts.into_iter().enumerate()) {
                        if is_in(&cell) {
                            numbered.insert(at);
                        }
                        if is_identifying(&cell) {
                            found.insert(cell);
                        }
                    }
                    found.extend(numbered.into_iter().map(|at| label(&names, at)));
                    Ok(())
                })
            })?;
            Ok(whole(found.into_iter()))
        }
    }
}

fn whole(columns: impl Iterator<Item = String>) -> Identifying {
    let columns: Vec<String> = columns.collect();
    if columns.is_empty() { Identifying::None } else { Identifying::Whole(columns) }
}

/// The name of a column, or its number.
fn label(names: &[String], at: usize) -> String {
    names.get(at).filter(|name| !name.trim().is_empty()).cloned().unwrap_or_else(|| format!("column {}", at + 1))
}

/// The records of delimited text, with the delimiter that makes most known headers.
fn records(
    survey: &mut Survey,
    path: &Path,
    limit: usize,
    knows: &dyn Fn(&str) -> bool,
) -> Result<Records<Box<dyn Read>>, FileError> {
    let delimiter = if survey.format == FileFormat::Tsv { b'\t' } else { b',' };
    let mut records = Records::new(survey.text(path)?, delimiter, limit);
    if survey.format == FileFormat::Csv {
        let likely = likely_delimiter(records.peek()?, knows);
        records.set_delimiter(likely);
    }
    Ok(records)
}

fn columns(head: &[(Vec<String>, bool)], knows: &dyn Fn(&str) -> bool) -> Option<header::Header> {
    let rows: Vec<Vec<String>> = head.iter().map(|(texts, _)| texts.clone()).collect();
    header::find(&rows, knows, &|_| false)
}

/// The first rows of a table: their fields, and whether they are fields at all.
fn head<R: Read>(records: &mut Records<R>) -> Result<Vec<(Vec<String>, bool)>, FileError> {
    let mut head = Vec::new();
    while head.len() < header::REACH {
        match records.next()? {
            None => break,
            Some(Record::Fields(_, fields)) if fields.is_blank() => {}
            Some(Record::Fields(_, fields)) => head.push((fields.texts(), true)),
            Some(Record::BadQuote(..)) => head.push((Vec::new(), false)),
        }
    }
    Ok(head)
}

fn delimited<R: Read>(
    records: &mut Records<R>,
    to: &Path,
    knows: &dyn Fn(&str) -> bool,
    is_identifying: &dyn Fn(&str) -> bool,
    numbered: &BTreeSet<usize>,
) -> Result<Identifying, FileError> {
    let head = head(records)?;
    let Some(found) = columns(&head, knows) else { return Ok(Identifying::None) };
    let names = &found.names;
    let (removed, kept): (Vec<usize>, Vec<usize>) =
        (0..names.len()).partition(|at| is_identifying(&names[*at]) || (numbered.contains(at) && !knows(&names[*at])));
    let doubtful: Vec<usize> = kept.iter().copied().filter(|at| numbered.contains(at)).collect();
    let width = names.len();
    let mut copy = Copy::to(to)?;
    copy.row(kept.iter().map(|&at| names[at].as_str()))?;
    for (texts, _) in head[found.data_from..].iter().filter(|(texts, is_row)| *is_row && texts.len() == width) {
        if !doubtful.iter().any(|&at| is_in(&texts[at])) {
            copy.row(kept.iter().map(|&at| texts[at].as_str()))?;
        }
    }
    while let Some(record) = records.next()? {
        let Record::Fields(_, fields) = record else { continue };
        let value = |at: usize| Fields::get(&fields, at).unwrap_or_default();
        if fields.len() == width && !doubtful.iter().any(|&at| is_in(value(at))) {
            copy.row(kept.iter().map(|&at| value(at)))?;
        }
    }
    copy.finish()?;
    let mut without: Vec<String> = removed.into_iter().map(|at| label(names, at)).collect();
    without.extend(doubtful.into_iter().map(|at| format!("rows with an identity number under {}", label(names, at))));
    if without.is_empty() {
        without.push("rows that do not fit the header".to_owned());
    }
    Ok(Identifying::Removed(without))
}

fn lines(
    input: Box<dyn Read>,
    limit: usize,
    to: &Path,
    is_identifying: &dyn Fn(&str) -> bool,
) -> Result<Identifying, FileError> {
    let mut records = Records::lines(input, limit);
    let (mut copy, mut removed) = (Copy::to(to)?, BTreeSet::new());
    while let Some(record) = records.next()? {
        let Record::Fields(_, fields) = record else { continue };
        let Some(text) = fields.get(0) else { continue };
        let Ok(mut object) = serde_json::from_str::<Map<String, Value>>(text) else {
            if is_in(text) {
                removed.insert("lines that are no JSON object".to_owned());
            }
            continue;
        };
        strip(&mut object, is_identifying, &mut removed);
        copy.line(&Value::Object(object).to_string())?;
    }
    if removed.is_empty() {
        copy.give_up()?;
        return Ok(Identifying::None);
    }
    copy.finish()?;
    Ok(Identifying::Removed(removed.into_iter().collect()))
}

/// Removes keys and identity numbers at any depth.
fn strip(object: &mut Map<String, Value>, is_identifying: &dyn Fn(&str) -> bool, removed: &mut BTreeSet<String>) {
    object.retain(|key, value| {
        let goes = is_identifying(key) || identity_numbers::is_in_value(value) || has_numbers(value);
        if goes {
            removed.insert(key.clone());
        }
        !goes
    });
    for value in object.values_mut() {
        inner(value, is_identifying, removed);
    }
}

fn has_numbers(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|values| values.iter().any(|value| identity_numbers::is_in_value(value) || has_numbers(value)))
}

fn inner(value: &mut Value, is_identifying: &dyn Fn(&str) -> bool, removed: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => strip(object, is_identifying, removed),
        Value::Array(values) => values.iter_mut().for_each(|value| inner(value, is_identifying, removed)),
        _ => {}
    }
}

fn parquet_columns(path: &Path) -> Result<Vec<String>, FileError> {
    let file = File::open(path).map_err(FileError::Io)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|error| FileError::Refused(format!("is a damaged Parquet file ({error})")))?;
    let columns = builder.parquet_schema().columns().iter();
    Ok(columns.flat_map(|column| column.path().parts().to_vec()).collect())
}

/// A text file that is being written, compressed as its name says.
struct Copy {
    path: std::path::PathBuf,
    output: Output,
}

enum Output {
    Plain(BufWriter<File>),
    Gz(GzEncoder<BufWriter<File>>),
    Zst(zstd::Encoder<'static, BufWriter<File>>),
}

impl Copy {
    fn to(path: &Path) -> Result<Self, FileError> {
        let name = path.to_string_lossy().to_lowercase();
        let mut options = File::options();
        options.write(true).create(true).truncate(true).mode(0o600);
        let file = BufWriter::new(options.open(path).map_err(FileError::Io)?);
        let output = if name.ends_with(".gz") {
            Output::Gz(GzEncoder::new(file, Compression::default()))
        } else if name.ends_with(".zst") {
            Output::Zst(zstd::Encoder::new(file, 0).map_err(FileError::Io)?)
        } else {
            Output::Plain(file)
        };
        Ok(Self { path: path.to_path_buf(), output })
    }

    fn row<'v>(&mut self, values: impl Iterator<Item = &'v str>) -> Result<(), FileError> {
        let quoted = |value: &str| {
            if value.contains([',', '"', '\n', '\r', '\t', ';']) {
                format!("\"{}\"", value.replace('"', "\"\""))
            } else {
                value.to_owned()
            }
        };
        let separator = if self.path.to_string_lossy().to_lowercase().contains(".tsv") { "\t" } else { "," };
        let line = values.map(quoted).collect::<Vec<_>>().join(separator);
        self.line(&line)
    }

    fn line(&mut self, text: &str) -> Result<(), FileError> {
        let output: &mut dyn Write = match &mut self.output {
            Output::Plain(file) => file,
            Output::Gz(file) => file,
            Output::Zst(file) => file,
        };
        output.write_all(text.as_bytes()).and_then(|()| output.write_all(b"\n")).map_err(FileError::Io)
    }

    fn finish(self) -> Result<(), FileError> {
        let file = match self.output {
            Output::Plain(file) => Ok(file),
            Output::Gz(file) => file.finish(),
            Output::Zst(file) => file.finish(),
        };
        let file = file.and_then(|file| file.into_inner().map_err(std::io::IntoInnerError::into_error));
        file.and_then(|file| file.sync_all()).map_err(FileError::Io)
    }

    fn give_up(self) -> Result<(), FileError> {
        drop(self.output);
        std::fs::remove_file(&self.path).map_err(FileError::Io)
    }
}
