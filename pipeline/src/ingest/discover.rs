//! Finds the files of the given paths, and decides for each the table, source and format.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zhihui_data::{AccountInterface, Table};

use super::IngestError;
use super::pattern;
use crate::config::{FileFormat, Source};

/// A file and the action for it.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub path: PathBuf,
    /// The path without links in its beginning, by which files are sorted.
    order: PathBuf,
    pub bytes: u64,
    pub action: FileAction,
}

/// What ingest does with a file.
#[derive(Debug, Clone)]
pub(super) enum FileAction {
    Read { table: Table, source: Option<Arc<Source>>, format: FileFormat },
    Skip(String),
    Refuse(String),
}

/// Finds the files of `paths`, sorted by path in whatever order they are given. Searches folders recursively. Skips names that start with a dot or `~$`, and the
/// folders of `excluded`.
pub(super) fn discover(
    paths: &[PathBuf],
    excluded: &[PathBuf],
    sources: &[Arc<Source>],
    table: Option<Table>,
) -> Result<Vec<Candidate>, IngestError> {
    let mut found = Vec::new();
    let excluded: Vec<PathBuf> = excluded.iter().filter_map(|folder| fs::canonicalize(folder).ok()).collect();
    for path in paths {
        let given = path.as_path();
        let io = |source| IngestError::Path { path: path.clone(), source };
        let root = fs::canonicalize(path).map_err(io)?;
        let metadata = fs::metadata(path).map_err(io)?;
        if metadata.is_dir() {
            walk(path, &root, &excluded, &mut |path, bytes, refused| {
                let order = path.strip_prefix(given).map_or_else(|_| path.clone(), |rest| root.join(rest));
                add_candidates(&mut found, (&path, order), bytes, refused, sources, table);
            })?;
        } else {
            let refused = (!metadata.is_file()).then(|| NOT_A_FILE.to_owned());
            add_candidates(&mut found, (path, root), metadata.len(), refused, sources, table);
        }
    }
    found.sort_by(|left, right| left.order.cmp(&right.order));
    Ok(found)
}

const NOT_A_FILE: &str = "is not a regular file; use a file or a folder";

type Visit<'a> = dyn FnMut(PathBuf, u64, Option<String>) + 'a;

fn walk(folder: &Path, root: &Path, excluded: &[PathBuf], visit: &mut Visit<'_>) -> Result<(), IngestError> {
    let io = |source| IngestError::Path { path: folder.to_path_buf(), source };
    let mut entries = fs::read_dir(folder).map_err(io)?.collect::<Result<Vec<_>, _>>().map_err(io)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if name.starts_with('.') || name.starts_with("~$") {
            continue;
        }
        let kind = entry.file_type().map_err(io)?;
        if kind.is_dir() {
            if !fs::canonicalize(&path).is_ok_and(|folder| excluded.contains(&folder)) {
                walk(&path, root, excluded, visit)?;
            }
            continue;
        }
        let (bytes, refused) = if kind.is_symlink() {
            match fs::canonicalize(&path).and_then(|target| Ok((fs::metadata(&target)?, target))) {
                Err(error) => (0, Some(format!("is a link with an unreadable target: {error}; remove it"))),
                Ok((_, target)) if !target.starts_with(root) => {
                    (0, Some("is a link to a file out of the folder; copy the file into the folder".to_owned()))
                }
                Ok((metadata, _)) if metadata.is_dir() => continue,
                Ok((metadata, _)) if metadata.is_file() => (metadata.len(), None),
                Ok(_) => (0, Some(NOT_A_FILE.to_owned())),
            }
        } else if kind.is_file() {
            (entry.metadata().map_err(io)?.len(), None)
        } else {
            (0, Some(NOT_A_FILE.to_owned()))
        };
        visit(path, bytes, refused);
    }
    Ok(())
}

/// Adds a candidate for each action on the file.
fn add_candidates(
    found: &mut Vec<Candidate>,
    (path, order): (&Path, PathBuf),
    bytes: u64,
    refused: Option<String>,
    sources: &[Arc<Source>],
    table: Option<Table>,
) {
    let actions = match refused {
        Some(why) => vec![FileAction::Refuse(why)],
        None => actions_for(path, sources, table),
    };
    found.extend(actions.into_iter().map(|action| Candidate {
        path: path.to_path_buf(),
        order: order.clone(),
        bytes,
        action,
    }));
}

fn actions_for(path: &Path, sources: &[Arc<Source>], table: Option<Table>) -> Vec<FileAction> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let uncompressed_name = uncompressed(&name);
    let matching = sources.iter().filter(|source| {
        table.is_none_or(|table| table == source.table) && pattern::matches_path(&source.pattern, path)
    });
    let interface = AccountInterface::of_file_name(&name);
    let read = |table, source: Option<Arc<Source>>| {
        let format = source.as_ref().and_then(|source| source.format).or_else(|| format_of(uncompressed_name));
        let is_for_table = |format: &FileFormat| *format != FileFormat::Replies || table == Table::AccountStatistics;
        match format.filter(is_for_table) {
            // Lines of a file that is named after an interface are replies.
            Some(FileFormat::Jsonl) if interface.is_some() && source.is_none() => {
                FileAction::Read { table, source, format: FileFormat::Replies }
            }
            Some(format) => FileAction::Read { table, source, format },
            None => FileAction::Skip(format!(
                "the format of {name} is unknown; use .csv, .tsv, .txt, .jsonl, .parquet, .xlsx, .xls or .et, or `format` in its [[source]]"
            )),
        }
    };
    let mapped: Vec<FileAction> = matching.map(|source| read(source.table, Some(Arc::clone(source)))).collect();
    if !mapped.is_empty() {
        return mapped;
    }
    let of_interface = interface.map(|_| Table::AccountStatistics);
    if let Some(table) = table.or_else(|| Table::of_file_name(&name)).or(of_interface) {
        return vec![read(table, None)];
    }
    let looked_up_by =
        sources.iter().find(|source| source.lookup.values().any(|lookup| lookup.file == uncompressed_name));
    vec![FileAction::Skip(match looked_up_by {
        Some(source) => format!("is a look-up file of the source {} and not ingested itself", source.name),
        None => "has no table: start its name with a table's name, add a [[source]], or use --table".into(),
    })]
}

/// Removes `.gz` or `.zst` from a file name.
pub(super) fn uncompressed(name: &str) -> &str {
    let has = |extension: &str| name.len() > extension.len() && name.to_ascii_lowercase().ends_with(extension);
    [".gz", ".zst"]
        .iter()
        .find(|extension| has(extension))
        .map_or(name, |extension| &name[..name.len() - extension.len()])
}

pub(super) fn format_of(name: &str) -> Option<FileFormat> {
    match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        // Excel's "Unicode text" is separated by tabs, which the header shows.
        "csv" | "txt" => Some(FileFormat::Csv),
        "tsv" => Some(FileFormat::Tsv),
        "jsonl" | "ndjson" => Some(FileFormat::Jsonl),
        "parquet" => Some(FileFormat::Parquet),
        "xlsx" | "xlsm" => Some(FileFormat::Xlsx),
        // WPS writes workbooks of either format with its own extension.
        "xls" | "et" => Some(FileFormat::Xls),
        "json" => Some(FileFormat::Replies),
        _ => None,
    }
}
