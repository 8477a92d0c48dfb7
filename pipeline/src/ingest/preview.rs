//! Previews files: reads them as ingest does, keeps the first rows and rejects, and writes nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringArray};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use serde::Serialize;
use serde_json::{Map, Value};
use zhihui_data::{ColumnKind, Table, Zone};

use super::catch_panic::catch_panic;
use super::discover::{self, FileAction};
use super::error::FileError;
use super::file_notes::UnknownColumn;
use super::lookup::load_lookups;
use super::plan::Plan;
use super::read::{self, survey};
use super::seen::{Seen, SeenTable};
use super::sink::{DecodedRows, Sink};
use super::stage::{MemoryBudget, Stage};
use super::{IngestError, Note, NulledValues, Request, reject};
use crate::config::{FileFormat, Source};
use crate::lake::{Lake, raw};
use crate::sql::QueryResult;

/// Number of rows and of rejects shown.
const SHOWN: usize = 10;

/// What ingest would read from a file into a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FilePreview {
    /// Path of the file.
    pub path: String,
    /// The contract table.
    pub table: Option<String>,
    /// The `[[source]]` that maps it, if any.
    pub source: Option<String>,
    /// `readable`, `already` if the same content is in the lake, `refused` or `skipped`.
    pub status: &'static str,
    /// Reason for refusing or skipping it, and what to do.
    pub error: Option<String>,
    /// The format, by content where that is unambiguous.
    pub format: Option<FileFormat>,
    /// Encoding of a text file.
    pub encoding: Option<&'static str>,
    /// The tables in the file.
    pub tables: Vec<SeenTable>,
    /// Columns that are not used, with the known column that each most likely means.
    pub unknown_columns: Vec<UnknownColumn>,
    /// Number of rows, rejected ones included.
    pub rows: u64,
    /// Number of rejected rows.
    pub rejected: u64,
    /// Rejected rows by reason.
    pub reject_reasons: BTreeMap<String, u64>,
    /// Rows that `where` and empty lists leave out. Not in `rows`.
    pub filtered: u64,
    /// Measurements that are set to unknown, by column and reason.
    pub nulled_values: Vec<NulledValues>,
    /// What is not read, or is read in a way that the sender may not expect.
    pub notes: Vec<Note>,
    /// The first accepted rows after cleaning. Times are local, ids of WeChat are shown as their shape, and of a birth date the
    /// year.
    pub sample: Vec<Value>,
    /// The first rejected rows: `row`, `column`, `value`, `reason` and `message`.
    pub rejects: Vec<Value>,
}

/// Previews files. Takes no lock and writes nothing. Without a lake, no file counts as ingested before.
///
/// # Errors
/// [`IngestError`] if a path does not exist or the lake cannot be read.
pub async fn preview(lake: Option<&Lake>, request: Request) -> Result<Vec<FilePreview>, IngestError> {
    let mut stored = BTreeMap::new();
    if let Some(lake) = lake {
        for &table in Table::ALL {
            stored.extend(lake.table(&raw::raw_name(table)).await?.map(|found| (table, found)));
        }
    }
    let work = move || -> Result<Vec<FilePreview>, IngestError> {
        let sources: Vec<Arc<Source>> = request.sources.iter().cloned().map(Arc::new).collect();
        let candidates = discover::discover(&request.paths, &request.excluded, &sources, request.table)?;
        let is_stored = |table: Table, transaction: &str| {
            stored.get(&table).is_some_and(|found| found.transaction(transaction).is_some())
        };
        Ok(candidates.iter().map(|file| preview_file(&file.path, &file.action, &request, &is_stored)).collect())
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| IngestError::Worker(error.to_string()))?
}

type IsStored<'a> = &'a dyn Fn(Table, &str) -> bool;

fn preview_file(path: &Path, action: &FileAction, request: &Request, is_stored: IsStored<'_>) -> FilePreview {
    let mut preview = FilePreview {
        path: path.to_string_lossy().into_owned(),
        table: None,
        source: None,
        status: "skipped",
        error: None,
        format: None,
        encoding: None,
        tables: Vec::new(),
        unknown_columns: Vec::new(),
        rows: 0,
        rejected: 0,
        reject_reasons: BTreeMap::new(),
        filtered: 0,
        nulled_values: Vec::new(),
        notes: Vec::new(),
        sample: Vec::new(),
        rejects: Vec::new(),
    };
    let refused = match action {
        FileAction::Skip(why) => {
            preview.error = Some(why.clone());
            return preview;
        }
        FileAction::Refuse(why) => Err(FileError::Refused(why.clone())),
        FileAction::Read { table, source, format } => {
            preview.table = Some(table.name().to_owned());
            preview.source = source.as_ref().map(|source| source.name.clone());
            read_file(path, (*table, source.clone(), *format), request, is_stored, &mut preview)
        }
    };
    if let Err(error) = refused {
        preview.status = "refused";
        preview.error = Some(error.to_string());
    }
    preview
}

fn read_file(
    path: &Path,
    (table, source, format): (Table, Option<Arc<Source>>, FileFormat),
    request: &Request,
    is_stored: IsStored<'_>,
    preview: &mut FilePreview,
) -> Result<(), FileError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let lookups = load_lookups(source.as_deref(), folder, (&request.decoder, request.limits.max_record_bytes))?;
    let plan = Plan::new(table, source, (request.zone, request.as_of, request.limits), lookups)?;
    let mut survey = survey(path, format)?;
    preview.format = Some(survey.format);
    preview.encoding = survey.encoding_name();
    let budget = MemoryBudget::of_first_rows(SHOWN as u64);
    let mut sink = Sink::new(&plan, Stage::new(&budget)).of_file(path, &survey.sha256);
    sink.note_what_is_seen();
    let read = || read::read(path, &mut survey, &request.decoder, &mut sink);
    let damaged = || Err(FileError::Refused("is damaged and cannot be decoded; export it again".to_owned()));
    let read = catch_panic(read).unwrap_or_else(damaged);
    let mut seen: Seen = sink.take_seen();
    seen.add_unused(sink.unknown());
    preview.tables = seen.tables;
    preview.unknown_columns = sink.unknown_columns();
    let decoded = read.and_then(|()| sink.finish())?;
    let is_already = is_stored(table, &plan.transaction(&survey.sha256));
    preview.status = if is_already { "already" } else { "readable" };
    show(&decoded, &plan, preview)
}

fn show(decoded: &DecodedRows, plan: &Plan, preview: &mut FilePreview) -> Result<(), FileError> {
    preview.rows = decoded.rows;
    preview.rejected = decoded.reasons.values().sum();
    preview.reject_reasons.clone_from(&decoded.reasons);
    preview.filtered = decoded.filtered;
    preview.nulled_values.clone_from(&decoded.nulled);
    preview.notes.clone_from(&decoded.notes);
    for batch in decoded.stage.rows.batches() {
        let shown = without_personal_values(&batch.map_err(FileError::Conversion)?, plan.table)?;
        preview.sample.extend(objects(&shown, plan.zone, SHOWN - preview.sample.len())?);
    }
    for batch in decoded.stage.rejects.rows.batches() {
        let batch = batch.map_err(FileError::Conversion)?;
        preview.rejects.extend(objects(&batch, plan.zone, SHOWN - preview.rejects.len())?);
    }
    Ok(())
}

/// Replaces ids of WeChat by their shape, and birth dates by their year.
fn without_personal_values(batch: &RecordBatch, table: Table) -> Result<RecordBatch, ArrowError> {
    let batch = batch.slice(0, batch.num_rows().min(SHOWN));
    let mut columns: Vec<(String, ArrayRef, bool)> = Vec::with_capacity(batch.num_columns());
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let contract = table.column(field.name()).filter(|column| column.personal);
        let shown = match contract {
            None => Arc::clone(column),
            Some(contract) => {
                let texts = arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8)?;
                let texts =
                    texts.as_any().downcast_ref::<StringArray>().cloned().unwrap_or_else(|| StringArray::new_null(0));
                let hidden = texts.iter().map(|text| {
                    let text = text?;
                    Some(match contract.kind {
                        ColumnKind::Date => format!("{}-…", text.get(..4).unwrap_or_default()),
                        _ => reject::shape(text),
                    })
                });
                Arc::new(hidden.collect::<StringArray>())
            }
        };
        columns.push((field.name().clone(), shown, true));
    }
    RecordBatch::try_from_iter_with_nullable(columns)
}

fn objects(batch: &RecordBatch, zone: Zone, limit: usize) -> Result<Vec<Value>, ArrowError> {
    let rows = QueryResult::in_zone(batch, zone, limit)?;
    let object = |row: Vec<Value>| {
        let pairs = rows.columns.iter().cloned().zip(row).filter(|(_, value)| !value.is_null());
        Value::Object(pairs.collect::<Map<String, Value>>())
    };
    Ok(rows.rows.iter().cloned().map(object).collect())
}
