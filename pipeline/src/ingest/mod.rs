//! Ingest: files of the outside world become rows of the contract's tables in the lake, each row once.
//!
//! Files are decoded in parallel without a lock; only then, one table after the other, their rows are compared with the
//! lake and committed under the lock of the single writer.

mod clean;
mod commit;
mod contained;
mod decode;
mod discover;
mod error;
mod events;
mod mark;
mod pattern;
mod plan;
mod progress;
mod read;
mod reject;
mod report;
mod rows;
mod sink;
mod stage;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use zhihui_data::{ErasedIds, Table, Zone};

use crate::config::{IngestLimits, Source};
use crate::lake::{Lake, raw};
use decode::Decoded;

pub use contained::contains_panics;
pub use error::IngestError;
pub use events::{InboxEvents, add_events, inbox_transaction};
pub use mark::{FileMark, KnownFile, KnownFiles};
pub use progress::{Progress, Silent};
pub use read::{Identifying, Originals, sheet};
pub use report::{Counts, FileReport, FileStatus, IngestReport};
pub use rows::{Rows, add_rows};

/// What to ingest, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Folders that are passed over where they lie within `paths`.
    pub excluded: Vec<PathBuf>,
    /// Files that were hashed before.
    pub known: KnownFiles,
    /// The table of all files; missing: by their names and the sources.
    pub table: Option<Table>,
    /// Mappings of foreign files.
    pub sources: Vec<Source>,
    /// The zone of times without one.
    pub zone: Zone,
    /// Now: what happens more than a day later is no fact.
    pub as_of: DateTime<Utc>,
    /// Names the run in commits and rejects.
    pub run_id: String,
    /// Bounds of memory and of single values.
    pub limits: IngestLimits,
    /// Who was erased: rows that name them are dropped.
    pub forgotten: ErasedIds,
    /// Decodes workbooks.
    pub decoder: sheet::SheetDecoder,
    /// An existing folder for temporary files, on a volume with room for the rows that do not fit into memory.
    pub scratch: PathBuf,
}

/// How long another writer is waited for; a nightly run may take its time.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// Ingests files. A file that cannot be used is refused in the report and the others go on; a row that cannot be used goes
/// to `raw/rejects`. Where another process writes, this one waits for it.
///
/// # Errors
/// [`IngestError`] when a path does not exist, temporary files cannot be written or the lake refuses. Tables that were
/// committed before the error stay committed, and the same request again adds only what is missing.
pub async fn ingest(lake: &Lake, request: Request, progress: Arc<dyn Progress>) -> Result<IngestReport, IngestError> {
    let request = Arc::new(request);
    let mut decoded = decode_all(lake, &request, &progress).await?;
    if decoded.iter().any(Decoded::has_rows_to_commit) {
        let (zone, as_of) = (request.zone, request.as_of);
        let (forgotten, commit_rows) = (&request.forgotten, request.limits.commit_rows);
        let run = commit::Run { id: &request.run_id, zone, as_of, forgotten, commit_rows };
        let _lock = lake.lock_within(PATIENCE).await?;
        for &table in Table::ALL {
            let mut files: Vec<&mut Decoded> = decoded.iter_mut().filter(|file| file.waits_for(table)).collect();
            if !files.is_empty() {
                progress.committing(table.name(), files.len());
                commit::commit(lake, &run, table, &mut files).await?;
            }
        }
    }
    Ok(IngestReport::new(request.run_id.clone(), decoded.into_iter().map(|file| file.report).collect()))
}

/// The number of files whose content is not in the lake yet; they are read to their ends, and nothing is written.
///
/// # Errors
/// As [`ingest`].
pub async fn pending(lake: &Lake, request: Request, progress: Arc<dyn Progress>) -> Result<usize, IngestError> {
    let decoded = decode_all(lake, &Arc::new(request), &progress).await?;
    Ok(decoded.iter().filter(|file| file.has_rows_to_commit()).count())
}

/// Rows of a file as they stand there, by the numbers under which rejects name them. `None` where the file is gone, was
/// changed since, or has no rows of fields.
///
/// # Errors
/// A sentence that says why the file cannot be read.
pub fn original_rows(
    path: &Path,
    sha256: &str,
    table: Table,
    (decoder, limits): (&sheet::SheetDecoder, &IngestLimits),
    wanted: &BTreeSet<u64>,
) -> Result<Option<Originals>, String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Some(format) = discover::format_of(discover::uncompressed(&name)).filter(|_| path.is_file()) else {
        return Ok(None);
    };
    read::originals(path, format, sha256, table, decoder, limits.max_record_bytes, wanted)
        .map_err(|error| format!("{name}: {error}"))
}

/// Writes a copy of a file without the columns that hold names, phone numbers and identity numbers of people to `to`. Each
/// way is a table that took the file's rows, and the source that mapped them.
///
/// # Errors
/// A sentence that says why the file cannot be read or the copy cannot be written; a part of the copy may lie in `to`.
pub fn remove_identifying(
    path: &Path,
    to: &Path,
    ways: &[(Table, Option<&Source>)],
    (decoder, limits): (&sheet::SheetDecoder, &IngestLimits),
) -> Result<Identifying, String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mapped = ways.iter().find_map(|(_, source)| source.and_then(|source| source.format));
    let format = mapped.or_else(|| discover::format_of(discover::uncompressed(&name)));
    let Some(format) = format else { return Ok(Identifying::None) };
    let ways: Vec<read::Way<'_>> = ways.iter().map(|&(table, source)| read::Way { table, source }).collect();
    read::remove_identifying(path, to, format, &ways, (decoder, limits.max_record_bytes))
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
    let decoding = tokio::task::spawn_blocking(move || decode::all(&candidates, &work.0, &tables, work.1.as_ref()));
    decoding.await.map_err(|error| IngestError::Worker(error.to_string()))?
}
