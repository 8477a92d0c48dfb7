//! Tests that all formats, encodings and compressions yield the same rows.

use std::io::Write;

use super::*;

const READS: &str =
    "会员编号,文章ID,阅读时间,停留时长,来源\nm1,a1,2026-11-01 08:00:00,12.5,菜单\nm2,a2,2026/11/1 8:30,,\n";

fn expected() -> Vec<String> {
    vec![
        "member_id=m1 article_id=a1 read_at=2026-11-01T00:00:00Z dwell_seconds=12.5 channel=菜单".to_owned(),
        "member_id=m2 article_id=a2 read_at=2026-11-01T00:30:00Z".to_owned(),
    ]
}

fn check(name: &str, bytes: &[u8]) {
    let found = read_bytes(name, Table::Reads, None, bytes).expect(name);
    assert_eq!((found.rows, found.rejects.len()), (expected(), 0), "{name}");
}

#[test]
fn text_of_all_encodings_and_compressions_is_read() {
    let gb = encoding_rs::GB18030.encode(READS).0.into_owned();
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(READS.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let bom = [b"\xef\xbb\xbf", READS.as_bytes()].concat();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&gb).expect("written");
    let gz = gz.finish().expect("finished");
    let two_members = [gz.clone(), {
        let mut rest = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        rest.write_all(b"\n").expect("written");
        rest.finish().expect("finished")
    }]
    .concat();
    check("reads.csv", READS.as_bytes());
    check("reads.csv", &bom);
    check("reads.csv", &gb);
    check("reads.csv", &utf16);
    check("reads.csv", READS.replace('\n', "\r\n").as_bytes());
    check("reads.csv", READS.replace(',', ";").as_bytes());
    check("reads.csv", READS.replace(',', "\t").as_bytes());
    check("reads.tsv", READS.replace(',', "\t").as_bytes());
    check("reads.csv.gz", &gz);
    check("reads.csv.gz", &two_members);
    check("named-without-ending.csv", &gz);
    check("reads.csv.zst", &zstd::encode_all(READS.as_bytes(), 1).expect("packed"));
}

#[test]
fn the_encoding_is_detected_from_the_whole_file() {
    let ascii = "m1,a1,2026-11-01 08:00:00,12.5,menu\n".repeat(20_000);
    let text = format!("member_id,article_id,read_at,dwell_seconds,channel\n{ascii}m2,a2,2026-11-02,,菜单\n");
    let bytes = encoding_rs::GB18030.encode(&text).0.into_owned();
    let found = read_bytes("reads.csv", Table::Reads, None, &bytes).expect("readable");
    assert!(found.rows.len() == 20_001 && found.rows[20_000].ends_with("channel=菜单"));
}

#[test]
fn json_lines_are_read() {
    let text = concat!(
        r#"{"会员编号":"m1","article_id":"a1","read_at":1793491200,"dwell_seconds":12.5,"channel":"菜单","extra":{}}"#,
        "\n\n",
        r#"{"member_id":null,"会员编号":"m2","article_id":"a2","read_at":"2026-11-01T08:30:00+08:00"}"#,
    );
    let found = read_bytes("reads.jsonl", Table::Reads, None, text.as_bytes()).expect("readable");
    assert_eq!(found.unknown, ["extra"]);
    assert_eq!(found.rows, expected());
}

#[test]
fn parquet_columns_of_several_types_are_read() {
    use arrow::array::{ArrayRef, Int64Array, ListBuilder, StringBuilder, TimestampMillisecondArray};
    let mut topics = ListBuilder::new(StringBuilder::new());
    topics.values().append_value("亲子;活动");
    topics.values().append_value("观影");
    topics.append(true);
    topics.append(false);
    let times = TimestampMillisecondArray::from(vec![Some(1_793_491_200_000), None]).with_timezone("UTC");
    let batch = arrow::record_batch::RecordBatch::try_from_iter([
        ("article_id", Arc::new(Int64Array::from(vec![17, 18])) as ArrayRef),
        ("topics", Arc::new(topics.finish())),
        ("published_at", Arc::new(times)),
    ])
    .expect("a batch");
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    let found = read_bytes("articles.parquet", Table::Articles, None, &bytes).expect("readable");
    let first = "article_id=17 topics=[亲子;活动, 观影] published_at=2026-11-01T00:00:00Z";
    assert_eq!(found.rows, [first, "article_id=18"]);
}

#[test]
fn a_workbook_with_titles_notes_and_numbers_is_read() {
    use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
    let mut book = Workbook::new();
    book.add_worksheet().set_name("说明").expect("named").write(0, 0, "请勿修改").expect("written");
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "某街道总工会会员花名册").expect("written");
    for (column, name) in ["会员编号", "性别", "出生\n日期", "入会日期", "身份证号", "姓名"].iter().enumerate()
    {
        sheet.write(2, column as u16, *name).expect("written");
    }
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let date = ExcelDateTime::from_ymd(1985, 3, 1).expect("a date");
    sheet.write(3, 0, 10_086).expect("written").write(3, 1, "男").expect("written");
    sheet.write_with_format(3, 2, &date, &day).expect("written").write(3, 3, "2020.5").expect("written");
    sheet.write(4, 0, "007").expect("written").write(4, 4, "11010519491231002x").expect("written");
    sheet.write(5, 0, 440_524_188_001_010_014_f64).expect("written");
    sheet.write(7, 0, "合计").expect("written").write(7, 1, 3).expect("written");
    let bytes = book.save_to_buffer().expect("saved");
    let found = read_bytes("members.xlsx", Table::Members, None, &bytes).expect("readable");
    assert_eq!(
        found.rows,
        [
            "member_id=10086 joined_at=2020-04-30T16:00:00Z birth_date=1985-03-01 gender=male",
            "member_id=007 birth_date=1949-12-31 gender=female",
        ]
    );
    assert_eq!(found.rejects.len(), 1);
    assert!(found.rejects[0].starts_with("6 member_id damaged_id 4.4052418800101"), "{:?}", found.rejects);
    assert_eq!(found.unknown, ["姓名"]);
}

#[test]
fn text_with_the_extension_xls_is_read() {
    check("reads.xls", READS.replace(',', "\t").as_bytes());
}
