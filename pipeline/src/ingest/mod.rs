//! Ingest: reads files into the contract tables of the lake, each row once.
//!
//! Decodes files in parallel without a lock. Then takes the lake lock, compares the rows of one table after the other with the
//! lake, and commits new ones.

mod catch_panic;
mod clean;
mod column_masks;
mod commit;
mod decode;
mod discover;
mod error;
mod event_rows;
mod events;
mod file_notes;
mod file_stamp;
mod in_parallel;
mod list_mark;
mod lookup;
mod note;
mod nulled_values;
mod pattern;
mod plan;
mod preview;
mod progress;
mod read;
mod reject;
mod report;
mod seen;
mod shape;
mod sink;
mod stage;
mod suggest;
#[cfg(test)]
mod tests;
mod time_format;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use zhihui_data::{ErasedIds, Table, Zone};

use crate::config::{IngestLimits, Source};
use crate::lake::{Lake, raw};
use decode::Decoded;

pub use catch_panic::catches_panics;
pub use error::IngestError;
pub use event_rows::{EventRows, add_rows};
pub use events::{InboxEvents, add_events, inbox_transaction};
pub use file_notes::{FileNotes, UnknownColumn};
pub use file_stamp::{FileStamp, KnownFile, KnownFiles};
pub use note::Note;
pub use nulled_values::NulledValues;
pub use preview::{FilePreview, preview};
pub use progress::{Progress, Silent};
pub use read::{OriginalRows, PersonalColumns, sheet};
pub use report::{Counts, FileReport, FileStatus, IngestReport};
pub use seen::{SeenColumn, SeenTable};
pub use suggest::{Suggestion, complete_mapping, suggest};

/// A request to ingest files.
#[derive(Debug, Clone)]
pub struct Request {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Folders within `paths` to skip.
    pub excluded: Vec<PathBuf>,
    /// Files that were hashed before.
    pub known: KnownFiles,
    /// The table of all files. If missing, names and sources decide.
    pub table: Option<Table>,
    /// Mappings of files of other systems.
    pub sources: Vec<Source>,
    /// Zone of times without a zone.
    pub zone: Zone,
    /// The current time. Rows dated more than a day later are rejected.
    pub as_of: DateTime<Utc>,
    /// Id of the run for commits and rejects.
    pub run_id: String,
    /// Limits of memory and values.
    pub limits: IngestLimits,
    /// Erased members, whose rows are dropped.
    pub erased: ErasedIds,
    /// Decodes workbooks.
    pub decoder: sheet::SheetDecoder,
    /// An existing folder for temporary files, with space for the rows that do not fit into memory.
    pub scratch: PathBuf,
}

/// Maximum time to wait for the lake lock. A nightly run may hold it for long.
const LOCK_TIMEOUT: Duration = Duration::from_secs(3_600);

/// Ingests files. An unusable file is refused, and the others are ingested. An unusable row is stored in `raw/rejects`,
/// an unusable measurement in `raw/nulled`. Waits
/// for other writers of the lake.
///
/// # Errors
/// [`IngestError`] if a path does not exist, temporary files cannot be written or the lake fails. Tables that were committed
/// before the error stay committed; the same request again adds the missing rows.
pub async fn ingest(lake: &Lake, request: Request, progress: Arc<dyn Progress>) -> Result<IngestReport, IngestError> {
    let request = Arc::new(request);
    let mut decoded = decode_all(lake, &request, &progress).await?;
    if decoded.iter().any(Decoded::has_rows_to_commit) {
        let (zone, as_of) = (request.zone, request.as_of);
        let (erased, commit_rows) = (&request.erased, request.limits.commit_rows);
        let run = commit::Run { id: &request.run_id, zone, as_of, erased, commit_rows };
        let _lock = lake.lock_within(LOCK_TIMEOUT).await?;
        for &table in Table::ALL {
            let mut files: Vec<&mut Decoded> = decoded.iter_mut().filter(|file| file.has_rows_for(table)).collect();
            if !files.is_empty() {
                progress.committing(table.name(), files.len());
                commit::commit(lake, &run, table, &mut files).await?;
            }
        }
    }
    Ok(IngestReport::new(request.run_id.clone(), decoded.into_iter().map(|file| file.report).collect()))
}

/// Counts the files that are not in the lake yet. Decodes them completely, and writes nothing.
///
/// # Errors
/// As [`ingest`].
pub async fn pending(lake: &Lake, request: Request, progress: Arc<dyn Progress>) -> Result<usize, IngestError> {
    let decoded = decode_all(lake, &Arc::new(request), &progress).await?;
    Ok(decoded.iter().filter(|file| file.has_rows_to_commit()).count())
}

/// Reads original rows of a file by the row numbers of rejects. `None` if the file is missing, was changed or has no rows of
/// fields. `sources` are those that may have mapped the file.
///
/// # Errors
/// A message if the file cannot be read.
pub fn original_rows(
    path: &Path,
    sha256: &str,
    (table, sources): (Table, &[Source]),
    (decoder, limits): (&sheet::SheetDecoder, &IngestLimits),
    wanted: &BTreeSet<u64>,
) -> Result<Option<OriginalRows>, String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // Ingested files are in another folder, so that only the name is compared.
    let is_for_file = |source: &&Source| {
        let pattern = source.pattern.rsplit('/').next().unwrap_or_default();
        source.table == table && pattern::matches_path(pattern, path)
    };
    let sources: Vec<&Source> = sources.iter().filter(is_for_file).collect();
    let mapped = sources.iter().find_map(|source| source.format);
    let format = mapped.or_else(|| discover::format_of(discover::uncompressed(&name)));
    let Some(format) = format.filter(|_| path.is_file()) else { return Ok(None) };
    let known = |header: &str| {
        let header = header.trim();
        table.column_of_header(header).is_some() || sources.iter().any(|source| source.names(header))
    };
    read::read_original_rows(path, format, sha256, &known, (decoder, limits.max_record_bytes), wanted)
        .map_err(|error| format!("{name}: {error}"))
}

/// Writes a copy of a file without names, phone numbers and identity numbers to `to`. `targets` are the tables that the file
/// was ingested into, with the sources that mapped it.
///
/// # Errors
/// A message if the file cannot be read or the copy cannot be written. `to` may be incomplete then.
pub fn remove_personal_columns(
    path: &Path,
    to: &Path,
    targets: &[(Table, Option<&Source>)],
    (decoder, limits): (&sheet::SheetDecoder, &IngestLimits),
) -> Result<PersonalColumns, String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mapped = targets.iter().find_map(|(_, source)| source.and_then(|source| source.format));
    let format = mapped.or_else(|| discover::format_of(discover::uncompressed(&name)));
    let Some(format) = format else { return Ok(PersonalColumns::None) };
    let targets: Vec<read::Target<'_>> =
        targets.iter().map(|&(table, source)| read::Target { table, source }).collect();
    read::remove_personal_columns(path, to, format, &targets, (decoder, limits.max_record_bytes))
        .map_err(|error| error.to_string())
}

async fn decode_all(
    lake: &Lake,
    request: &Arc<Request>,
    progress: &Arc<dyn Progress>,
) -> Result<Vec<Decoded>, IngestError> {
    let sources: Vec<Arc<Source>> = request.sources.iter().cloned().map(Arc::new).collect();
    let candidates = discover::discover(&request.paths, &request.excluded, &sources, request.table)?;
    let mut tables = BTreeMap::new();
    for &table in Table::ALL {
        if let Some(found) = lake.table(&raw::raw_name(table)).await? {
            tables.insert(table, found);
        }
    }
    let work = (Arc::clone(request), Arc::clone(progress));
    let decoding =
        tokio::task::spawn_blocking(move || decode::decode_files(&candidates, &work.0, &tables, work.1.as_ref()));
    decoding.await.map_err(|error| IngestError::Worker(error.to_string()))?
}
