//! The list file of an audience: `rank,member_id,openid,union_id,age_band,probability,reasons`, arm `push` only; the
//! workbooks of rejected rows and of a report.

mod allocation;
mod errors;
mod report;

pub use allocation::{allocation_csv, allocation_xlsx, reason_zh};
pub use errors::{RejectedRow, error_workbook};
pub use report::report_xlsx;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use zhihui_data::snapshot::{NONE, Snapshot};
use zhihui_engine::audience::{AudienceResult, AudienceRow, ExperimentArm};

const COLUMNS: [&str; 7] = ["rank", "member_id", "openid", "union_id", "age_band", "probability", "reasons"];
/// Widths of the sheet's columns in characters.
const WIDTHS: [f64; 7] = [7.0, 16.0, 32.0, 14.0, 10.0, 12.0, 60.0];
/// Characters that a cell of a workbook takes.
const LONGEST_CELL: usize = 32_000;
/// What makes a formula of a cell, in some spreadsheet (OWASP, *CSV Injection*); East Asian input writes the wide forms.
const FORMULA_BEGINS: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// The list as CSV with a byte order mark, so that Excel reads it as UTF-8.
#[must_use]
pub fn list_csv(snapshot: &Snapshot, result: &AudienceResult) -> Vec<u8> {
    let mut text = String::from('\u{feff}');
    text.push_str(&COLUMNS.join(","));
    text.push_str("\r\n");
    for row in pushed(result) {
        let cells = cells(snapshot, row);
        text.push_str(&cells.map(|cell| quoted(&guarded(cell))).join(","));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

/// The list as a workbook: ids as text, probabilities as numbers.
///
/// # Errors
/// [`XlsxError`] when the list has more rows than a sheet.
pub fn list_xlsx(snapshot: &Snapshot, result: &AudienceResult) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let (bold, share) = (Format::new().set_bold(), Format::new().set_num_format("0.00%"));
    let sheet = workbook.add_worksheet();
    for (column, (name, width)) in COLUMNS.into_iter().zip(WIDTHS).enumerate() {
        sheet.write_with_format(0, column as u16, name, &bold)?;
        sheet.set_column_width(column as u16, width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (line, row) in pushed(result).enumerate() {
        let line = line as u32 + 1;
        for (column, cell) in cells(snapshot, row).into_iter().enumerate() {
            match column {
                0 => sheet.write(line, 0, row.rank as u32)?,
                5 => sheet.write_with_format(line, 5, row.probability, &share)?,
                _ => sheet.write_string(line, column as u16, guarded(cell))?,
            };
        }
    }
    workbook.save_to_buffer()
}

fn pushed(result: &AudienceResult) -> impl Iterator<Item = &AudienceRow> {
    result.rows.iter().filter(|row| row.arm == ExperimentArm::Push)
}

fn cells(snapshot: &Snapshot, row: &AudienceRow) -> [String; 7] {
    let members = &snapshot.members;
    let member = row.member;
    let union = members.union[member];
    let reasons: Vec<&str> = row.reasons.iter().map(|reason| reason.text.as_str()).collect();
    [
        row.rank.to_string(),
        members.id[member].clone(),
        row.openid.clone(),
        if union == NONE { String::new() } else { snapshot.unions.id[union as usize].clone() },
        snapshot.age_bands.label(usize::from(members.age_band[member])),
        format!("{:.6}", row.probability),
        reasons.join(";"),
    ]
}

/// Text that a spreadsheet would take for a formula gets an apostrophe before it.
fn guarded(text: String) -> String {
    if text.starts_with(FORMULA_BEGINS) { format!("'{text}") } else { text }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// A value as text. One that a spreadsheet would take for a formula is marked as text, so that it stays what it was.
fn put(sheet: &mut Worksheet, line: u32, column: u16, text: &str) -> Result<(), XlsxError> {
    let text = cut(text);
    if text.starts_with(FORMULA_BEGINS) {
        sheet.write_string_with_format(line, column, text, &Format::new().set_quote_prefix())?;
    } else {
        sheet.write_string(line, column, text)?;
    }
    Ok(())
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_CELL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_commas_quoted() {
        assert_eq!(quoted(&guarded("=HYPERLINK(\"x\")".into())), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(quoted(&guarded("a,b".into())), "\"a,b\"");
        assert_eq!(quoted(&guarded("plain".into())), "plain");
        assert_eq!(guarded("\u{ff1d}1+1".into()), "'\u{ff1d}1+1");
    }
}
