//! The result of ingest as lines of text.

use std::collections::BTreeMap;

use zhihui_pipeline::ingest::{FileReport, FileStatus, IngestReport};

use crate::{ingest_notes, output};

/// Returns the messages of a run about files: totals, what was not understood, and why files were refused or skipped.
pub(crate) fn all(report: &IngestReport) -> Vec<String> {
    let totals = &report.totals;
    let mut lines = vec![format!(
        "ingest: {} rows: {} new, {} replaced, {} duplicates, {} rejected; {} values set to unknown",
        totals.rows, totals.new, totals.replaced, totals.duplicates, totals.rejected, totals.nulled
    )];
    lines.extend(ingest_notes::lines(report).into_iter().map(|line| format!("ingest: {line}")));
    lines.extend(filtered_line(report).map(|line| format!("ingest: {line}")));
    lines.extend(report.files.iter().filter_map(error_line));
    lines.extend(report.files.iter().flat_map(note_lines));
    lines
}

/// Returns how many rows each source left out.
pub(crate) fn filtered_line(report: &IngestReport) -> Option<String> {
    let mut of_source: BTreeMap<&str, u64> = BTreeMap::new();
    for file in report.files.iter().filter(|file| file.counts.filtered > 0) {
        *of_source.entry(file.source.as_deref().unwrap_or_default()).or_default() += file.counts.filtered;
    }
    let parts: Vec<String> = of_source.iter().map(|(source, rows)| format!("{source} {rows}")).collect();
    let total = report.totals.filtered;
    (total > 0)
        .then(|| format!("filtered: {total} rows left out by `where` or with an empty list ({})", parts.join(", ")))
}

/// Returns what was not read of a file, or was read in a way that its sender may not expect.
pub(crate) fn note_lines(file: &FileReport) -> impl Iterator<Item = String> {
    file.notes.iter().map(|note| output::one_line(&format!("note on {}: {}", file.path, note.text)))
}

/// Returns why a file was refused or skipped, naming its path once.
pub(crate) fn error_line(file: &FileReport) -> Option<String> {
    let error = file.error.as_deref()?;
    let status = if file.status == FileStatus::Refused { "refused" } else { "skipped" };
    let why = error.strip_prefix(&file.path).map_or(error, |rest| rest.trim_start_matches([':', ' ']));
    Some(output::one_line(&format!("{status} {}: {why}", file.path)))
}

/// Returns what needs attention after ingest: refused files, rejected rows and values set to unknown.
pub(crate) fn summary(report: &IngestReport) -> Option<String> {
    let refused = report.files.iter().filter(|file| file.status == FileStatus::Refused).count();
    let mut parts = Vec::new();
    if refused > 0 {
        parts.push(format!("{refused} files refused; see `files` of `zhihui run --json`, or /data"));
    }
    if report.totals.rejected > 0 {
        let reasons: Vec<String> =
            report.totals.reject_reasons.iter().map(|(reason, rows)| format!("{reason} {rows}")).collect();
        parts.push(format!(
            "{} of {} rows rejected ({}); see them with `zhihui sql \"select * from rejects\"` or at /data",
            report.totals.rejected,
            report.totals.rows,
            reasons.join(", ")
        ));
    }
    if report.totals.nulled > 0 {
        let reasons = report.totals.nulled_reasons.iter().flat_map(|(column, reasons)| {
            reasons.iter().map(move |(reason, values)| format!("{column} {reason} {values}"))
        });
        parts.push(format!(
            "{} values set to unknown ({}); see them with `zhihui sql \"select * from nulled\"` or at /data",
            report.totals.nulled,
            reasons.collect::<Vec<_>>().join(", ")
        ));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}
