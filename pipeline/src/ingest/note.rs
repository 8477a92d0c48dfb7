//! Notes on a file: what was not read of it, or was read in a way that its sender may not expect.

use serde::Serialize;

/// A note on a file. Its rows are in the lake all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Stable code for programs, such as `hidden_rows`.
    pub code: &'static str,
    /// Number of rows, cells or sheets.
    pub count: u64,
    /// The note as a sentence.
    pub text: String,
}

/// Why a row below the header is not a row of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SkippedRow {
    /// The row sums up others.
    Total,
    /// The row is a remark below the table.
    Remark,
    /// The row repeats the header.
    Header,
}

/// Maximum number of row numbers in a note.
const MAX_ROWS: usize = 5;

/// Numbers of skipped rows.
#[derive(Debug, Default)]
pub(super) struct SkippedRows {
    count: u64,
    first: Vec<u64>,
}

impl SkippedRows {
    pub(super) fn add(&mut self, row: u64) {
        self.count += 1;
        if self.first.len() < MAX_ROWS {
            self.first.push(row);
        }
    }

    pub(super) fn note(&self, kind: SkippedRow) -> Note {
        let (code, what) = match kind {
            SkippedRow::Total => ("total_rows", "rows of totals"),
            SkippedRow::Remark => ("remark_rows", "rows of remarks"),
            SkippedRow::Header => ("header_rows", "repetitions of the header"),
        };
        let rows: Vec<String> = self.first.iter().map(u64::to_string).collect();
        let more = if self.count > MAX_ROWS as u64 { ", …" } else { "" };
        let text = format!("{what} are not data and were not read: {} (row {}{more})", self.count, rows.join(", "));
        Note { code, count: self.count, text }
    }
}

impl Note {
    /// `None` if nothing is to be noted.
    pub(super) fn counted(code: &'static str, count: u64, text: impl FnOnce(u64) -> String) -> Option<Self> {
        (count > 0).then(|| Self { code, count, text: text(count) })
    }
}
