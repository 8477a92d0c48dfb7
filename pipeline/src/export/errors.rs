//! The workbook of rejected rows: the original rows, with the reasons of rejection in an additional last column.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Color, Format, Workbook, XlsxError};

use super::{truncate, write_text};
use crate::ingest::OriginalRows;

/// Header of the additional column.
const REASON_HEADER: &str = "错误原因";
/// Headers if the original file is missing: number of the row, column and stored value.
const FALLBACK_HEADER: [&str; 3] = ["行号", "列", "原值"];

/// A reason why a row was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// Number of the row in the file.
    pub row: u64,
    /// The invalid column. Empty if the whole row is invalid.
    pub column: String,
    /// The stored value; of a personal value only its shape.
    pub value: String,
    /// The reason in Chinese.
    pub reason: String,
}

/// Writes the rejected rows with their reasons. `originals` are the rows of the file, if it still exists.
///
/// # Errors
/// [`XlsxError`] if there are more rows than a sheet allows.
pub fn error_workbook(rejects: &[RejectedRow], originals: Option<&OriginalRows>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let bold = Format::new().set_bold();
    let red = Format::new().set_font_color(Color::RGB(0x00B3_261E));
    let mut by_row: BTreeMap<u64, Vec<&RejectedRow>> = BTreeMap::new();
    rejects.iter().for_each(|reject| by_row.entry(reject.row).or_default().push(reject));
    let sheet = workbook.add_worksheet();
    let header: Vec<&str> = match originals {
        Some(originals) => originals.header.iter().map(String::as_str).collect(),
        None => FALLBACK_HEADER.to_vec(),
    };
    // A row may have more fields than the header.
    let max_fields = originals.map_or(0, |found| found.rows.values().map(Vec::len).max().unwrap_or(0));
    let last = header.len().max(max_fields) as u16;
    for (column, name) in (0_u16..).zip(&header) {
        sheet.write_string_with_format(0, column, *name, &bold)?;
        sheet.set_column_width(column, 16)?;
    }
    sheet.write_string_with_format(0, last, REASON_HEADER, &bold)?;
    sheet.set_column_width(last, 48)?;
    sheet.set_freeze_panes(1, 0)?;
    for (line, (row, rejects)) in (1_u32..).zip(&by_row) {
        let fields = originals.and_then(|found| found.rows.get(row));
        match (fields, originals) {
            (Some(fields), _) => {
                for (column, field) in (0_u16..).zip(fields) {
                    write_text(sheet, line, column, field)?;
                }
            }
            (None, Some(_)) => {}
            (None, None) => {
                let columns: Vec<&str> = rejects.iter().map(|reject| reject.column.as_str()).collect();
                let values: Vec<&str> = rejects.iter().map(|reject| reject.value.as_str()).collect();
                sheet.write_number(line, 0, *row as f64)?;
                write_text(sheet, line, 1, &columns.join("；"))?;
                write_text(sheet, line, 2, &values.join("；"))?;
            }
        }
        let reasons: Vec<String> = rejects.iter().map(|reject| describe_reason(*row, reject)).collect();
        sheet.write_string_with_format(line, last, truncate(&reasons.join("；")), &red)?;
    }
    workbook.save_to_buffer()
}

fn describe_reason(row: u64, reject: &RejectedRow) -> String {
    if reject.column.is_empty() {
        format!("第 {row} 行：{}", reject.reason)
    } else {
        format!("{}：{}", reject.column, reject.reason)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};

    use super::*;

    fn read(bytes: Vec<u8>) -> Vec<Vec<String>> {
        let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
        let range = workbook.worksheet_range_at(0).expect("a sheet").expect("cells");
        assert!(workbook.worksheet_formula("Sheet1").expect("formulas").is_empty(), "nothing is a formula");
        range.rows().map(|row| row.iter().map(Data::to_string).collect()).collect()
    }

    fn reject(row: u64, column: &str, reason: &str) -> RejectedRow {
        RejectedRow { row, column: column.into(), value: "9999".into(), reason: reason.into() }
    }

    #[test]
    fn original_rows_are_written_with_their_reasons() {
        let originals = OriginalRows {
            header: vec!["会员编号".into(), "时间".into()],
            rows: BTreeMap::from([
                (3, vec!["M1".into(), "=1+1".into()]),
                (7, vec!["-5".into(), "x".into(), "too many".into()]),
            ]),
        };
        let rejects = [
            reject(3, "read_at", "时间认不出来"),
            reject(7, "", "列数与表头不一致"),
            reject(7, "member_id", "编号格式不对"),
        ];
        let rows = read(error_workbook(&rejects, Some(&originals)).expect("written"));
        assert_eq!(rows[0], ["会员编号", "时间", "", "错误原因"]);
        assert_eq!(rows[1], ["M1", "=1+1", "", "read_at：时间认不出来"]);
        assert_eq!(rows[2], ["-5", "x", "too many", "第 7 行：列数与表头不一致；member_id：编号格式不对"]);
    }

    #[test]
    fn without_the_file_row_column_and_stored_value_are_written() {
        let rows = read(error_workbook(&[reject(3, "birth_date", "日期认不出来")], None).expect("written"));
        assert_eq!(
            rows,
            [vec!["行号", "列", "原值", "错误原因"], vec!["3", "birth_date", "9999", "birth_date：日期认不出来"]]
        );
    }
}
