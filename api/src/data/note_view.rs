//! Formats what ingest did not understand, one line for each finding of a group of files.

use super::jobs::{FileNotes, NulledValues, UnknownColumn};
use super::labels as data_labels;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;

/// Maximum number of columns in a line.
const MAX_COLUMNS: usize = 12;
/// Maximum number of lines of a run.
const MAX_LINES: usize = 40;

/// The lines of a run.
pub(crate) fn lines(notes: &[FileNotes], t: Locale) -> Vec<String> {
    notes.iter().flat_map(|notes| lines_of(notes, t)).take(MAX_LINES).collect()
}

fn lines_of(notes: &FileNotes, t: Locale) -> Vec<String> {
    let name = notes.path.rsplit('/').next().unwrap_or(&notes.path);
    let group = notes.source.clone().unwrap_or_else(|| data_labels::table(&notes.table, t).to_owned());
    let files = match notes.files {
        0 | 1 => name.to_owned(),
        count => t.data_note_files(grouped(count as f64, 0), name, group),
    };
    let mut lines = Vec::new();
    if !notes.unknown_columns.is_empty() {
        let shown = notes.unknown_columns.iter().take(MAX_COLUMNS).map(|shown| column(shown, t));
        let mut columns: Vec<String> = shown.collect();
        if let more @ 1.. = notes.unknown_columns.len().saturating_sub(MAX_COLUMNS) {
            columns.push(t.data_more_columns(more));
        }
        lines.push(t.data_note_unknown_columns(columns.join(t.common_list_separator()), files.as_str()));
    }
    if notes.unresolved > 0 {
        let share = 100.0 * notes.unresolved as f64 / notes.added.max(1) as f64;
        let (rows, share) = (grouped(notes.unresolved as f64, 0), grouped(share, 1));
        lines.push(t.data_note_unresolved(files.as_str(), rows, share));
    }
    lines.extend(notes.nulled_values.iter().map(|values| nulled(values, &files, t)));
    lines
}

fn column(column: &UnknownColumn, t: Locale) -> String {
    match &column.similar {
        _ if column.personal => t.data_column_personal(column.name.as_str()),
        Some(similar) => t.data_column_similar(column.name.as_str(), similar.as_str()),
        None => column.name.clone(),
    }
}

fn nulled(values: &NulledValues, files: &str, t: Locale) -> String {
    let mut reason = data_labels::reject_reason(&values.reason, t).to_owned();
    if let Some(factor) = values.factor {
        reason.push_str(t.common_clause_separator());
        reason.push_str(&data_labels::factor_hint(&values.column, factor, t));
    }
    t.data_note_nulled(values.column.as_str(), grouped(values.values as f64, 0), files, reason, values.row)
}
