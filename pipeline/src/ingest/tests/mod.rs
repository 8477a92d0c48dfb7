//! Tests of readers and cleaning, from the bytes of a file to rows and rejects, without a lake.

mod bad_input;
mod formats;
mod meaning;
mod offices;
mod replies;
mod workbooks;

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
use super::sink::Sink;
use super::stage::{MemoryBudget, Stage};
use crate::config::{Config, FileFormat, IngestLimits, Source};

/// Result of a file: rows as `column=value`, rejects as `row column reason value`.
#[derive(Debug)]
struct Found {
    rows: Vec<String>,
    rejects: Vec<String>,
    unknown: Vec<String>,
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
    let lookups = load_lookups(source.as_ref(), folder, limits().max_record_bytes)?;
    let plan = Plan::new(table, source.map(Arc::new), (Zone::default(), as_of, limits()), lookups)?;
    let mut survey = survey(path, format_of(&path.to_string_lossy()))?;
    // Without memory, all batches are spilled to a temporary file.
    let mut sink = Sink::new(&plan, Stage::new(&MemoryBudget::new(0, folder)));
    read::read(path, &mut survey, &SheetDecoder::InProcess, &mut sink)?;
    let decoded_rows = sink.finish()?;
    assert_eq!(decoded_rows.rows, decoded_rows.stage.rows.len() + decoded_rows.stage.rejects.len(), "no row is lost");
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
            let cells = cells.filter(|(_, text)| !text.is_empty()).map(|(name, text)| format!("{name}={text}"));
            rows.push(cells.collect::<Vec<_>>().join(" "));
        }
    }
    let mut rejects = Vec::new();
    for batch in decoded_rows.stage.rejects.batches() {
        let batch = batch.expect("readable");
        let options = FormatOptions::default().with_null("-");
        let cell = |name: &str, row: usize| {
            let column = batch.column_by_name(name).expect("a column");
            ArrayFormatter::try_new(column, &options).expect("shown").value(row).to_string()
        };
        for row in 0..batch.num_rows() {
            rejects.push(["row", "column", "reason", "value"].map(|name| cell(name, row)).join(" "));
        }
    }
    let notes = decoded_rows.notes.iter().map(|note| format!("{} {}", note.code, note.count)).collect();
    Ok(Found { rows, rejects, unknown: decoded_rows.unknown, notes })
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
