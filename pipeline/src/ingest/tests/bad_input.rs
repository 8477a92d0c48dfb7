//! Tests that unusable files are refused with a reason and a remedy.

use std::io::Write;

use super::*;

const HEADER: &str = "member_id,article_id,read_at\n";

fn refusal(name: &str, bytes: &[u8]) -> String {
    read_bytes(name, Table::Reads, None, bytes).expect_err(name).to_string()
}

#[test]
fn truncated_and_damaged_compression_is_refused() {
    let rows: String = (0..50_000).map(|n| format!("{n},{},2026-11-01 08:00:00\n", n * 7_919 % 10_007)).collect();
    let text = format!("{HEADER}{rows}");
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).expect("written");
    let gz = gz.finish().expect("finished");
    let zst = zstd::encode_all(text.as_bytes(), 1).expect("packed");
    let mut flipped = gz.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x55;
    for (name, bytes) in [
        ("a.csv.gz", &gz[..gz.len() - 5]),
        ("b.csv.gz", &gz[..gz.len() / 2]),
        ("c.csv.gz", &flipped),
        ("d.csv.zst", &zst[..zst.len() - 9]),
    ] {
        assert!(refusal(name, bytes).contains("compressed data"), "{name}");
    }
}

#[test]
fn text_with_invalid_bytes_is_refused() {
    let bytes = [HEADER.as_bytes(), b"1,a,2026-11-01\n2,\xff\xfe\xff,2026-11-01\n"].concat();
    assert!(refusal("reads.csv", &bytes).contains("near line 3"));
    assert!(refusal("reads.csv", &[HEADER.as_bytes(), b"1,\0,2026-11-01\n"].concat()).contains("zero bytes"));
}

#[test]
fn a_twice_compressed_file_is_refused() {
    let text = format!("{HEADER}1,a,2026-11-01 08:00:00\n");
    let gz = |bytes: &[u8]| {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(bytes).expect("written");
        gz.finish().expect("finished")
    };
    let zst = |bytes: &[u8]| zstd::encode_all(bytes, 1).expect("packed");
    let once = gz(text.as_bytes());
    for (name, bytes) in [("a.csv.gz", gz(&once)), ("b.csv.zst", zst(&once)), ("c.csv.gz", gz(&zst(text.as_bytes())))] {
        let why = refusal(name, &bytes);
        assert!(why.contains("compressed twice"), "{name}: {why}");
    }
}

#[test]
fn utf_16_needs_a_byte_order_mark() {
    let units = |text: &str, little: bool| -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    };
    let row = "1,a,2026-11-01 08:00:00\n";
    let chinese = format!("会员编号,文章编号,阅读时间\n{row}");
    for text in [format!("{HEADER}{row}"), chinese] {
        for little in [true, false] {
            let why = refusal("reads.csv", &units(&text, little));
            assert!(why.contains("UTF-16") && !why.contains("zero bytes"), "{why}");
            let marked = units(&format!("\u{feff}{text}"), little);
            let found = read_bytes("reads.csv", Table::Reads, None, &marked).expect("marked UTF-16 is read");
            assert_eq!(found.rows.len(), 1);
            let why = refusal("reads.csv", &marked[..marked.len() - 1]);
            assert!(why.contains("UTF-16") && !why.contains("GB18030"), "{why}");
        }
    }
}

#[test]
fn a_file_with_a_column_like_consent_is_refused() {
    for header in ["是否接收个性化", "退订", "接收推送", "opt_out", "unsubscribe", "是否同意"] {
        let text = format!("会员编号,姓名,{header}\n1,张三,是\n");
        let why = read_bytes("members.csv", Table::Members, None, text.as_bytes()).expect_err(header).to_string();
        assert!(why.contains(header) && why.contains("[[source]]") && why.contains("personalised"), "{why}");
        let line = format!("{{\"member_id\":\"1\"}}\n{{\"member_id\":\"2\",\"{header}\":\"是\"}}\n");
        let why = read_bytes("members.jsonl", Table::Members, None, line.as_bytes()).expect_err(header).to_string();
        assert!(why.contains(header), "{why}");
    }
    // A valid second sheet does not change the result.
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, header) in [("一", "退订"), ("二", "性别")] {
        let sheet = book.add_worksheet().set_name(name).expect("named");
        sheet.write_row(0, 0, ["会员编号", header]).expect("written").write_row(1, 0, ["1", ""]).expect("written");
    }
    let bytes = book.save_to_buffer().expect("saved");
    let why = read_bytes("members.xlsx", Table::Members, None, &bytes).expect_err("refused").to_string();
    assert!(why.contains("退订"), "{why}");
    assert_eq!(read_text("members.csv", Table::Members, "会员编号,推荐人,备注\n1,x,y\n").rows.len(), 1);
}

#[test]
fn the_error_names_missing_columns() {
    let why = refusal("reads.csv", b"member_id,article\n1,a\n");
    assert!(why.contains("article_id") && why.contains("columns found: member_id, article"), "{why}");
    assert!(refusal("reads.csv", b"article_id,read_at\na,2026-11-01\n").contains("member_id or openid"));
    assert!(refusal("reads.jsonl", b"{\"article_id\":\"a\"}\n").contains("read_at"));
    assert!(refusal("reads.csv", b"").contains("empty"));
}

#[test]
fn a_too_long_line_is_refused() {
    let long = [HEADER.as_bytes(), &vec![b'x'; 3 << 20]].concat();
    assert!(refusal("reads.csv", &long).contains("line 2 is longer than"));
    let line = [b"{\"a\":\"".as_slice(), &vec![b'x'; 3 << 20]].concat();
    assert!(refusal("reads.jsonl", &line).contains("line 1 is longer than"));
}

#[test]
fn invalid_json_lines_are_rejected() {
    let good = r#"{"member_id":"1","article_id":"a","read_at":"2026-11-01"}"#;
    let found = read_text("reads.jsonl", Table::Reads, &format!("{good}\n{{\"member_id\": \n[1]\n{good}\n"));
    assert_eq!(found.rows.len(), 2);
    assert_eq!(found.rejects, ["2 - bad_json {\"AAAAAA_AA\":", "3 - bad_json [9]"]);
    assert!(refusal("reads.jsonl", b"[\n1,\n").contains("one object per line"));
}

#[test]
fn json_lines_with_repeated_keys_and_foreign_numbers_keep_what_is_clear() {
    let line = |rest: &str| format!("{{\"member_id\":\"1\",\"article_id\":\"a\",\"read_at\":\"2026-11-01\"{rest}}}\n");
    let text = [",\"member_id\":\"2\"", ",\"member_id\":\"1\"", ",\"dwell_seconds\":NaN", ",\"dwell_seconds\":12.5"]
        .map(line)
        .concat();
    let found = read_text("reads.jsonl", Table::Reads, &text);
    let row = "member_id=1 article_id=a read_at=2026-10-31T16:00:00Z";
    assert_eq!(found.rows, [row.to_owned(), row.to_owned(), format!("{row} dwell_seconds=12.5")]);
    assert!(found.rejects.len() == 1 && found.rejects[0].starts_with("1 - repeated_key"), "{:?}", found.rejects);
}

#[test]
fn files_with_thousands_of_columns_are_read() {
    let names: Vec<String> = (0..5_000).map(|n| format!("c{n}")).collect();
    let text = format!("{},{HEADER}{},1,a,2026-11-01\n", names.join(","), vec!["x"; 5_000].join(","));
    assert_eq!(read_text("reads.csv", Table::Reads, &text).rows.len(), 1);
    let keys: String = names.iter().map(|name| format!("\"{name}\":1,")).collect();
    let text = format!("{{{keys}\"member_id\":\"1\",\"article_id\":\"a\",\"read_at\":\"2026-11-01\"}}\n").repeat(2);
    assert_eq!(read_text("reads.jsonl", Table::Reads, &text).rows.len(), 2);
}

#[test]
fn a_cell_far_from_the_table_is_refused() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "member_id").expect("written").write(1_048_575, 16_383, "x").expect("written");
    let why = refusal("members.xlsx", &book.save_to_buffer().expect("saved"));
    assert!(why.contains("row 1048576, column 16384"), "{why}");
}

#[test]
fn files_with_a_wrong_extension_are_refused() {
    assert!(refusal("reads.parquet", b"PAR1garbagegarbagePAR1").contains("Parquet"));
    assert!(refusal("reads.parquet", HEADER.as_bytes()).contains("PAR1"));
    assert!(refusal("reads.xlsx", b"PK\x03\x04garbage").contains("workbook"));
    assert!(refusal("reads.xlsx", HEADER.as_bytes()).contains("not a workbook"));
    assert!(refusal("reads.xls", b"<html><p>no table</p></html>").contains("without a table"));
    assert!(refusal("reads.xls", b"MIME-Version: 1.0\r\nContent-Type: multipart/related").contains(".mht"));
}

#[test]
fn rejects_contain_only_the_shape_of_personal_values() {
    let text = "会员编号,出生日期,openid,姓名\n1,1985年13月,oXk_9,张三\n2,x,o\u{1}b,李四\n";
    let found = read_text("members.csv", Table::Members, text);
    assert_eq!(found.rejects, ["2 birth_date bad_date 9999汉99汉", "3 openid bad_id A\u{1}A"]);
    let found = read_text("members.csv", Table::Members, "会员编号,姓名\n1,张三,13812345678\n");
    assert_eq!(found.rejects, ["2 - ragged_row 9,汉汉,99999999999"]);
}
