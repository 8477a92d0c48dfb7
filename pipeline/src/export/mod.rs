//! Exports: the list file of an audience, workbooks of mistakes in files, the files of a report, and tables as Parquet.

mod allocation;
mod errors;
mod list;
mod parquet_tables;
mod pdf;
mod report_csv;
mod report_texts;
mod report_xlsx;
#[cfg(test)]
mod sample_report;

pub use allocation::{allocation_csv, allocation_xlsx, reason_zh};
pub use errors::{Loss, RejectedRow, error_workbook};
pub use list::{list_csv, list_xlsx};
pub use parquet_tables::ParquetTables;
pub use pdf::{FONT_FOLDERS, FontError, FontFile, PdfError, report_pdf};
pub use report_csv::{report_csv, report_csv_tables, report_csv_zip};
pub use report_xlsx::report_xlsx;
use rust_xlsxwriter::{Format, Worksheet, XlsxError};

/// Maximum number of characters in a cell.
const MAX_CELL_CHARS: usize = 32_000;
/// First characters of a formula in spreadsheet programs (OWASP, *CSV Injection*), including full-width forms.
const FORMULA_STARTS: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Prepends an apostrophe to text that a spreadsheet program would interpret as a formula.
pub(crate) fn escape_formula(text: String) -> String {
    if text.starts_with(FORMULA_STARTS) { format!("'{text}") } else { text }
}

pub(crate) fn quote_csv(text: &str) -> String {
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
