//! The error workbook of a file with many kinds of mistakes: each is listed with its reason, and rejected rows are told from
//! values set to unknown.

use std::time::Duration;

use serde_json::Value;

use crate::program::{Program, Server};

const HEADER: &str = "会员编号,openid,文章编号,阅读时间,停留时长,阅读比例,渠道,备注\n";

/// Rows with one kind of mistake each, named in the last column. The unclosed quotation mark must be last.
const MISTAKES: &[&str] = &[
    "m1,,,2026-11-01 08:00,5,0.5,菜单,没有文章",
    ",,a1,2026-11-01 08:00,5,0.5,菜单,没有会员",
    "m2,,a1,,5,0.5,菜单,没有时间",
    "m3,,a1,昨天,5,0.5,菜单,时间是文字",
    "m4,,a1,2026-13-01 08:00,5,0.5,菜单,第十三个月",
    "m5,,a1,2026-02-30 08:00,5,0.5,菜单,二月三十日",
    "m6,,a1,2026-11-01 25:00,5,0.5,菜单,二十五点",
    "m7,,a1,2090-01-01 08:00,5,0.5,菜单,遥远的将来",
    "m8,,a1,2026-11-01 08:61,5,0.5,菜单,六十一分",
    "m\u{1}9,,a1,2026-11-01 08:00,5,0.5,菜单,会员编号有控制字符",
    "m10,,a\u{1}1,2026-11-01 08:00,5,0.5,菜单,文章编号有控制字符",
    "m11,o\u{1}X,a1,2026-11-01 08:00,5,0.5,菜单,openid 有控制字符",
    "4.4E+17,,a1,2026-11-01 08:00,5,0.5,菜单,会员编号被 Excel 改变",
    "m12,,4.4E+17,2026-11-01 08:00,5,0.5,菜单,文章编号被 Excel 改变",
    "m13,,a1",
    "m14,,a1,2026-11-01 08:00,5,0.5,菜单,多一格,x",
    "m15,,a1,2026-11-01 08:00,三分钟,0.5,菜单,时长是文字",
    "m16,,a1,2026-11-01 08:00,3分20秒,0.5,菜单,时长有两个单位",
    "m17,,a1,2026-11-01 08:00,12:30,0.5,菜单,时长是钟点",
    "m18,,a1,2026-11-01 08:00,-5,0.5,菜单,时长为负",
    "m19,,a1,2026-11-01 08:00,9999999,0.5,菜单,时长过长",
    "m20,,a1,2026-11-01 08:00,inf,0.5,菜单,时长无穷",
    "m21,,a1,2026-11-01 08:00,\"1,2\",0.5,菜单,时长的逗号",
    "m22,,a1,2026-11-01 08:00,=1+1,0.5,菜单,时长是公式",
    "m23,,a1,2026-11-01 08:00,11010519491231002X,0.5,菜单,时长是身份证号",
    "m24,,a1,2026-11-01 08:00,5,37,菜单,比例是百分数",
    "m25,,a1,2026-11-01 08:00,5,340,菜单,比例远大于一",
    "m26,,a1,2026-11-01 08:00,5,-0.1,菜单,比例为负",
    "m27,,a1,2026-11-01 08:00,5,120%,菜单,比例超过百分之百",
    "m28,,a1,2026-11-01 08:00,5,一半,菜单,比例是文字",
    "m29,,a1,2026-11-01 08:00,5,\"0,5\",菜单,比例的逗号",
    "m30,,a1,2026-11-01 08:00,x,y,菜单,时长和比例都不对",
    "m31,,a1,昨天,x,y,菜单,时间不对时整行退回",
    "m32,,a1,\"2026-11-01 08:00,5,0.5,菜单,引号未闭合",
];
/// Number of these rows that are accepted, because only a reading time or a read fraction is wrong.
const ACCEPTED: u64 = 16;

#[test]
fn every_kind_of_mistake_is_listed_with_what_it_cost() {
    let program = Program::new();
    let good = "m0,,a1,2026-11-01 08:00,5,0.5,菜单,没有错误\n";
    let text = format!("{HEADER}{good}{}\n", MISTAKES.join("\n"));
    let file = program.file("reads-mistakes.csv", text);
    let report = program.json(&["ingest", &file]);
    let totals = &report["totals"];
    let number = |key: &str| totals[key].as_u64().unwrap();
    assert_eq!(number("new"), ACCEPTED + 1, "{totals}");
    assert_eq!(number("rejected"), MISTAKES.len() as u64 - ACCEPTED, "{totals}");
    assert_eq!(number("nulled"), ACCEPTED + 1, "one row has two: {totals}");
    assert_eq!(number("rows"), number("new") + number("rejected"));

    let sha256 = report["files"][0]["sha256"].as_str().unwrap();
    let key = program.json(&["key", "add", "errors", "--scope", "staff"])["key"].as_str().unwrap().to_owned();
    let server = program.serve();
    let workbook = download(&server, &format!("/data/errors.xlsx?sha256={sha256}&table=reads"), &key);
    let path = program.file("errors.xlsx", &workbook);
    let sheet = program.ok(&["decode-sheet", &path, "--memory", "4000000000", "--seconds", "60"]);
    let kinds = MISTAKES.iter().map(|row| row.rsplit(',').next().unwrap());
    assert_eq!(kinds.filter(|kind| !sheet.contains(kind)).collect::<Vec<_>>(), Vec::<&str>::new(), "not listed");
    assert!(!sheet.contains("没有错误"), "a good row is listed");
    // The first line is about the sheet.
    let (_, rows) = sheet.split_once('\n').unwrap();
    insta::assert_snapshot!("error_workbook", rows.replace('\u{c}', ""));
    let page = server.get("/data", Some(&key)).1;
    assert!(page.contains("18 行数据未能入库") && page.contains("另有 17 个数值无法识别"), "{page}");

    // A corrected value reaches the row that was ingested without it.
    let fixed = std::fs::read_to_string(program.path("reads-mistakes.csv")).unwrap();
    let fixed = fixed.lines().filter(|line| line.starts_with("m24") || line.starts_with(&HEADER[..6]));
    let fixed: String = fixed.map(|line| line.replace(",37,", ",0.37,") + "\n").collect();
    let report = program.json(&["ingest", &program.file("reads-fixed.csv", fixed)]);
    assert_eq!(report["totals"]["replaced"], 1, "{report}");
    let stored = program.json(&["sql", "select read_fraction from reads where member_id = 'm24'"]);
    assert_eq!(stored[0]["read_fraction"], Value::from(0.37));
}

/// Waits until the new key is known.
fn download(server: &Server, path: &str, key: &str) -> Vec<u8> {
    for _ in 0..100 {
        let (status, bytes) = server.bytes(path, key);
        if status == 200 {
            return bytes;
        }
        assert_eq!(status, 401, "{}", String::from_utf8_lossy(&bytes));
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the key is not known after five seconds");
}
