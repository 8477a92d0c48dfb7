//! Suggests a `[[source]]` for a file of another system: that of a known export, or a guess from its name, its headers, and the
//! values of its first rows.

mod known_export;
mod mapping;
mod text;
mod values;
mod vocabulary;

use std::path::Path;

use serde::Serialize;
use zhihui_data::{Table, Zone};

use super::discover::{format_of, uncompressed};
use super::error::FileError;
use super::read::read_first_rows;
use super::read::sheet::SheetDecoder;
use crate::config::{FileFormat, IngestLimits};
use known_export::known_export;
use mapping::{Guess, Mapping};
use values::Values;

/// A suggested mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// The table.
    pub table: Table,
    /// Whether the table, and every line, is sure.
    pub is_sure: bool,
    /// The `[[source]]` section, with a comment on each line.
    pub toml: String,
    /// The columns of the file, and the contract column that each is read into.
    pub columns: Vec<(String, Option<String>)>,
    /// Columns of the file that are not mapped.
    pub unused: Vec<String>,
    /// Required columns of the table that the file does not seem to have.
    pub missing: Vec<String>,
}

/// Suggests a mapping. Reads the first rows, and writes nothing.
///
/// # Errors
/// A message if the file cannot be read or no table fits.
pub fn suggest(
    path: &Path,
    table: Option<Table>,
    zone: Zone,
    (decoder, limits): (&SheetDecoder, &IngestLimits),
) -> Result<Suggestion, String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let choice = table.map_or(Choice::Nothing, Choice::Table);
    suggest_file(path, &name, choice, zone, (decoder, limits)).map_err(|error| format!("{}: {error}", path.display()))
}

/// Completes a mapping that a person chose by header and contract column: formats of times, separators and words.
///
/// # Errors
/// A message if the file cannot be read.
pub fn complete_mapping(
    path: &Path,
    table: Table,
    chosen: &[(String, String)],
    zone: Zone,
    (decoder, limits): (&SheetDecoder, &IngestLimits),
) -> Result<Suggestion, String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let choice = Choice::Columns(table, chosen);
    suggest_file(path, &name, choice, zone, (decoder, limits)).map_err(|error| format!("{}: {error}", path.display()))
}

/// What is known of a mapping before the file is read.
#[derive(Clone, Copy)]
enum Choice<'c> {
    Nothing,
    Table(Table),
    Columns(Table, &'c [(String, String)]),
}

fn suggest_file(
    path: &Path,
    name: &str,
    choice: Choice<'_>,
    zone: Zone,
    (decoder, limits): (&SheetDecoder, &IngestLimits),
) -> Result<Suggestion, FileError> {
    if !std::fs::metadata(path).map_err(FileError::Io)?.is_file() {
        return Err(FileError::Refused("is not a regular file".to_owned()));
    }
    let named = format_of(uncompressed(name));
    let expected = named.unwrap_or(FileFormat::Csv);
    let (format, rows) = read_first_rows(path, expected, decoder, limits.max_record_bytes)?;
    if rows.header.is_empty() {
        return Err(FileError::Refused("has no columns; a mapping needs a header and some rows".to_owned()));
    }
    let known = matches!(choice, Choice::Nothing).then(|| known_export(path, &rows.header, zone, *limits)).flatten();
    if let Some(known) = known {
        return Ok(known);
    }
    let format = match (named, rows.separator) {
        (Some(_), _) => None,
        (None, Some(b'\t')) => Some(FileFormat::Tsv),
        (None, _) => Some(format),
    };
    let columns: Vec<(&str, Values<'_>)> =
        rows.header.iter().map(String::as_str).zip(rows.columns.iter().map(|texts| Values::new(texts))).collect();
    let by_name = Table::of_file_name(name);
    let best = match (choice, by_name) {
        (Choice::Columns(table, chosen), _) => Some(Mapping::chosen(table, &columns, chosen, zone)),
        (Choice::Table(table), _) | (Choice::Nothing, Some(table)) => Some(Mapping::guess(table, &columns, zone)),
        (Choice::Nothing, None) => best_mapping(name, &columns, zone),
    };
    let is_chosen = matches!(choice, Choice::Columns(..));
    let fits = |mapping: &Mapping<'_>| is_chosen || mapping.guesses.iter().any(|guess| guess.column.required);
    let Some(mapping) = best.filter(fits) else {
        let found = rows.header.join(", ");
        return Err(FileError::Refused(format!(
            "no table of the data contract fits its columns ({found}); name one with --table, see data/README.md"
        )));
    };
    let is_table_sure = by_name.is_some() || !matches!(choice, Choice::Nothing);
    let age_day = std::fs::metadata(path).and_then(|found| found.modified()).ok().map(chrono::DateTime::from);
    let age_day = age_day.map(|at| zone.day(at));
    let suggestion = text::suggestion(&mapping, (name, format), is_table_sure, age_day);
    let column = |header: &String| {
        mapping.guesses.iter().find(|guess| guess.header == header).map(|guess| guess.column.name.to_owned())
    };
    Ok(Suggestion {
        columns: rows.header.iter().map(|header| (header.clone(), column(header))).collect(),
        ..suggestion
    })
}

/// The mapping of the table that fits best. The file's name counts as much as two columns.
fn best_mapping<'a>(name: &str, columns: &'a [(&'a str, Values<'a>)], zone: Zone) -> Option<Mapping<'a>> {
    let hint = vocabulary::table_of_name(name);
    let candidates = Table::ALL.iter().filter(|table| !matches!(table, Table::MemberEvents | Table::AccountStatistics));
    let score = |mapping: &Mapping<'_>| {
        let fits: f64 = mapping.guesses.iter().map(|guess: &Guess<'_>| guess.fit).sum();
        let missing = mapping.missing.len() as f64;
        // A table that leaves out whom the rows are about does not fit.
        let is_actor = |header: &&str| vocabulary::fit(Table::Reads, "member_id", header) > 0.99;
        let lost = if mapping.unused.iter().any(is_actor) { 1.0 } else { 0.0 };
        let named = if hint == Some(mapping.table) { 2.0 } else { 0.0 };
        let repeated = if mapping.repeats_its_key() { 2.0 } else { 0.0 };
        fits + named - lost - repeated - 1.5 * missing - 0.1 * mapping.unused.len() as f64
    };
    let mappings = candidates.map(|&table| Mapping::guess(table, columns, zone));
    // Of equal scores the first table wins: reads before shares and lists.
    mappings.reduce(|best, next| if score(&next) > score(&best) { next } else { best })
}
