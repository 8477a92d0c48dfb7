//! Which files of the given paths are read, into which table and by which mapping.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zhihui_data::Table;

use super::IngestError;
use super::pattern;
use crate::config::{FileFormat, Source};

/// A file and what is to be done with it.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub path: PathBuf,
    pub bytes: u64,
    pub intent: Intent,
}

/// What is to be done with a file.
#[derive(Debug, Clone)]
pub(super) enum Intent {
    Read { table: Table, source: Option<Arc<Source>>, format: FileFormat },
    Skip(String),
    Refuse(String),
}

/// Finds the files of `paths`, folders in depth and in the order of their names. Names that begin with a dot or `~$` are
/// passed over in folders, and so are the folders of `excluded`.
pub(super) fn discover(
    paths: &[PathBuf],
    excluded: &[PathBuf],
    sources: &[Arc<Source>],
    table: Option<Table>,
) -> Result<Vec<Candidate>, IngestError> {
    let mut found = Vec::new();
    let excluded: Vec<PathBuf> = excluded.iter().filter_map(|folder| fs::canonicalize(folder).ok()).collect();
    for path in paths {
        let io = |source| IngestError::Path { path: path.clone(), source };
        let root = fs::canonicalize(path).map_err(io)?;
        let about = fs::metadata(path).map_err(io)?;
        if about.is_dir() {
            walk(path, &root, &excluded, &mut |path, bytes, refused| {
                offer(&mut found, &path, bytes, refused, sources, table);
            })?;
        } else {
            let refused = (!about.is_file()).then(|| NOT_A_FILE.to_owned());
            offer(&mut found, path, about.len(), refused, sources, table);
        }
    }
    Ok(found)
}

const NOT_A_FILE: &str = "is not a regular file; give a file or a folder";

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
                Err(error) => (0, Some(format!("is a link whose target cannot be read: {error}; remove it"))),
                Ok((_, target)) if !target.starts_with(root) => {
                    (0, Some("is a link that leads out of the folder; put the file itself there".to_owned()))
                }
                Ok((about, _)) if about.is_dir() => continue,
                Ok((about, _)) if about.is_file() => (about.len(), None),
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

fn offer(
    found: &mut Vec<Candidate>,
    path: &Path,
    bytes: u64,
    refused: Option<String>,
    sources: &[Arc<Source>],
    table: Option<Table>,
) {
    let intents = match refused {
        Some(why) => vec![Intent::Refuse(why)],
        None => intents(path, sources, table),
    };
    found.extend(intents.into_iter().map(|intent| Candidate { path: path.to_path_buf(), bytes, intent }));
}

fn intents(path: &Path, sources: &[Arc<Source>], table: Option<Table>) -> Vec<Intent> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let plain = uncompressed(&name);
    let matching = sources.iter().filter(|source| {
        table.is_none_or(|table| table == source.table) && pattern::matches_path(&source.pattern, path)
    });
    let read = |table, source: Option<Arc<Source>>| {
        let format = source.as_ref().and_then(|source| source.format).or_else(|| format_of(plain));
        match format {
            Some(format) => Intent::Read { table, source, format },
            None => Intent::Skip(format!(
                "the format of {name} is not known; use .csv, .tsv, .jsonl, .parquet, .xlsx or .xls, or `format` in its [[source]]"
            )),
        }
    };
    let mapped: Vec<Intent> = matching.map(|source| read(source.table, Some(Arc::clone(source)))).collect();
    if !mapped.is_empty() {
        return mapped;
    }
    if let Some(table) = table.or_else(|| Table::of_file_name(&name)) {
        return vec![read(table, None)];
    }
    let helps = sources.iter().find(|source| source.lookup.values().any(|lookup| lookup.file == plain));
    vec![Intent::Skip(match helps {
        Some(source) => format!("is looked up by the source {}; it has no rows of its own", source.name),
        None => "no table is known for it: begin its name with a table's name, add a [[source]], or use --table".into(),
    })]
}

/// A file's name without `.gz` or `.zst`.
pub(super) fn uncompressed(name: &str) -> &str {
    let ends = |ending: &str| name.len() > ending.len() && name.to_ascii_lowercase().ends_with(ending);
    [".gz", ".zst"].iter().find(|ending| ends(ending)).map_or(name, |ending| &name[..name.len() - ending.len()])
}

pub(super) fn format_of(name: &str) -> Option<FileFormat> {
    match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "csv" => Some(FileFormat::Csv),
        "tsv" => Some(FileFormat::Tsv),
        "jsonl" | "ndjson" => Some(FileFormat::Jsonl),
        "parquet" => Some(FileFormat::Parquet),
        "xlsx" => Some(FileFormat::Xlsx),
        "xls" => Some(FileFormat::Xls),
        _ => None,
    }
}
