//! Tests of what people do to workbooks: merged cells, hidden parts, formulas, several tables, web pages under the name of a workbook.

use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};

use super::*;

fn fill(sheet: &mut Worksheet, rows: &[&[&str]]) {
    for (row, cells) in (0..).zip(rows) {
        for (column, text) in (0..).zip(*cells).filter(|(_, text)| !text.is_empty()) {
            sheet.write(row, column, *text).expect("written");
        }
    }
}

fn read_book(name: &str, table: Table, book: &mut Workbook) -> Found {
    read_bytes(name, table, None, &book.save_to_buffer().expect("saved")).expect(name)
}

#[test]
fn a_merged_value_applies_to_all_its_rows() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let plain = Format::new();
    fill(
        sheet,
        &[
            &["", "", "", ""],
            &["", "", "基本信息", "", ""],
            &["", "", "性别", "居住地", "备注"],
            &["", "M1", "男", "", ""],
            &["", "M2", "女", "", ""],
            &["", "M3", "男", "海淀", "x"],
            &["", "M4", "女", "", ""],
        ],
    );
    for (from, to, text) in [((0, 0), (0, 4), "会员花名册"), ((1, 0), (2, 0), "所属工会"), ((1, 1), (2, 1), "会员编号")]
    {
        sheet.merge_range(from.0, from.1, to.0, to.1, text, &plain).expect("merged");
    }
    sheet.merge_range(3, 0, 5, 0, "星河科技", &plain).expect("merged");
    sheet.merge_range(3, 3, 4, 3, "朝阳区", &plain).expect("merged");
    sheet.merge_range(6, 0, 200, 0, "远山物流", &plain).expect("merged");
    let found = read_book("members.xlsx", Table::Members, &mut book);
    assert_eq!(
        found.rows,
        [
            "member_id=M1 union_id=星河科技 home_district=朝阳 gender=male",
            "member_id=M2 union_id=星河科技 home_district=朝阳 gender=female",
            "member_id=M3 union_id=星河科技 home_district=海淀 gender=male",
            "member_id=M4 union_id=远山物流 gender=female",
        ]
    );
    assert_eq!((found.rejects, found.notes), (vec![], vec![]));
}

#[test]
fn hidden_rows_are_read_and_hidden_sheets_are_not() {
    let mut book = Workbook::new();
    let hidden = book.add_worksheet().set_name("字典").expect("named");
    fill(hidden, &[&["会员编号"], &["M9"]]);
    hidden.set_hidden(true);
    let sheet = book.add_worksheet().set_name("会员").expect("named");
    fill(sheet, &[&["会员编号", "性别"], &["M1", "男"], &["M2", "女"]]);
    sheet.set_active(true).set_row_hidden(2).expect("hidden").set_row_hidden(50).expect("hidden");
    fill(book.add_worksheet().set_name("说明").expect("named"), &[&["请勿修改"], &["联系人", "张三"]]);
    book.add_worksheet().set_name("Sheet4").expect("named");
    let found = read_book("members.xlsx", Table::Members, &mut book);
    assert_eq!(found.rows, ["member_id=M1 gender=male", "member_id=M2 gender=female"]);
    assert_eq!(found.notes, ["hidden_sheet 1", "hidden_rows 1", "sheet_not_read 1"]);

    let mut book = Workbook::new();
    let hidden = book.add_worksheet().set_name("会员").expect("named");
    fill(hidden, &[&["会员编号"], &["M9"]]);
    hidden.set_hidden(true);
    book.add_worksheet().set_name("空").expect("named").set_active(true);
    let bytes = book.save_to_buffer().expect("saved");
    let why = read_bytes("members.xlsx", Table::Members, None, &bytes).expect_err("nothing visible").to_string();
    assert!(why.contains("会员 is hidden"), "{why}");
}

#[test]
fn formulas_give_their_stored_result_or_are_noted() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    fill(sheet, &[&["活动编号", "名额", "年龄上限", "活动名称", "主办工会"]]);
    for row in 1..5 {
        sheet.write(row, 0, format!("A{row}")).expect("written").write(row, 3, "秋游").expect("written");
    }
    sheet.write(1, 1, Formula::new("=10*3").set_result("30")).expect("written");
    sheet.write(2, 2, Formula::new("=B9+1").set_result("#REF!")).expect("written");
    sheet.write(3, 4, Formula::new("=VLOOKUP(1,A:B,2)").set_result("#N/A")).expect("written");
    sheet.write(4, 4, Formula::new("=A99").set_result("#NAME?")).expect("written");
    let bytes = book.save_to_buffer().expect("saved");
    let found = read_bytes("activities.xlsx", Table::Activities, None, &bytes).expect("read");
    assert_eq!(
        found.rows,
        ["activity_id=A1 title=秋游 capacity=30", "activity_id=A3 title=秋游"],
        "a limit that cannot be read is not dropped"
    );
    assert_eq!(found.rejects, ["3 max_age bad_number #REF!", "5 union_id bad_id #NAME?"]);
    assert_eq!(found.notes, ["cell_errors 3"]);
    // Programs that write formulas without their results.
    let without = without_results(&bytes);
    let found = read_bytes("activities.xlsx", Table::Activities, None, &without).expect("read");
    assert_eq!((found.rows.len(), found.notes), (4, vec!["empty_formulas 4".to_owned()]));
}

/// Removes the stored results of formulas from a workbook.
fn without_results(book: &[u8]) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut archive = zip::ZipArchive::new(Cursor::new(book)).expect("an archive");
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).expect("a part");
        let (name, mut text) = (part.name().expect("a name").into_owned(), String::new());
        part.read_to_string(&mut text).expect("text");
        if name.ends_with("sheet1.xml") {
            let parts: Vec<&str> = text.split("</f><v>").collect();
            let rest = parts[1..].iter().map(|part| part.split_once("</v>").expect("a value").1);
            text = std::iter::once(parts[0]).chain(rest).collect::<Vec<_>>().join("</f>").replace(" t=\"e\"", "");
        }
        out.start_file(name, zip::write::SimpleFileOptions::default()).expect("begun");
        out.write_all(text.as_bytes()).expect("written");
    }
    out.finish().expect("finished").into_inner()
}

#[test]
fn totals_and_remarks_are_skipped_and_counted() {
    let text = "某街道会员统计,,\n工会,会员编号,性别\n甲,M1,男\n甲,M2,女\n甲小计,2,\n乙,M3,男\n乙,小计,1\n工会,会员编号,性别\n\
                合 计,3,\n注：以实际为准,,\n填表人：张三,审核人：,日期：2026.3.5\n";
    let found = read_text("members.csv", Table::Members, &text.replace("工会,", "所属工会,"));
    let ids = ["member_id=M1 union_id=甲 gender=male", "member_id=M2 union_id=甲 gender=female"];
    assert_eq!(found.rows, [ids[0], ids[1], "member_id=M3 union_id=乙 gender=male"]);
    assert_eq!(
        (found.rejects.len(), found.notes),
        (0, ["total_rows 3", "remark_rows 2", "header_rows 1"].map(str::to_owned).to_vec())
    );
}

#[test]
fn a_workbook_of_wps_with_the_old_format_is_read() {
    let bytes = include_bytes!("../../../tests/fixtures/roster.et");
    let found = read_bytes("members.et", Table::Members, None, bytes).expect("read");
    let [first, second] = ["union_id=星河科技工会", "union_id=远山物流工会"];
    assert_eq!(
        found.rows,
        [
            format!("member_id=M001 {first} birth_date=1985-03-01 gender=male"),
            format!("member_id=M002 {first} birth_date=1990-05-01 gender=female"),
            format!("member_id=M003 {first} birth_date=1978-12-01 gender=female"),
            format!("member_id=M004 {second} birth_date=1969-07-20 gender=male"),
        ]
    );
    assert_eq!(found.rejects, ["8 birth_date missing_year 9汉9汉"]);
    assert_eq!(found.notes, ["hidden_sheet 1", "total_rows 1", "remark_rows 1"]);
}

#[test]
fn web_pages_and_xml_with_the_name_of_a_workbook_are_read() {
    let page = "<html><head><meta charset=\"gb2312\"><style>td{}</style></head><body><table border=1>\n\
        <tr><td colspan=3>会员花名册<br>2026年</td></tr><tr><th>所属工会</th><th>会员编号</th><th>性别</th></tr>\n\
        <tr><td rowspan='2'>甲&amp;乙</td><td> M1&nbsp;</td><td>男</td></tr><tr><td>M2</td><td>女</td></tr>\n\
        <tr style='display: none'><td>丙</td><td>4.40524E+17</td><td></td></tr></table></body></html>";
    let expected = ["member_id=M1 union_id=甲&乙 gender=male", "member_id=M2 union_id=甲&乙 gender=female"];
    let gb = encoding_rs::GB18030.encode(page).0.into_owned();
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(page.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (name, bytes) in
        [("members.xls", page.as_bytes()), ("members.csv", &gb), ("members.xlsx", &gb), ("members.xls", &utf16)]
    {
        let found = read_bytes(name, Table::Members, None, bytes).expect(name);
        assert_eq!(found.rows, expected, "{name}");
        assert_eq!(found.rejects, ["5 member_id damaged_id 4.40524E+17"]);
        assert_eq!(found.notes, ["hidden_rows 1"]);
    }
    let xml = "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>\
        <Workbook xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet ss:Name=\"会员\"><Table>\
        <Row ss:Index=\"3\"><Cell><Data ss:Type=\"String\">所属工会</Data></Cell><Cell><Data ss:Type=\"String\">会员编号</Data></Cell>\
        <Cell><Data ss:Type=\"String\">性别</Data></Cell></Row>\
        <Row><Cell ss:MergeDown=\"1\"><Data ss:Type=\"String\">甲&amp;乙</Data></Cell><Cell><Data ss:Type=\"String\">M1</Data></Cell>\
        <Cell><Data ss:Type=\"String\">男</Data></Cell></Row>\
        <Row><Cell ss:Index=\"2\"><Data ss:Type=\"String\">M2</Data></Cell><Cell><Data ss:Type=\"String\">女</Data></Cell></Row>\
        </Table></Worksheet></Workbook>";
    assert_eq!(read_bytes("members.xls", Table::Members, None, xml.as_bytes()).expect("xml").rows, expected);
}

#[test]
fn ids_shown_with_leading_zeros_keep_them() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    fill(sheet, &[&["会员编号", "性别"], &["", "男"], &["", "女"]]);
    let format = Format::new().set_num_format("000000");
    sheet.write_with_format(1, 0, 7, &format).expect("written").write(2, 0, 7).expect("written");
    let found = read_book("members.xlsx", Table::Members, &mut book);
    assert_eq!(found.rows, ["member_id=000007 gender=male", "member_id=7 gender=female"]);
}

#[test]
fn a_workbook_is_recognised_under_any_name() {
    let mut book = Workbook::new();
    fill(book.add_worksheet(), &[&["会员编号"], &["M1"]]);
    let bytes = book.save_to_buffer().expect("saved");
    for name in ["members.csv", "members.xls", "members.et", "members.txt"] {
        assert_eq!(read_bytes(name, Table::Members, None, &bytes).expect(name).rows, ["member_id=M1"]);
    }
}

#[test]
fn the_first_of_two_tables_beside_each_other_is_read() {
    let text = "会员编号,性别,,会员编号,居住地\nM1,男,,M8,朝阳\n,,,M9,海淀\n";
    let found = read_text("members.csv", Table::Members, text);
    assert_eq!((found.rows, found.rejects), (vec!["member_id=M1 gender=male".to_owned()], vec![]));
    assert_eq!(found.notes, ["second_table 1"]);
}
