//! Exports: the list file of an audience (`rank,member_id,openid,union_id,age_band,probability,reasons`; arm `push` only),
//! and workbooks of rejected rows and reports.

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
/// Column widths in characters.
const WIDTHS: [f64; 7] = [7.0, 16.0, 32.0, 14.0, 10.0, 12.0, 60.0];
/// Maximum number of characters in a cell.
const MAX_CELL_CHARS: usize = 32_000;
/// First characters of a formula in spreadsheet programs (OWASP, *CSV Injection*), including full-width forms.
const FORMULA_STARTS: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Writes the list as CSV with a byte order mark, which Excel needs to read UTF-8.
#[must_use]
pub fn list_csv(snapshot: &Snapshot, result: &AudienceResult) -> Vec<u8> {
    let mut text = String::from('\u{feff}');
    text.push_str(&COLUMNS.join(","));
    text.push_str("\r\n");
    for row in pushed(result) {
        let cells = cells(snapshot, row);
        text.push_str(&cells.map(|cell| quote_csv(&escape_formula(cell))).join(","));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

/// Writes the list as a workbook: ids as text, probabilities as numbers.
///
/// # Errors
/// [`XlsxError`] if the list has more rows than a sheet allows.
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
                _ => sheet.write_string(line, column as u16, escape_formula(cell))?,
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

/// Prepends an apostrophe to text that a spreadsheet program would interpret as a formula.
fn escape_formula(text: String) -> String {
    if text.starts_with(FORMULA_STARTS) { format!("'{text}") } else { text }
}

fn quote_csv(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// Writes text to a cell. Marks text that looks like a formula as text.
fn write_text(sheet: &mut Worksheet, line: u32, column: u16, text: &str) -> Result<(), XlsxError> {
    let text = truncate(text);
    if text.starts_with(FORMULA_STARTS) {
        sheet.write_string_with_format(line, column, text, &Format::new().set_quote_prefix())?;
    } else {
        sheet.write_string(line, column, text)?;
    }
    Ok(())
}

fn truncate(text: &str) -> String {
    text.chars().take(MAX_CELL_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_escaped_and_commas_quoted() {
        assert_eq!(quote_csv(&escape_formula("=HYPERLINK(\"x\")".into())), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(quote_csv(&escape_formula("a,b".into())), "\"a,b\"");
        assert_eq!(quote_csv(&escape_formula("plain".into())), "plain");
        assert_eq!(escape_formula("\u{ff1d}1+1".into()), "'\u{ff1d}1+1");
    }
}
