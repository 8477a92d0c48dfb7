//! `zhihui exclusions` with the real program: ids of text files and workbooks, left out of audiences; and what `doctor` says
//! about hold-outs.

use rust_xlsxwriter::{Formula, Workbook};
use serde_json::{Value, json};

use crate::journey::AS_OF;
use crate::program::Program;
use crate::push_lists::{item, key, union};

/// The members whom a list of an item would push to, best first, without the hold-out.
fn pushed(program: &Program, item: &str, exclude: &[&str]) -> Vec<String> {
    let list = program.path("list.csv");
    let mut words =
        vec!["audience", "--item", item, "--hold-out", "0", "--out", list.to_str().unwrap(), "--as-of", AS_OF];
    exclude.iter().for_each(|id| words.extend(["--exclude", id]));
    program.ok(&words);
    let text = std::fs::read_to_string(list).unwrap();
    text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn a_list_is_added_applied_listed_and_removed() {
    let program = union();
    let item = item(&program);
    let before = pushed(&program, &item, &[]);
    assert!(before.len() > 20, "{}", before.len());
    let (first, second, third) = (&before[0], &before[1], &before[2]);
    // 姓名,会员编号 and a name in GB18030, as Excel in Chinese saves CSV.
    let mut csv = b"\xd0\xd5\xc3\xfb,\xbb\xe1\xd4\xb1\xb1\xe0\xba\xc5\r\n".to_vec();
    for id in [first.as_str(), second.as_str(), "nobody"] {
        csv.extend_from_slice(b"\xc0\xee\xc3\xf7,");
        csv.extend_from_slice(id.as_bytes());
        csv.extend_from_slice(b"\r\n");
    }
    let file = program.file("attended.csv", csv);
    let added = program.json(&["exclusions", "add", "已到场", &file, "--purpose", "不再打扰", "--until", "2099-12-31"]);
    assert_eq!((&added["members"], &added["unknown"], &added["always"]), (&json!(2), &json!(1), &json!(false)));
    let id = added["id"].as_str().unwrap();
    assert_eq!(pushed(&program, &item, &[]), before, "it is not chosen");
    let chosen = pushed(&program, &item, &[id]);
    assert!(!chosen.contains(first) && !chosen.contains(second) && chosen.contains(third), "{chosen:?}");

    let openid = program.json(&["sql", &format!("select openid from members where member_id = '{third}'")]);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "备注").unwrap().write(0, 1, "openid").unwrap();
    let formula = Formula::new("=CONCATENATE(A1,A2)").set_result(openid[0]["openid"].as_str().unwrap());
    sheet.write(1, 0, "公式").unwrap().write_formula(1, 1, formula).unwrap();
    sheet.write(2, 0, "错误").unwrap().write_formula(2, 1, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
    sheet.write(3, 0, "数字").unwrap().write(3, 1, 42).unwrap();
    let workbook = program.file("名单.xlsx", book.save_to_buffer().unwrap());
    let always = program.json(&["exclusions", "add", "投诉过", &workbook, "--always"]);
    assert_eq!(
        (&always["members"], &always["always"]),
        (&json!(1), &json!(true)),
        "the value of the formula: {always}"
    );
    assert!(!pushed(&program, &item, &[]).contains(third), "it applies to every audience");

    let lists = program.json(&["exclusions", "list"]);
    assert_eq!(lists["exclusion_lists"].as_array().map(Vec::len), Some(2), "{lists}");
    let table = program.ok(&["exclusions", "list"]);
    assert!(table.contains("已到场") && table.contains("2099-12-31"), "{table}");
    let always = always["id"].as_str().unwrap();
    program.ok(&["exclusions", "remove", always]);
    assert_eq!(pushed(&program, &item, &[]), before);
    let (code, gone) = program.fails(&["exclusions", "remove", always]);
    assert!(code == 1 && gone.contains("no exclusion list"), "{gone}");

    let staff = key(&program, "reader");
    let server = program.serve_as_of(AS_OF);
    let (status, served) = server.get_json("/v1/exclusion-lists", &staff);
    assert_eq!((status, &served["exclusion_lists"][0]["name"]), (200, &json!("已到场")));
    let page = server.get("/exclusions", Some(&staff)).1;
    assert!(page.contains("已到场") && !page.contains("投诉过"), "{page}");
}

#[test]
fn files_and_accounts_that_are_wrong_are_refused_and_nothing_is_stored() {
    let program = union();
    let good = program.file("good.txt", "nobody-at-all\n");
    let empty = program.file("empty.csv", "member_id\n");
    let binary = program.file("binary.csv", b"m1\0m2");
    let damaged = program.file("damaged.xlsx", b"PK this is no workbook");
    for (file, code, says) in [
        (empty.as_str(), 1, "no id found"),
        (binary.as_str(), 1, "UTF-8 or GB18030"),
        (damaged.as_str(), 1, "damaged or encrypted workbook"),
        (good.as_str(), 1, "none of the 1 ids"),
        ("missing.csv", 2, "missing.csv"),
    ] {
        let (exit, message) = program.fails(&["exclusions", "add", "x", file]);
        assert!(exit == code && message.contains(says), "{file}: {exit} {message}");
    }
    let (_, message) = program.fails(&["exclusions", "add", "x", &good, "--by", "nobody"]);
    assert!(message.contains("no such account"), "{message}");
    let (code, _) = program.fails(&["exclusions", "add", "x", &good, "--until", "soon"]);
    assert_eq!(code, 2);
    assert_eq!(program.json(&["exclusions", "list"])["exclusion_lists"], json!([]));
}

#[test]
fn doctor_names_a_hold_out_of_a_topic_that_no_item_has() {
    let program = union();
    let check = |topic: &str| {
        let text = format!("[[push.topic_hold_out]]\ntopic = \"{topic}\"\nshare = 0.05\nuntil = \"2099-12-31\"\n");
        std::fs::write(program.home().join("zhihui.toml"), text).unwrap();
        let (code, diagnosis) = program.json_and_code(&["doctor"]);
        let found = diagnosis["checks"].as_array().unwrap().iter().find(|check| check["name"] == "hold_outs").cloned();
        (code, found.unwrap_or(Value::Null))
    };
    let (code, unknown) = check("没有这个主题");
    assert_eq!((code, &unknown["status"]), (0, &json!("warn")), "{unknown}");
    assert!(unknown.to_string().contains("没有这个主题"), "{unknown}");
    let topics = program.json(&["sql", "select topics from activities where topics is not null limit 1"]);
    assert_eq!(check(topics[0]["topics"][0].as_str().unwrap()).1["status"], "ok", "{topics}");
    std::fs::write(program.home().join("zhihui.toml"), "").unwrap();
    let (_, diagnosis) = program.json_and_code(&["doctor"]);
    assert!(!diagnosis["checks"].to_string().contains("hold_outs"), "without hold-outs there is nothing to check");
}
