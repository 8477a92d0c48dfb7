//! Writes the cells of a workbook as comma-separated lines.

use std::io::{BufWriter, Write};
use std::path::Path;

use calamine::{Data, DataRef, ExcelDateTime, Reader, SheetVisible, Sheets, Xlsx, open_workbook_auto};
use chrono::Timelike;

use super::super::number;
use super::SHEET_MARK;

/// Maximum number of columns of a table.
const MAX_COLUMNS: u32 = 1_024;
/// Maximum number of empty rows within a table.
const MAX_EMPTY_ROWS: u32 = 10_000;
/// Error of decoding a workbook.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SheetError {
    /// The file cannot be opened.
    #[error("is a damaged or encrypted workbook ({0}); open it in Excel or WPS and save it again without a password")]
    Workbook(String),
    /// A cell is far from all others.
    #[error(
        "sheet {sheet} has a cell at row {row}, column {column}, far from its table; delete the cells outside of the table and save it again"
    )]
    FarCell {
        /// The sheet.
        sheet: String,
        /// Row, counted from 1.
        row: u64,
        /// Column, counted from 1.
        column: u64,
    },
    /// The rows could not be written.
    #[error("cannot write the rows: {0}")]
    Output(#[from] std::io::Error),
    /// The limits of the process could not be set.
    #[error("cannot limit the memory of the decoder: {0}")]
    Limits(String),
}

/// Writes all visible sheets. Streams the sheets of `.xlsx` files.
pub(super) fn write(path: &Path, out: impl Write) -> Result<(), SheetError> {
    let unreadable = |error: &dyn std::fmt::Display| SheetError::Workbook(error.to_string());
    let mut out = BufWriter::with_capacity(256 << 10, out);
    let mut book = open_workbook_auto(path).map_err(|error| unreadable(&error))?;
    let visible = book.sheets_metadata().iter().filter(|sheet| sheet.visible == SheetVisible::Visible);
    let names: Vec<String> = visible.map(|sheet| sheet.name.clone()).collect();
    for name in names {
        out.write_all(&[SHEET_MARK, b'\n'])?;
        let mut writer = CellWriter { out: &mut out, sheet: &name, row: 0, column: 0 };
        match &mut book {
            Sheets::Xlsx(book) => stream(book, &name, &mut writer)?,
            other => {
                let range = other.worksheet_range(&name).map_err(|error| unreadable(&error))?;
                let (top, left) = range.start().unwrap_or_default();
                for (row, column, value) in range.used_cells() {
                    let place = (
                        top + u32::try_from(row).unwrap_or(u32::MAX),
                        left + u32::try_from(column).unwrap_or(u32::MAX),
                    );
                    writer.cell(place, &text_of_data(value))?;
                }
            }
        }
        writer.end()?;
    }
    out.flush()?;
    Ok(())
}

fn stream<R: std::io::Read + std::io::Seek>(
    book: &mut Xlsx<R>,
    name: &str,
    writer: &mut CellWriter<'_, impl Write>,
) -> Result<(), SheetError> {
    let unreadable = |error: &dyn std::fmt::Display| SheetError::Workbook(error.to_string());
    let mut cells = book.worksheet_cells_reader(name).map_err(|error| unreadable(&error))?;
    while let Some(cell) = cells.next_cell().map_err(|error| unreadable(&error))? {
        writer.cell(cell.get_position(), &text_of_cell(cell.get_value()))?;
    }
    Ok(())
}

/// Writes cells, which must come row by row, as lines.
struct CellWriter<'a, W: Write> {
    out: &'a mut W,
    sheet: &'a str,
    row: u32,
    column: u32,
}

impl<W: Write> CellWriter<'_, W> {
    fn cell(&mut self, (row, column): (u32, u32), text: &str) -> Result<(), SheetError> {
        if text.is_empty() {
            return Ok(());
        }
        let out_of_order = row < self.row || (row == self.row && column < self.column);
        if column >= MAX_COLUMNS || out_of_order || row - self.row > MAX_EMPTY_ROWS {
            let (row, column) = (u64::from(row) + 1, u64::from(column) + 1);
            return Err(SheetError::FarCell { sheet: self.sheet.to_owned(), row, column });
        }
        while self.row < row {
            self.out.write_all(b"\n")?;
            self.row += 1;
            self.column = 0;
        }
        while self.column < column {
            self.out.write_all(b",")?;
            self.column += 1;
        }
        let plain = text.replace(['\r', '\n', '\u{c}'], " ");
        write!(self.out, "\"{}\"", plain.replace('"', "\"\""))?;
        Ok(())
    }

    fn end(&mut self) -> Result<(), SheetError> {
        self.out.write_all(b"\n")?;
        Ok(())
    }
}

fn text_of_cell(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Int(value) => number(*value as f64),
        DataRef::Float(value) => number(*value),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(time) => text_of_time(time),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

fn text_of_data(cell: &Data) -> String {
    match cell {
        Data::Int(value) => number(*value as f64),
        Data::Float(value) => number(*value),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(value) => value.to_string(),
        Data::DateTime(time) => text_of_time(time),
        _ => String::new(),
    }
}

fn text_of_time(time: &ExcelDateTime) -> String {
    if time.is_duration() {
        return number(time.as_f64());
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let date = chrono::NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day));
    let local = date.and_then(|date| {
        date.and_hms_milli_opt(u32::from(hour), u32::from(minute), u32::from(second), u32::from(milli))
    });
    match local {
        // Excel stores times as fractions of a day, so a time may be a millisecond less than a whole second.
        Some(local) if local.nanosecond() >= 999_000_000 => (local + chrono::Duration::milliseconds(1)).to_string(),
        Some(local) => local.format("%Y-%m-%d %H:%M:%S").to_string(),
        None => number(time.as_f64()),
    }
}
