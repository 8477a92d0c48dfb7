//! The workbook of rejected rows: each as it stood in its file, and in the last column what is wrong with it.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Color, Format, Workbook, XlsxError};

use super::{cut, put};
use crate::ingest::Originals;

/// Name of the column that is added.
const WRONG: &str = "错误原因";
/// Columns where the file itself is gone: the number of the row, the column, and what was kept of the value.
const BARE: [&str; 3] = ["行号", "列", "原值"];

/// What is wrong with one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// Number of the row in the file.
    pub row: u64,
    /// The column at fault; empty where the row as a whole is.
    pub column: String,
    /// What was kept of the value: personal ones as shape only.
    pub value: String,
    /// Why, in words.
    pub why: String,
}

/// The rejected rows with what is wrong beside each; `originals` are the rows as they stood, where the file is still there.
///
/// # Errors
/// [`XlsxError`] when there are more rows than a sheet holds.
pub fn error_workbook(rejects: &[RejectedRow], originals: Option<&Originals>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let bold = Format::new().set_bold();
    let wrong = Format::new().set_font_color(Color::RGB(0x00B3_261E));
    let mut by_row: BTreeMap<u64, Vec<&RejectedRow>> = BTreeMap::new();
    rejects.iter().for_each(|reject| by_row.entry(reject.row).or_default().push(reject));
    let sheet = workbook.add_worksheet();
    let header: Vec<&str> = match originals {
        Some(originals) => originals.header.iter().map(String::as_str).collect(),
        None => BARE.to_vec(),
    };
    let widest = originals.map_or(0, |found| found.rows.values().map(Vec::len).max().unwrap_or(0));
    // A row may have more fields than the header; what is wrong stands behind all of them.
    let last = header.len().max(widest) as u16;
    for (column, name) in (0_u16..).zip(&header) {
        sheet.write_string_with_format(0, column, *name, &bold)?;
        sheet.set_column_width(column, 16)?;
    }
    sheet.write_string_with_format(0, last, WRONG, &bold)?;
    sheet.set_column_width(last, 48)?;
    sheet.set_freeze_panes(1, 0)?;
    for (line, (row, rejects)) in (1_u32..).zip(&by_row) {
        let fields = originals.and_then(|found| found.rows.get(row));
        match (fields, originals) {
            (Some(fields), _) => {
                for (column, field) in (0_u16..).zip(fields) {
                    put(sheet, line, column, field)?;
                }
            }
            (None, Some(_)) => {}
            (None, None) => {
                let columns: Vec<&str> = rejects.iter().map(|reject| reject.column.as_str()).collect();
                let values: Vec<&str> = rejects.iter().map(|reject| reject.value.as_str()).collect();
                sheet.write_number(line, 0, *row as f64)?;
                put(sheet, line, 1, &columns.join("; "))?;
                put(sheet, line, 2, &values.join("; "))?;
            }
        }
        let whys: Vec<String> = rejects.iter().map(|reject| told(*row, reject)).collect();
        sheet.write_string_with_format(line, last, cut(&whys.join("; ")), &wrong)?;
    }
    workbook.save_to_buffer()
}

fn told(row: u64, reject: &RejectedRow) -> String {
    if reject.column.is_empty() {
        format!("第 {row} 行:{}", reject.why)
    } else {
        format!("{}:{}", reject.column, reject.why)
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

    fn reject(row: u64, column: &str, why: &str) -> RejectedRow {
        RejectedRow { row, column: column.into(), value: "9999".into(), why: why.into() }
    }

    #[test]
    fn the_rows_come_back_as_they_stood_with_what_is_wrong_behind_them() {
        let originals = Originals {
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
        assert_eq!(rows[1], ["M1", "=1+1", "", "read_at:时间认不出来"]);
        assert_eq!(rows[2], ["-5", "x", "too many", "第 7 行:列数与表头不一致; member_id:编号格式不对"]);
    }

    #[test]
    fn without_the_file_the_place_and_the_kept_value_are_told() {
        let rows = read(error_workbook(&[reject(3, "birth_date", "日期认不出来")], None).expect("written"));
        assert_eq!(
            rows,
            [vec!["行号", "列", "原值", "错误原因"], vec!["3", "birth_date", "9999", "birth_date:日期认不出来"]]
        );
    }
}
