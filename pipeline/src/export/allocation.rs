//! The file of an allocation: one row for each sign-up, in order, with its result and the reason in Chinese.

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use zhihui_engine::allocation::{Allocation, Grant, TicketResult};

use super::{escape_formula, quote_csv, write_text};

const COLUMNS: [&str; 7] = ["place", "member_id", "union_id", "tickets", "result", "wait_place", "reason"];
/// Widths of the sheet's columns in characters.
const WIDTHS: [f64; 7] = [7.0, 16.0, 14.0, 8.0, 22.0, 11.0, 40.0];

/// Returns the allocation as CSV with a byte order mark, so that Excel reads it as UTF-8.
#[must_use]
pub fn allocation_csv(allocation: &Allocation) -> Vec<u8> {
    let mut text = format!("\u{feff}{}\r\n", COLUMNS.join(","));
    for grant in &allocation.grants {
        text.push_str(&cells(grant).map(|cell| quote_csv(&escape_formula(cell))).join(","));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

/// Returns the allocation as a workbook. Ids are text, places and tickets are numbers.
///
/// # Errors
/// [`XlsxError`] if there are more sign-ups than a sheet has rows.
pub fn allocation_xlsx(allocation: &Allocation) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let bold = Format::new().set_bold();
    let sheet = workbook.add_worksheet();
    for (column, (name, width)) in (0..).zip(COLUMNS.into_iter().zip(WIDTHS)) {
        sheet.write_with_format(0, column, name, &bold)?;
        sheet.set_column_width(column, width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (line, grant) in (1..).zip(&allocation.grants) {
        for (column, cell) in (0..).zip(cells(grant)) {
            match cell.parse::<u32>() {
                Ok(number) if matches!(column, 0 | 3 | 5) => {
                    sheet.write(line, column, number)?;
                }
                _ => write_text(sheet, line, column, &cell)?,
            }
        }
    }
    workbook.save_to_buffer()
}

fn cells(grant: &Grant) -> [String; 7] {
    [
        grant.place.to_string(),
        grant.request.member_id.clone(),
        grant.request.union_id.clone().unwrap_or_default(),
        grant.granted_tickets.to_string(),
        grant.result.as_str().to_owned(),
        grant.wait_place.map(|place| place.to_string()).unwrap_or_default(),
        reason_zh(grant.result).to_owned(),
    ]
}

/// Why a request has its result, in Chinese.
#[must_use]
pub fn reason_zh(result: TicketResult) -> &'static str {
    match result {
        TicketResult::Granted => "按顺序获得名额",
        TicketResult::OwnSession => "本单位人数达到专场标准，安排专场",
        TicketResult::WaitsForSeats => "名额已满，候补",
        TicketResult::WaitsForUnionQuota => "本单位名额已满，候补",
        TicketResult::UnionUnknown => "名额按单位分配，但所属单位未知",
        TicketResult::NoTickets => "本活动不向该会员发放名额",
    }
}

#[cfg(test)]
mod tests {
    use zhihui_engine::allocation::{TicketOrder, TicketRequest, TicketRules, allocate};

    use super::*;

    #[test]
    fn rows_follow_the_order_and_ids_are_escaped() {
        let request = |member: &str, at: i64| TicketRequest {
            member_id: member.to_owned(),
            union_id: Some("U1".to_owned()),
            signed_up_at: Some(at),
            tickets: 1,
            children: 0,
        };
        let rules = TicketRules { capacity: Some(1), ..TicketRules::default() };
        let requests = vec![request("=2+2", 2), request("M1", 1)];
        let allocation = allocate("A1", rules, &TicketOrder::FirstCome, requests);
        let text = String::from_utf8(allocation_csv(&allocation)).expect("UTF-8");
        let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
        assert_eq!(lines[1], "1,M1,U1,1,granted,,按顺序获得名额");
        assert_eq!(lines[2], "2,'=2+2,U1,1,waits_for_seats,1,名额已满，候补");
        assert!(allocation_xlsx(&allocation).expect("a workbook").starts_with(b"PK"));
    }
}
