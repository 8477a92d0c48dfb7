//! Look-ups: values of a column that come from another file of the same folder.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::discover::{format_of, uncompressed};
use super::error::FileError;
use super::list_mark::LIST_MARK;
use super::plan::LookupValues;
use super::read::{self, sheet::SheetDecoder};
use crate::config::{FileFormat, Lookup, Source};

/// Loads the look-ups of a source from the files in `folder`, by column. `limit` bounds the bytes of a record.
pub(super) fn load_lookups(
    source: Option<&Source>,
    folder: &Path,
    (decoder, limit): (&SheetDecoder, usize),
) -> Result<BTreeMap<String, LookupValues>, FileError> {
    let lookups = source.into_iter().flat_map(|source| &source.lookup);
    lookups.map(|(column, lookup)| Ok((column.clone(), load(folder, lookup, (decoder, limit))?))).collect()
}

/// Loads the values of a look-up by key. Joins several values of a key as a list.
fn load(folder: &Path, lookup: &Lookup, decoding: (&SheetDecoder, usize)) -> Result<LookupValues, FileError> {
    let refuse = |why: String| FileError::Refused(format!("needs the look-up file {}, which {why}", lookup.file));
    let found = std::fs::read_dir(folder).map_err(FileError::Io)?.filter_map(Result::ok).find(|entry| {
        uncompressed(&entry.file_name().to_string_lossy()) == lookup.file
            && entry.file_type().is_ok_and(|kind| kind.is_file())
    });
    let path = found.ok_or_else(|| refuse("is not in the same folder; put it there".to_owned()))?.path();
    let format = format_of(&lookup.file).unwrap_or(FileFormat::Csv);
    let content = read::small_table(&path, format, decoding, [&lookup.key, &lookup.value]);
    let content = content.map_err(|error| refuse(error.to_string()))?;
    let mut values: HashMap<String, String> = HashMap::new();
    for (key, value) in &content.rows {
        let known = values.entry(key.trim().to_owned()).or_default();
        if !known.is_empty() {
            known.push(LIST_MARK);
        }
        known.push_str(value.trim());
    }
    Ok(LookupValues { values: Arc::new(values), sha256: content.sha256 })
}
