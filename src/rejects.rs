//! Rejected rows and values set to unknown: the queries of the data page over `rejects` and `nulled`, and their results.

use std::collections::HashMap;

use serde_json::Value;
use zhihui_api::RejectedFile;
use zhihui_data::Table;
use zhihui_pipeline::export::{Loss, RejectedRow};
use zhihui_pipeline::ingest::OriginalRows;

const MAX_GROUPS: usize = 2_000;
/// Maximum number of values set to unknown in an error workbook. A column that has more needs a setting of its source, and not
/// somebody who corrects cells.
const MAX_VALUES: usize = 20_000;
/// Mark of values set to unknown in the queries; rejected rows have `row`.
const VALUE: &str = "value";

/// Returns the query of numbers by file, table, run, reason and column, the latest files first. `only` is empty or a `where`.
pub(crate) fn groups(only: &str) -> String {
    let part = |table: &str, loss: &str| {
        format!(
            "select file, sha256, \"table\", run_id, reason, \"column\", count(*) as mistakes, max(rejected_at) as latest, \
             '{loss}' as loss from {table} {only} group by file, sha256, \"table\", run_id, reason, \"column\""
        )
    };
    format!(
        "select * from ({} union all {}) order by latest desc, file, \"table\", mistakes desc limit {MAX_GROUPS}",
        part("rejects", "row"),
        part("nulled", VALUE)
    )
}

/// Returns the files of [`groups`].
pub(crate) fn files(rows: &[Vec<Value>]) -> Vec<RejectedFile> {
    let mut files: Vec<RejectedFile> = Vec::new();
    for row in rows {
        let [file, sha256, table, run_id] = [0, 1, 2, 3].map(|at| text(row, at));
        let is_same =
            |listed: &RejectedFile| listed.sha256 == sha256 && listed.table == table && listed.run_id == run_id;
        let place = files.iter().position(is_same).unwrap_or_else(|| {
            files.push(RejectedFile { file, sha256, table, run_id, ..RejectedFile::default() });
            files.len() - 1
        });
        let reasons = match loss(row, 8) {
            Loss::Row => &mut files[place].reasons,
            Loss::Value => &mut files[place].nulled,
        };
        reasons.push((text(row, 4), text(row, 5), row.get(6).and_then(Value::as_u64).unwrap_or(0)));
    }
    files
}

/// Returns the query of the mistakes in a file, rejected rows first. `sha256` has hexadecimal digits only.
pub(crate) fn rows(sha256: &str, table: Table) -> String {
    format!(
        "select file, row, \"column\", value, reason, message, loss from ({}) order by loss, row, \"column\"",
        both(sha256, table, &format!("order by row, \"column\" limit {MAX_VALUES}"))
    )
}

/// Returns the query of the number of mistakes in a file.
pub(crate) fn count(sha256: &str, table: Table) -> String {
    format!("select count(*) from ({})", both(sha256, table, ""))
}

fn both(sha256: &str, table: Table, limit_of_values: &str) -> String {
    let part = |from: &str, loss: &str| {
        format!("select *, '{loss}' as loss from {from} where sha256 = '{sha256}' and \"table\" = '{}'", table.name())
    };
    format!("{} union all (select * from ({}) {limit_of_values})", part("rejects", "row"), part("nulled", VALUE))
}

/// Returns the number of [`count`].
pub(crate) fn number(rows: &[Vec<Value>]) -> u64 {
    rows.first().and_then(|row| row.first()).and_then(Value::as_u64).unwrap_or(0)
}

/// Returns the path of the file of [`rows`].
pub(crate) fn file(rows: &[Vec<Value>]) -> Option<String> {
    rows.first().map(|row| text(row, 0))
}

/// Returns the mistakes of [`rows`] with their reasons in Chinese.
pub(crate) fn mistakes(rows: &[Vec<Value>]) -> Vec<RejectedRow> {
    let mistake = |row: &Vec<Value>| {
        let column = text(row, 2);
        let mut reason = zhihui_api::reject_reason_zh(&text(row, 4)).to_owned();
        if text(row, 5).contains("factor = {") {
            reason.push_str(&format!("（{}）", zhihui_api::factor_hint_zh(&column, 0.01)));
        }
        let number = row.get(1).and_then(Value::as_u64).unwrap_or(0);
        RejectedRow { row: number, column, value: text(row, 3), reason, loss: loss(row, 6) }
    };
    rows.iter().map(mistake).collect()
}

/// Names columns as the file does, where its header is a known one.
pub(crate) fn with_headers(
    mut mistakes: Vec<RejectedRow>,
    originals: Option<&OriginalRows>,
    table: Table,
) -> Vec<RejectedRow> {
    let headers = originals.iter().flat_map(|originals| &originals.header);
    let by_column: HashMap<&str, &str> =
        headers.rev().filter_map(|header| Some((table.column_of_header(header)?.name, header.trim()))).collect();
    for mistake in &mut mistakes {
        if let Some(header) = by_column.get(mistake.column.as_str()) {
            mistake.column = (*header).to_owned();
        }
    }
    mistakes
}

fn loss(row: &[Value], at: usize) -> Loss {
    if row.get(at).and_then(Value::as_str) == Some(VALUE) { Loss::Value } else { Loss::Row }
}

fn text(row: &[Value], at: usize) -> String {
    row.get(at).and_then(Value::as_str).unwrap_or_default().to_owned()
}
