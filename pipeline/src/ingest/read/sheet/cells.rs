//! Writes cells as comma-separated lines. A merged cell's value is repeated in each of its rows.

use std::collections::BTreeMap;
use std::io::Write;

use super::workbook_error::SheetError;

/// Maximum number of columns of a table.
const MAX_COLUMNS: u32 = 1_024;
/// Maximum number of empty rows within a table.
const MAX_EMPTY_ROWS: u32 = 10_000;

/// The rows of a merged cell; its value is in the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Merged {
    pub top: u32,
    pub column: u32,
    pub bottom: u32,
}

/// Writes cells, which must come row by row, as lines.
pub(super) struct CellWriter<'a, W: Write> {
    out: W,
    sheet: &'a str,
    row: u32,
    /// The last written column of the row.
    last: Option<u32>,
    /// Merged cells that begin below the current row.
    pending: std::iter::Peekable<std::vec::IntoIter<Merged>>,
    /// Merged cells of the current row by column: last row, and the text for the rows after the first.
    merged: BTreeMap<u32, (Merged, Option<String>)>,
}

impl<'a, W: Write> CellWriter<'a, W> {
    pub(super) fn new(out: W, sheet: &'a str, mut merged: Vec<Merged>) -> Self {
        merged.sort_unstable();
        let pending = merged.into_iter().peekable();
        Self { out, sheet, row: 0, last: None, pending, merged: BTreeMap::new() }
    }

    pub(super) fn cell(&mut self, (row, column): (u32, u32), text: &str) -> Result<(), SheetError> {
        if text.is_empty() {
            return Ok(());
        }
        let is_out_of_order = row < self.row || (row == self.row && self.last.is_some_and(|last| column <= last));
        if is_out_of_order {
            let why = format!("row {} of sheet {} is not in order", u64::from(row) + 1, self.sheet);
            return Err(SheetError::Workbook(why));
        }
        if column >= MAX_COLUMNS || row - self.row > MAX_EMPTY_ROWS {
            let (row, column) = (u64::from(row) + 1, u64::from(column) + 1);
            return Err(SheetError::FarCell { sheet: self.sheet.to_owned(), row, column });
        }
        if row > self.row {
            self.end_row()?;
            (self.row + 1..row).try_for_each(|_| self.out.write_all(b"\n"))?;
            self.row = row;
        }
        if !self.merged.is_empty() || self.pending.peek().is_some() {
            self.enter(row);
            self.repeat(column)?;
            if let Some((merged, stored)) = self.merged.get_mut(&column)
                && merged.top == row
            {
                *stored = Some(text.to_owned());
            }
        }
        self.write(column, text)
    }

    pub(super) fn end(&mut self) -> Result<(), SheetError> {
        self.end_row()
    }

    fn end_row(&mut self) -> Result<(), SheetError> {
        if self.last.is_some() {
            self.repeat(MAX_COLUMNS)?;
        }
        self.last = None;
        Ok(self.out.write_all(b"\n")?)
    }

    /// Forgets the merged cells above a row, and adds those that begin in it.
    fn enter(&mut self, row: u32) {
        if self.last.is_some() {
            return;
        }
        self.merged.retain(|_, (merged, _)| merged.bottom >= row);
        while let Some(merged) = self.pending.next_if(|merged| merged.top <= row) {
            if merged.top == row && merged.column < MAX_COLUMNS {
                self.merged.insert(merged.column, (merged, None));
            }
        }
    }

    /// Writes the merged cells of earlier rows between the last written column and `column`.
    fn repeat(&mut self, column: u32) -> Result<(), SheetError> {
        let from = self.last.map_or(0, |last| last + 1);
        if from >= column {
            return Ok(());
        }
        let above: Vec<(u32, String)> = self
            .merged
            .range(from..column)
            .filter(|(_, (merged, _))| merged.top < self.row && merged.bottom >= self.row)
            .filter_map(|(&column, (_, text))| Some((column, text.clone()?)))
            .collect();
        above.iter().try_for_each(|(column, text)| self.write(*column, text))
    }

    fn write(&mut self, column: u32, text: &str) -> Result<(), SheetError> {
        (self.last.unwrap_or(0)..column).try_for_each(|_| self.out.write_all(b","))?;
        self.last = Some(column);
        let plain = text.replace(['\r', '\n', '\u{c}'], " ");
        Ok(write!(self.out, "\"{}\"", plain.replace('"', "\"\""))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(merged: &[(u32, u32, u32)], cells: &[(u32, u32, &str)]) -> String {
        let mut out = Vec::new();
        let merged = merged.iter().map(|&(top, column, bottom)| Merged { top, column, bottom }).collect();
        let mut writer = CellWriter::new(&mut out, "s", merged);
        for (row, column, text) in cells {
            writer.cell((*row, *column), text).expect("in order");
        }
        writer.end().expect("written");
        String::from_utf8(out).expect("text").replace('"', "")
    }

    #[test]
    fn a_merged_value_is_repeated_in_rows_with_other_cells_only() {
        let cells = [(0, 0, "a"), (0, 1, "b"), (0, 2, "c"), (1, 1, "d"), (3, 0, ""), (4, 1, "e"), (5, 1, "f")];
        assert_eq!(written(&[(0, 0, 4), (0, 2, 1), (3, 0, 3)], &cells), "a,b,c\na,d,c\n\n\na,e\n,f\n");
        assert_eq!(written(&[], &cells[..4]), "a,b,c\n,d\n");
    }

    #[test]
    fn a_cell_out_of_order_or_far_away_is_an_error() {
        let mut writer = CellWriter::new(std::io::sink(), "s", Vec::new());
        writer.cell((2, 2), "x").expect("a cell");
        for place in [(2, 2), (1, 5)] {
            assert!(matches!(writer.cell(place, "y"), Err(SheetError::Workbook(_))), "{place:?}");
        }
        for place in [(20_000, 0), (3, 5_000)] {
            assert!(matches!(writer.cell(place, "y"), Err(SheetError::FarCell { .. })), "{place:?}");
        }
    }
}
