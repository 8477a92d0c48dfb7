//! Tests of readers and cleaning, from the bytes of a file to rows and rejects, without a lake.

mod bad_input;
mod foreign_sets;
mod formats;
mod mapping;
mod mapping_keys;
mod meaning;
mod offices;
mod replies;
mod workbooks;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::util::display::{ArrayFormatter, FormatOptions};
use zhihui_data::{Table, Zone};

use super::discover;
use super::error::FileError;
use super::lookup::load_lookups;
use super::plan::Plan;
use super::read::sheet::SheetDecoder;
use super::read::{self, survey};
use super::sink::{DecodedRows, Sink};
use super::stage::{MemoryBudget, RejectQueue, Stage};
use crate::config::{Config, FileFormat, IngestLimits, Source};

/// Result of a file: rows as `column=value`, rejects and values set to unknown as `row column reason value`.
#[derive(Debug)]
struct Found {
    rows: Vec<String>,
    rejects: Vec<String>,
    nulled: Vec<String>,
    unknown: Vec<String>,
    similar: BTreeMap<String, String>,
    filtered: u64,
    notes: Vec<String>,
}

fn limits() -> IngestLimits {
    IngestLimits { max_record_bytes: 1 << 20, ..IngestLimits::default() }
}

fn format_of(name: &str) -> FileFormat {
    discover::format_of(discover::uncompressed(name)).unwrap_or(FileFormat::Csv)
}

fn read_path(path: &Path, table: Table, source: Option<Source>) -> Result<Found, FileError> {
    let folder = path.parent().expect("a folder");
    let as_of = "2026-11-22T00:00:00Z".parse().expect("a time");
    let lookups = load_lookups(source.as_ref(), folder, (&SheetDecoder::InProcess, limits().max_record_bytes))?;
    let format = source.as_ref().and_then(|source| source.format);
    let format = format.unwrap_or_else(|| format_of(&path.to_string_lossy()));
    let plan = Plan::new(table, source.map(Arc::new), (Zone::default(), as_of, limits()), lookups)?;
    let mut survey = survey(path, format)?;
    // Without memory, all batches are spilled to a temporary file.
    let mut sink = Sink::new(&plan, Stage::new(&MemoryBudget::new(0, folder))).of_file(path, &survey.sha256);
    read::read(path, &mut survey, &SheetDecoder::InProcess, &mut sink)?;
    let decoded_rows = sink.finish()?;
    let stage = &decoded_rows.stage;
    assert_eq!(decoded_rows.rows, stage.rows.len() + stage.rejects.rows.len(), "no row is lost");
    let values: u64 = decoded_rows.nulled.iter().map(|nulled| nulled.values).sum();
    assert_eq!(values, stage.nulled.rows.len(), "each value set to unknown is counted and listed");
    let mut rows = Vec::new();
    for batch in decoded_rows.stage.rows.batches() {
        let batch = batch.expect("readable");
        let options = FormatOptions::default().with_null("");
        let shown: Vec<ArrayFormatter<'_>> =
            batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).expect("shown")).collect();
        for row in 0..batch.num_rows() {
            let schema = batch.schema();
            let cells =
                schema.fields().iter().zip(&shown).map(|(field, column)| (field.name(), column.value(row).to_string()));
            // The mask of the columns is not a value of the file.
            let cells = cells
                .filter(|(name, text)| !name.starts_with('_') && !text.is_empty())
                .map(|(name, text)| format!("{name}={text}"));
            rows.push(cells.collect::<Vec<_>>().join(" "));
        }
    }
    let (rejects, nulled) = (listed(&decoded_rows.stage.rejects), listed(&decoded_rows.stage.nulled));
    let notes = decoded_rows.notes.iter().map(|note| format!("{} {}", note.code, note.count)).collect();
    let DecodedRows { unknown, similar, filtered, .. } = decoded_rows;
    Ok(Found { rows, rejects, nulled, unknown, similar, filtered, notes })
}

fn listed(rejects: &RejectQueue) -> Vec<String> {
    let mut lines = Vec::new();
    for batch in rejects.rows.batches() {
        let batch = batch.expect("readable");
        let options = FormatOptions::default().with_null("-");
        let cell = |name: &str, row: usize| {
            let column = batch.column_by_name(name).expect("a column");
            ArrayFormatter::try_new(column, &options).expect("shown").value(row).to_string()
        };
        for row in 0..batch.num_rows() {
            lines.push(["row", "column", "reason", "value"].map(|name| cell(name, row)).join(" "));
        }
    }
    lines
}

fn read_bytes(name: &str, table: Table, source: Option<Source>, bytes: &[u8]) -> Result<Found, FileError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    read_path(&path, table, source)
}

fn read_text(name: &str, table: Table, text: &str) -> Found {
    read_bytes(name, table, None, text.as_bytes()).expect("readable")
}

fn source(rest: &str) -> Source {
    let text = format!("[[source]]\nname = \"test\"\nmatch = \"*\"\n{rest}");
    Config::parse("test.toml", &text).expect("valid").sources.remove(0)
}
