//! Writes copies of files without the columns of names, phone numbers and identity numbers.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value};
use zhihui_data::Table;
use zhihui_data::id_number::is_in;

use super::super::error::FileError;
use super::delimited::detect_delimiter;
use super::open::survey_start;
use super::records::{Fields, Record, Records};
use super::sheet::{self, SheetDecoder, Which};
use super::{Survey, header, identity_numbers, parquet, survey};
use crate::config::{FileFormat, Source};

/// Names, phone numbers and identity numbers in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonalColumns {
    /// The file has none. No copy was written.
    None,
    /// The copy was written without these columns and rows.
    Removed(Vec<String>),
    /// The file has these columns, but its format cannot be rewritten. No copy was written.
    NotRemovable(Vec<String>),
}

/// A table that a file was ingested into, and the source that mapped it.
#[derive(Debug, Clone, Copy)]
pub(in crate::ingest) struct Target<'a> {
    pub table: Table,
    pub source: Option<&'a Source>,
}

impl Target<'_> {
    fn knows(&self, header: &str) -> bool {
        self.stored_as(header).is_some() || self.table.column_of_header(header).is_some()
    }

    /// Whether a column is personal: by its contract column if a source maps it, or else by its header.
    fn is_personal(&self, header: &str) -> bool {
        self.stored_as(header).map_or_else(|| self.table.is_identifying(header), |column| column == "id_number")
    }

    /// Whether a value within a structure is personal: by its contract column if a source maps its path, or else by its name.
    fn is_personal_path(&self, path: &str) -> bool {
        match self.stored_as(path) {
            Some(column) => column == "id_number",
            None => self.is_personal(path.rsplit('.').next().unwrap_or(path)),
        }
    }

    fn stored_as(&self, header: &str) -> Option<&str> {
        self.source.and_then(|source| source.stored_as(header.trim()))
    }
}

/// Writes a copy of a text file without personal columns and without rows that do not match the header. Also removes unknown
/// columns that contain identity numbers. If a known column contains one, only removes the row, because its fields are shifted.
/// The copy is durable when this returns.
pub(in crate::ingest) fn remove_personal_columns(
    path: &Path,
    to: &Path,
    format: FileFormat,
    targets: &[Target<'_>],
    (decoder, limit): (&SheetDecoder, usize),
) -> Result<PersonalColumns, FileError> {
    let is_personal = |header: &str| targets.iter().any(|target| target.is_personal(header));
    let is_personal_path = |path: &str| targets.iter().any(|target| target.is_personal_path(path));
    let knows = |header: &str| targets.iter().any(|target| target.knows(header));
    let mut start = survey_start(path, format)?;
    match start.format {
        FileFormat::Csv | FileFormat::Tsv => {
            let first_rows = first_rows(&mut records(&mut start, path, limit, &knows)?)?;
            let Some(found) = find_header(&first_rows, &knows) else { return Ok(PersonalColumns::None) };
            let has_id_numbers = identity_numbers::contains_any(start.text(path)?)?;
            if !has_id_numbers && !found.names.iter().any(|name| is_personal(name)) {
                return Ok(PersonalColumns::None);
            }
            let mut survey = survey(path, format)?;
            let mut with_id_numbers = BTreeSet::new();
            if has_id_numbers {
                let mut records = records(&mut survey, path, limit, &knows)?;
                with_id_numbers = identity_numbers::columns_with_any(&mut records, Some(found.names.len()))?;
            }
            copy_delimited(&mut records(&mut survey, path, limit, &knows)?, to, &knows, &is_personal, &with_id_numbers)
        }
        // They have figures, titles and addresses of articles only.
        FileFormat::Replies => Ok(PersonalColumns::None),
        FileFormat::Jsonl => copy_json_lines(survey(path, format)?.text(path)?, limit, to, &is_personal_path),
        FileFormat::Parquet => {
            let mut found: BTreeSet<String> =
                parquet_columns(path)?.into_iter().filter(|path| within(path).any(&is_personal_path)).collect();
            if found.is_empty() {
                found = identity_numbers::parquet_columns(path, &knows)?;
            }
            Ok(not_removable(found.into_iter()))
        }
        FileFormat::Xlsx | FileFormat::Xls => {
            let mut found = BTreeSet::new();
            sheet::with_text(path, start.format, decoder, |text| {
                sheet::for_each_sheet(text, limit, Which::All, |records| {
                    let first_rows = first_rows(records)?;
                    let names = find_header(&first_rows, &knows).map(|found| found.names).unwrap_or_default();
                    let mut with_id_numbers = identity_numbers::columns_with_any(records, None)?;
                    for (at, cell) in first_rows.into_iter().flat_map(|(texts, _)| texts.into_iter().enumerate()) {
                        if is_in(&cell) {
                            with_id_numbers.insert(at);
                        }
                        if is_personal(&cell) {
                            found.insert(cell);
                        }
                    }
                    found.extend(with_id_numbers.into_iter().map(|at| label(&names, at)));
                    Ok(())
                })
            })?;
            Ok(not_removable(found.into_iter()))
        }
    }
}

fn not_removable(columns: impl Iterator<Item = String>) -> PersonalColumns {
    let columns: Vec<String> = columns.collect();
    if columns.is_empty() { PersonalColumns::None } else { PersonalColumns::NotRemovable(columns) }
}

/// The name of a column, or its number if it has none.
fn label(names: &[String], at: usize) -> String {
    names.get(at).filter(|name| !name.trim().is_empty()).cloned().unwrap_or_else(|| format!("column {}", at + 1))
}

/// The records of delimited text, with the detected delimiter.
fn records(
    survey: &mut Survey,
    path: &Path,
    limit: usize,
    knows: &dyn Fn(&str) -> bool,
) -> Result<Records<Box<dyn Read>>, FileError> {
    let delimiter = if survey.format == FileFormat::Tsv { b'\t' } else { b',' };
    let mut records = Records::new(survey.text(path)?, delimiter, limit);
    if survey.format == FileFormat::Csv {
        let detected = detect_delimiter(records.peek()?, knows);
        records.set_delimiter(detected);
    }
    Ok(records)
}

fn find_header(first_rows: &[(Vec<String>, bool)], knows: &dyn Fn(&str) -> bool) -> Option<header::Header> {
    let rows: Vec<Vec<String>> = first_rows.iter().map(|(texts, _)| texts.clone()).collect();
    header::find(&rows, knows, &|_| false)
}

/// The first rows of a table: the fields, and whether the row could be split into fields.
fn first_rows<R: Read>(records: &mut Records<R>) -> Result<Vec<(Vec<String>, bool)>, FileError> {
    let mut rows = Vec::new();
    while rows.len() < header::MAX_ROWS {
        match records.next()? {
            None => break,
            Some(Record::Fields(_, fields)) if fields.is_blank() => {}
            Some(Record::Fields(_, fields)) => rows.push((fields.texts(), true)),
            Some(Record::BadQuote(..)) => rows.push((Vec::new(), false)),
        }
    }
    Ok(rows)
}

/// Copies delimited text. `with_id_numbers` are the columns that contain identity numbers.
fn copy_delimited<R: Read>(
    records: &mut Records<R>,
    to: &Path,
    knows: &dyn Fn(&str) -> bool,
    is_personal: &dyn Fn(&str) -> bool,
    with_id_numbers: &BTreeSet<usize>,
) -> Result<PersonalColumns, FileError> {
    let first_rows = first_rows(records)?;
    let Some(found) = find_header(&first_rows, knows) else { return Ok(PersonalColumns::None) };
    let names = &found.names;
    let (removed, kept): (Vec<usize>, Vec<usize>) = (0..names.len())
        .partition(|at| is_personal(&names[*at]) || (with_id_numbers.contains(at) && !knows(&names[*at])));
    let filtered: Vec<usize> = kept.iter().copied().filter(|at| with_id_numbers.contains(at)).collect();
    let width = names.len();
    let mut copy = TextWriter::create(to)?;
    copy.row(kept.iter().map(|&at| names[at].as_str()))?;
    for (texts, _) in first_rows[found.data_from..].iter().filter(|(texts, is_row)| *is_row && texts.len() == width) {
        if !filtered.iter().any(|&at| is_in(&texts[at])) {
            copy.row(kept.iter().map(|&at| texts[at].as_str()))?;
        }
    }
    while let Some(record) = records.next()? {
        let Record::Fields(_, fields) = record else { continue };
        let value = |at: usize| Fields::get(&fields, at).unwrap_or_default();
        if fields.len() == width && !filtered.iter().any(|&at| is_in(value(at))) {
            copy.row(kept.iter().map(|&at| value(at)))?;
        }
    }
    copy.finish()?;
    let mut removed: Vec<String> = removed.into_iter().map(|at| label(names, at)).collect();
    removed.extend(filtered.into_iter().map(|at| format!("rows with an identity number under {}", label(names, at))));
    if removed.is_empty() {
        removed.push("rows that do not fit the header".to_owned());
    }
    Ok(PersonalColumns::Removed(removed))
}

/// Copies lines of JSON objects. Removes other lines.
fn copy_json_lines(
    input: Box<dyn Read>,
    limit: usize,
    to: &Path,
    is_personal: &dyn Fn(&str) -> bool,
) -> Result<PersonalColumns, FileError> {
    let mut records = Records::lines(input, limit);
    let (mut copy, mut removed) = (TextWriter::create(to)?, BTreeSet::new());
    while let Some(record) = records.next()? {
        let Record::Fields(_, fields) = record else { continue };
        let Some(text) = fields.get(0) else { continue };
        let Ok(mut object) = serde_json::from_str::<Map<String, Value>>(text) else {
            if is_in(text) {
                removed.insert("lines that are not a JSON object".to_owned());
            }
            continue;
        };
        strip(&mut object, "", is_personal, &mut removed);
        copy.line(&Value::Object(object).to_string())?;
    }
    if removed.is_empty() {
        copy.discard()?;
        return Ok(PersonalColumns::None);
    }
    copy.finish()?;
    Ok(PersonalColumns::Removed(removed.into_iter().collect()))
}

/// Removes personal keys and identity numbers at any depth. `within` is the path of the object.
fn strip(
    object: &mut Map<String, Value>,
    within: &str,
    is_personal: &dyn Fn(&str) -> bool,
    removed: &mut BTreeSet<String>,
) {
    let path = |key: &str| if within.is_empty() { key.to_owned() } else { format!("{within}.{key}") };
    object.retain(|key, value| {
        let is_removed = is_personal(&path(key)) || identity_numbers::is_in_value(value) || has_id_numbers(value);
        if is_removed {
            removed.insert(key.clone());
        }
        !is_removed
    });
    for (key, value) in object {
        strip_nested(value, &path(key), is_personal, removed);
    }
}

fn has_id_numbers(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|values| values.iter().any(|value| identity_numbers::is_in_value(value) || has_id_numbers(value)))
}

fn strip_nested(value: &mut Value, path: &str, is_personal: &dyn Fn(&str) -> bool, removed: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => strip(object, path, is_personal, removed),
        Value::Array(values) => values.iter_mut().for_each(|value| strip_nested(value, path, is_personal, removed)),
        _ => {}
    }
}

/// A path and the paths of the structures around it.
fn within(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('.').map(|(at, _)| &path[..at]).chain([path])
}

/// The names of all columns, and the paths of all values within structures.
fn parquet_columns(path: &Path) -> Result<Vec<String>, FileError> {
    let builder = parquet::open(path)?;
    Ok(parquet::names(builder.schema(), &|_| true))
}

/// Writes a text file with the compression that its name implies.
struct TextWriter {
    path: std::path::PathBuf,
    output: Output,
}

enum Output {
    Plain(BufWriter<File>),
    Gz(GzEncoder<BufWriter<File>>),
    Zst(zstd::Encoder<'static, BufWriter<File>>),
}

impl TextWriter {
    fn create(path: &Path) -> Result<Self, FileError> {
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
        let quote = |value: &str| {
            if value.contains([',', '"', '\n', '\r', '\t', ';']) {
                format!("\"{}\"", value.replace('"', "\"\""))
            } else {
                value.to_owned()
            }
        };
        let separator = if self.path.to_string_lossy().to_lowercase().contains(".tsv") { "\t" } else { "," };
        let line = values.map(quote).collect::<Vec<_>>().join(separator);
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

    fn discard(self) -> Result<(), FileError> {
        drop(self.output);
        std::fs::remove_file(&self.path).map_err(FileError::Io)
    }
}
