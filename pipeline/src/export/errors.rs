//! The workbook of rejected rows and of values set to unknown: the original rows, with what was lost and why in two additional
//! last columns.

use std::collections::{BTreeMap, BTreeSet};

use rust_xlsxwriter::{Color, Format, Workbook, XlsxError};

use super::{truncate, write_text};
use crate::ingest::OriginalRows;

/// Headers of the additional columns.
const LOSS_HEADER: &str = "处理结果";
const REASON_HEADER: &str = "错误原因";
/// Headers if the original file is missing: number of the row, column and stored value.
const FALLBACK_HEADER: [&str; 3] = ["行号", "列", "原值"];

/// What a mistake cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// The row was rejected.
    Row,
    /// The value was set to unknown, and the row was ingested.
    Value,
}

impl Loss {
    fn zh(self) -> &'static str {
        match self {
            Self::Row => "整行退回",
            Self::Value => "数值设为未知，该行已入库",
        }
    }
}

/// A mistake in a row.
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
    /// What it cost.
    pub loss: Loss,
}

/// Writes the rows with mistakes and their reasons. `originals` are the rows of the file, if it still exists. `more` is the number
/// of mistakes that `rejects` leaves out.
///
/// # Errors
/// [`XlsxError`] if there are more rows than a sheet allows.
pub fn error_workbook(
    rejects: &[RejectedRow],
    originals: Option<&OriginalRows>,
    more: u64,
) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let bold = Format::new().set_bold();
    let amber = Format::new().set_font_color(Color::RGB(0x008A_5A00));
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
    sheet.write_string_with_format(0, last, LOSS_HEADER, &bold)?;
    sheet.set_column_width(last, 26)?;
    sheet.write_string_with_format(0, last + 1, REASON_HEADER, &bold)?;
    sheet.set_column_width(last + 1, 64)?;
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
        let losses: BTreeSet<Loss> = rejects.iter().map(|reject| reject.loss).collect();
        let format = if losses.contains(&Loss::Row) { &red } else { &amber };
        let losses: Vec<&str> = losses.into_iter().map(Loss::zh).collect();
        sheet.write_string_with_format(line, last, losses.join("；"), format)?;
        let reasons: Vec<String> = rejects.iter().map(|reject| describe_reason(*row, reject)).collect();
        sheet.write_string_with_format(line, last + 1, truncate(&reasons.join("；")), format)?;
    }
    if more > 0 {
        let line = by_row.len() as u32 + 1;
        sheet.write_string_with_format(line, last + 1, format!("另有 {more} 处错误没有列出"), &red)?;
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
        RejectedRow { row, column: column.into(), value: "9999".into(), reason: reason.into(), loss: Loss::Row }
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
        let rows = read(error_workbook(&rejects, Some(&originals), 0).expect("written"));
        assert_eq!(rows[0], ["会员编号", "时间", "", "处理结果", "错误原因"]);
        assert_eq!(rows[1], ["M1", "=1+1", "", "整行退回", "read_at：时间认不出来"]);
        assert_eq!(rows[2], ["-5", "x", "too many", "整行退回", "第 7 行：列数与表头不一致；member_id：编号格式不对"]);
        assert_eq!(rows.len(), 3);
    }

    #[test]
    fn values_set_to_unknown_are_told_from_rejected_rows_and_left_out_ones_are_counted() {
        let nulled = RejectedRow { loss: Loss::Value, ..reject(4, "read_fraction", "数值超出范围") };
        let rows = read(error_workbook(&[reject(3, "read_at", "时间认不出来"), nulled], None, 12).expect("written"));
        let losses: Vec<&str> = rows.iter().map(|row| row[3].as_str()).collect();
        assert_eq!(losses, ["处理结果", "整行退回", "数值设为未知，该行已入库", ""]);
        assert_eq!(rows[3][4], "另有 12 处错误没有列出");
    }

    #[test]
    fn without_the_file_row_column_and_stored_value_are_written() {
        let rows = read(error_workbook(&[reject(3, "birth_date", "日期认不出来")], None, 0).expect("written"));
        assert_eq!(
            rows,
            [
                vec!["行号", "列", "原值", "处理结果", "错误原因"],
                vec!["3", "birth_date", "9999", "整行退回", "birth_date：日期认不出来"]
            ]
        );
    }
}
