//! Writes the sheets of a workbook, or the tables of a web page with the name of a workbook, as comma-separated lines.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

use calamine::{
    CellErrorType, Data, DataRef, ExcelDateTime, Ods, Reader, SheetType, SheetVisible, Sheets, Style, Xls, Xlsb, Xlsx,
    open_workbook,
};
use chrono::Timelike;

use super::super::number;
use super::cells::{CellWriter, Merged};
use super::layout::{Layout, Layouts};
use super::mark::SheetMark;
use super::web_page;
use super::workbook_error::SheetError;

/// Magic bytes of a zip archive, and of a compound file of earlier versions of Excel.
const ZIP: &[u8] = b"PK\x03\x04";
const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];

/// Writes all sheets, hidden ones too, each after its mark. Streams the sheets of `.xlsx` files.
pub(super) fn write(path: &Path, out: impl Write) -> Result<(), SheetError> {
    let mut out = BufWriter::with_capacity(256 << 10, out);
    let mut magic = Vec::new();
    let start = File::open(path).and_then(|file| file.take(8).read_to_end(&mut magic));
    start.map_err(|error| SheetError::Workbook(error.to_string()))?;
    if magic.starts_with(ZIP) || magic.starts_with(COMPOUND) {
        write_sheets(path, open(path, &magic)?, &mut out)?;
    } else if magic.trim_ascii_start().starts_with(b"<")
        || magic.starts_with(&[0xef, 0xbb, 0xbf])
        || magic.starts_with(&[0xff, 0xfe])
    {
        web_page::write(path, &mut out)?;
    } else {
        return Err(SheetError::Workbook("it is no workbook".to_owned()));
    }
    out.flush()?;
    Ok(())
}

/// Opens a workbook by its content, because names are often wrong.
fn open(path: &Path, magic: &[u8]) -> Result<Sheets<BufReader<File>>, SheetError> {
    let unreadable = |error: &dyn std::fmt::Display| SheetError::Workbook(error.to_string());
    if magic.starts_with(COMPOUND) {
        return open_workbook::<Xls<_>, _>(path).map(Sheets::Xls).map_err(|error| unreadable(&error));
    }
    let error = match open_workbook::<Xlsx<_>, _>(path) {
        Ok(book) => return Ok(Sheets::Xlsx(book)),
        Err(error) => error,
    };
    let others = [
        open_workbook::<Xlsb<_>, _>(path).map(Sheets::Xlsb).ok(),
        open_workbook::<Ods<_>, _>(path).map(Sheets::Ods).ok(),
    ];
    // A damaged file of another kind may open without sheets.
    let other = others.into_iter().flatten().find(|book| !book.sheets_metadata().is_empty());
    other.ok_or_else(|| unreadable(&error))
}

fn write_sheets(path: &Path, mut book: Sheets<BufReader<File>>, out: &mut impl Write) -> Result<(), SheetError> {
    let unreadable = |error: &dyn std::fmt::Display| SheetError::Workbook(error.to_string());
    let mut layouts = matches!(book, Sheets::Xlsx(_)).then(|| Layouts::open(path)).flatten();
    let sheets = book.sheets_metadata().to_vec();
    // Sheets of charts have no cells.
    let with_cells = |sheet: &calamine::Sheet| sheet.typ == SheetType::WorkSheet;
    for (at, sheet) in sheets.into_iter().enumerate().filter(|(_, sheet)| with_cells(sheet)) {
        let (name, hidden) = (sheet.name, sheet.visible != SheetVisible::Visible);
        let layout = layouts.as_mut().map(|layouts| layouts.of(at)).unwrap_or_default();
        let Layout { merged, hidden_rows, empty_formulas, errors } = layout;
        let mark = SheetMark { name: name.clone(), hidden, hidden_rows, empty_formulas, errors };
        match &mut book {
            Sheets::Xlsx(book) => {
                mark.write(out)?;
                let mut writer = CellWriter::new(&mut *out, &name, merged);
                let mut cells = book.worksheet_cells_reader(&name).map_err(|error| unreadable(&error))?;
                let zeros: Vec<usize> = cells.styles().iter().map(shown_digits).collect();
                while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(|error| unreadable(&error))? {
                    let digits = zeros.get(style).copied().unwrap_or(0);
                    writer.cell(cell.get_position(), &with_zeros(text_of_cell(cell.get_value()), digits))?;
                }
                writer.end()?;
            }
            other => {
                let range = other.worksheet_range(&name).map_err(|error| unreadable(&error))?;
                let errors = range.used_cells().filter(|(_, _, value)| matches!(value, Data::Error(_))).count() as u64;
                SheetMark { errors, ..mark }.write(out)?;
                let mut writer = CellWriter::new(&mut *out, &name, merged_of(other, &name));
                let (top, left) = range.start().unwrap_or_default();
                let below = |start: u32, at: usize| start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
                for (row, column, value) in range.used_cells() {
                    writer.cell((below(top, row), below(left, column)), &text_of_data(value))?;
                }
                writer.end()?;
            }
        }
    }
    Ok(())
}

/// The merged cells of an `.xls` sheet.
fn merged_of(book: &Sheets<BufReader<File>>, name: &str) -> Vec<Merged> {
    let Sheets::Xls(book) = book else { return Vec::new() };
    let ranges = book.merge_cells_by_sheet_name(name).unwrap_or_default();
    let merged =
        |range: &calamine::Dimensions| Merged { top: range.start.0, column: range.start.1, bottom: range.end.0 };
    ranges.iter().map(merged).filter(|merged| merged.bottom > merged.top).collect()
}

/// Number of digits that a number format such as `000000` shows at least, which ids with leading zeros have.
fn shown_digits(style: &Style) -> usize {
    let code = style.number_format.as_ref().map_or("", |format| format.format_code.as_str());
    if code.bytes().all(|byte| byte == b'0') { code.len() } else { 0 }
}

fn with_zeros(text: String, digits: usize) -> String {
    let is_shorter = !text.is_empty() && text.len() < digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_shorter { format!("{text:0>digits$}") } else { text }
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
        DataRef::Error(error) => text_of_error(error),
        DataRef::Empty => String::new(),
    }
}

fn text_of_data(cell: &Data) -> String {
    match cell {
        Data::Int(value) => number(*value as f64),
        Data::Float(value) => number(*value),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(value) => value.to_string(),
        Data::DateTime(time) => text_of_time(time),
        Data::Error(error) => text_of_error(error),
        _ => String::new(),
    }
}

/// `#N/A` is what look-ups give for a value that is not there; other errors hide a value, so that columns must reject them.
fn text_of_error(error: &CellErrorType) -> String {
    if matches!(error, CellErrorType::NA) { String::new() } else { error.to_string() }
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
