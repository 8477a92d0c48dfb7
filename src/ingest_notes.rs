//! The notes of ingest as lines of text: what was not understood, grouped so that many similar files give few lines.

use zhihui_pipeline::ingest::{FileNotes, IngestReport, NulledValues, UnknownColumn};

/// Maximum number of columns in a line.
const MAX_COLUMNS: usize = 12;
/// Maximum number of groups of files with lines.
const MAX_GROUPS: usize = 20;

/// Returns the lines for all files of a report.
pub(crate) fn lines(report: &IngestReport) -> Vec<String> {
    let mut lines: Vec<String> = report.notes.iter().take(MAX_GROUPS).flat_map(lines_of).collect();
    if report.notes.len() > MAX_GROUPS {
        let more = report.notes.len() - MAX_GROUPS;
        lines.push(format!("… and {more} more kinds of files; see `notes` of `zhihui ingest --json`"));
    }
    if report.totals.nulled > 0 {
        lines.push("see values set to unknown with `zhihui sql \"select * from nulled\"` or at /data".to_owned());
    }
    lines
}

fn lines_of(notes: &FileNotes) -> Vec<String> {
    let files = name_of_files(notes);
    let mut lines = Vec::new();
    if !notes.unknown_columns.is_empty() {
        let shown = notes.unknown_columns.iter().take(MAX_COLUMNS).map(column);
        let mut columns: Vec<String> = shown.collect();
        if notes.unknown_columns.len() > MAX_COLUMNS {
            columns.push(format!("… {} more", notes.unknown_columns.len() - MAX_COLUMNS));
        }
        lines.push(format!("{files}: columns not used: {}", columns.join(", ")));
    }
    if notes.unresolved > 0 {
        lines.push(format!(
            "{files}: {} of {} rows ({}) are unresolved: no file has described their member or item yet; they resolve by \
             themselves when it comes",
            notes.unresolved,
            notes.added,
            share(notes.unresolved, notes.added),
        ));
    }
    lines.extend(notes.nulled_values.iter().map(|values| format!("{files}: {}", nulled(values))));
    lines
}

fn name_of_files(notes: &FileNotes) -> String {
    let name = notes.path.rsplit('/').next().unwrap_or(&notes.path);
    match notes.files {
        1 => name.to_owned(),
        files => format!("{files} files of {} ({name}, …)", notes.source.as_ref().unwrap_or(&notes.table)),
    }
}

fn column(column: &UnknownColumn) -> String {
    match &column.similar {
        _ if column.personal => format!("{} (personal, never stored)", column.name),
        Some(similar) => format!("{} (did you mean {similar}?)", column.name),
        None => column.name.clone(),
    }
}

fn nulled(values: &NulledValues) -> String {
    let NulledValues { column, reason, values: count, row, message, .. } = values;
    let noun = if *count == 1 { "value" } else { "values" };
    format!("{count} {noun} of {column} set to unknown ({reason}; row {row}: {message})")
}

/// A share that is neither 0 % nor 100 % unless it is exactly that.
fn share(part: u64, whole: u64) -> String {
    match 100.0 * part as f64 / whole.max(1) as f64 {
        share if share < 1.0 && part > 0 => "under 1 %".to_owned(),
        share if share > 99.0 && part < whole => "over 99 %".to_owned(),
        share => format!("{share:.0} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_of_files_has_one_line_for_each_finding() {
        let column = |name: &str, similar: Option<&str>, personal| UnknownColumn {
            name: name.to_owned(),
            similar: similar.map(str::to_owned),
            personal,
        };
        let notes = FileNotes {
            table: "reads".to_owned(),
            source: Some("clicks".to_owned()),
            files: 385,
            path: "/in/clicks_hour_000.csv.gz".to_owned(),
            unknown_columns: vec![
                column("dwell_second", Some("dwell_seconds"), false),
                column("姓名", None, true),
                column("session_id", None, false),
            ],
            added: 1_000,
            unresolved: 999,
            nulled_values: vec![NulledValues {
                column: "read_fraction".to_owned(),
                reason: "out_of_range".to_owned(),
                values: 2,
                row: 5,
                message: "37 is above 1".to_owned(),
                factor: Some(0.01),
            }],
        };
        let lines = lines_of(&notes);
        assert_eq!(
            lines[0],
            "385 files of clicks (clicks_hour_000.csv.gz, …): columns not used: dwell_second (did you mean dwell_seconds?), \
             姓名 (personal, never stored), session_id"
        );
        assert!(lines[1].contains("999 of 1000 rows (over 99 %) are unresolved"), "{}", lines[1]);
        assert!(lines[2].ends_with("2 values of read_fraction set to unknown (out_of_range; row 5: 37 is above 1)"));
        assert_eq!((share(1, 3), share(1, 1_000), share(5, 5)), ("33 %".into(), "under 1 %".into(), "100 %".into()));
    }
}
