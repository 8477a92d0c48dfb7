//! Ingest: new rows, duplicates and refused files; no row is lost.

use std::time::Duration;

use serde_json::Value;

use crate::program::{Program, gzip};

fn reads(rows: std::ops::Range<u32>) -> String {
    let line = |row: u32| format!("m{},a{},2026-11-{:02} 08:{:02}:00\n", row % 50, row % 20, row % 20 + 1, row % 60);
    std::iter::once("member_id,article_id,read_at\n".to_owned()).chain(rows.map(line)).collect()
}

fn totals(result: &Value) -> [u64; 5] {
    ["rows", "new", "replaced", "duplicates", "rejected"].map(|key| result["totals"][key].as_u64().unwrap())
}

#[test]
fn the_same_content_renamed_or_compressed_adds_nothing() {
    let program = Program::new();
    let text = reads(0..200);
    let first = program.json(&["ingest", &program.file("reads-1.csv", &text)]);
    let distinct = totals(&first)[1];
    assert_eq!(program.count("reads") as u64, distinct);
    for name in ["reads-2.csv", "reads-3.csv.gz"] {
        let content = if name.ends_with("gz") { gzip(text.as_bytes()) } else { text.clone().into_bytes() };
        let again = program.json(&["ingest", &program.file(name, content)]);
        assert_eq!(again["files"][0]["status"], "already", "{name}");
        assert_eq!(again["totals"]["new"], 0);
    }
    assert_eq!(program.count("reads") as u64, distinct);
}

#[test]
fn overlapping_files_add_only_the_new_rows() {
    let program = Program::new();
    let rows = |from: u32, to: u32| {
        let line = |row: u32| format!("m{row},a1,2026-11-01 08:00:00\n");
        std::iter::once("member_id,article_id,read_at\n".to_owned()).chain((from..to).map(line)).collect::<String>()
    };
    program.json(&["ingest", &program.file("reads-1.csv", rows(0, 100))]);
    let second = program.json(&["ingest", &program.file("reads-2.csv", rows(50, 150))]);
    assert_eq!(totals(&second), [100, 50, 0, 50, 0]);
    assert_eq!(program.count("reads"), 150);
}

#[test]
fn a_panic_of_a_decoder_is_reported_as_a_damaged_file() {
    let program = Program::new();
    // Found by the fuzz target `files`: a dictionary page shorter than declared.
    let damaged = program.file("feedback.parquet", include_bytes!("damaged.parquet"));
    let good = program.file("reads.csv", reads(0..20));
    let (code, message) = program.fails(&["ingest", &damaged, &good]);
    assert!(code == 1 && message.contains("damaged") && !message.contains("panicked"), "{code} {message}");
    assert_eq!(program.count("reads"), 20);
}

#[test]
fn two_concurrent_processes_add_the_rows_once() {
    let program = Program::new();
    let file = program.file("reads.csv", reads(0..5_000));
    let mut children: Vec<_> = (0..2)
        .map(|_| program.command(&["--json", "ingest", &file]).stdout(std::process::Stdio::null()).spawn().unwrap())
        .collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let alone = Program::new();
    alone.json(&["ingest", &alone.file("reads.csv", reads(0..5_000))]);
    assert_eq!(program.count("reads"), alone.count("reads"));
}

#[test]
fn a_killed_ingest_commits_no_part_of_a_file() {
    let program = Program::new();
    let files = program.path("files");
    for part in 0..8 {
        program.file(&format!("files/reads-{part}.csv"), reads(part * 4_000..(part + 1) * 4_000));
    }
    let path = files.to_str().unwrap();
    for wait in [5, 15, 40, 80, 150] {
        let mut child = program.command(&["ingest", path]).stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        let _ = child.kill();
        child.wait().unwrap();
        let so_far = program.count("reads");
        let whole = so_far == 0 || program.json(&["ingest", path])["totals"]["new"] == 0;
        assert!(whole, "a killed ingest left {so_far} rows");
    }
    program.json(&["ingest", path]);
    let untouched = Program::new();
    untouched.json(&["ingest", path]);
    assert_eq!(program.count("reads"), untouched.count("reads"));
}

#[test]
fn invalid_rows_go_to_rejects_and_valid_rows_are_ingested() {
    let program = Program::new();
    let text = "会员编号,身份证号,性别,居住地\n\
                M1,11010519491231002X,,朝阳\n\
                M2,110105194912310021,男,海淀\n\
                ,11010519491231002X,男,海淀\n\
                M3,,不明,朝阳\n";
    let result = program.json(&["ingest", &program.file("members.csv", text)]);
    assert_eq!(result["totals"]["rows"], 4);
    let rejected = result["totals"]["rejected"].as_u64().unwrap();
    assert_eq!(rejected + result["totals"]["new"].as_u64().unwrap(), 4);
    let reasons: u64 =
        result["totals"]["reject_reasons"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert!(reasons >= rejected);
    let members = program.json(&["sql", "select * from members where member_id = 'M1'"]);
    assert_eq!((&members[0]["birth_date"], &members[0]["gender"]), (&"1949-12-31".into(), &"female".into()));
    let rejects = program.json(&["sql", "select * from rejects"]).to_string();
    assert!(!rejects.contains("110105194912310021"), "an identity number was kept: {rejects}");
    assert!(rejects.contains("999999999999999999"), "its shape was not: {rejects}");
}

#[test]
fn an_unreadable_file_is_refused_and_the_others_are_ingested() {
    let good = reads(0..10);
    let packed = gzip(reads(0..2_000).as_bytes());
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("reads-a-truncated.csv.gz", packed[..packed.len() / 2].to_vec()),
        (
            "reads-a-encoding.csv",
            [b"member_id,article_id,read_at\nm1,\xff\xff\xff".as_slice(), b"\xfe,2026-11-01\n"].concat(),
        ),
        ("reads-a-missing.csv", b"member_id,read_at\nm1,2026-11-01 08:00:00\n".to_vec()),
        ("reads-a-empty.csv", Vec::new()),
        ("reads-a.parquet", b"PAR1 this is no parquet".to_vec()),
        ("reads-a.xlsx", b"PK this is no workbook".to_vec()),
    ];
    for (name, content) in cases {
        let program = Program::new();
        program.file(&format!("files/{name}"), content);
        program.file("files/reads-z-good.csv", &good);
        let (code, result) = program.json_and_code(&["ingest", program.path("files").to_str().unwrap()]);
        let files = result["files"].as_array().unwrap();
        assert_eq!(files[0]["status"], "refused", "{name}: {}", files[0]);
        assert!(files[0]["error"].as_str().unwrap().len() > 10, "{name} is refused without a word");
        assert_eq!((files[1]["status"].as_str(), code), (Some("ingested"), 1), "{name}");
        assert_eq!(program.count("reads") as u64, files[1]["new"].as_u64().unwrap(), "{name}");
    }
}

#[test]
fn broken_lines_of_json_are_rejects() {
    let program = Program::new();
    let lines = "{\"member_id\":\"m1\",\"article_id\":\"a1\",\"read_at\":1763000000}\n{\"member_id\":\n[1,2]\n";
    let result = program.json(&["ingest", &program.file("reads.jsonl", lines)]);
    assert_eq!(totals(&result), [3, 1, 0, 0, 2]);
}

#[test]
fn a_workbook_with_two_distant_cells_is_refused_within_limits() {
    let program = Program::new();
    let path = program.path("members.xlsx");
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write(0, 0, "member_id").unwrap();
    sheet.write(1_048_575, 16_383, "far away").unwrap();
    workbook.save(&path).unwrap();
    let (code, result) = program.json_and_code(&["ingest", path.to_str().unwrap()]);
    assert_eq!((code, result["files"][0]["status"].as_str()), (1, Some("refused")), "{result}");
}

#[test]
fn a_link_out_of_the_folder_is_not_followed() {
    let program = Program::new();
    program.file("secret/reads.csv", reads(0..5));
    program.file("files/reads-good.csv", reads(5..10));
    std::os::unix::fs::symlink(program.path("secret/reads.csv"), program.path("files/reads-link.csv")).unwrap();
    let (code, result) = program.json_and_code(&["ingest", program.path("files").to_str().unwrap()]);
    let status = |name: &str| {
        let files = result["files"].as_array().unwrap();
        let entry = files.iter().find(|file| file["path"].as_str().unwrap().ends_with(name)).unwrap();
        entry["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (code, status("reads-link.csv").as_str(), status("reads-good.csv").as_str()),
        (1, "refused", "ingested")
    );
}

#[test]
fn an_endless_line_is_refused_in_bounded_memory() {
    let program = Program::new();
    let path = program.path("reads-long.csv");
    let mut text = b"member_id,article_id,read_at\n".to_vec();
    text.resize(64 << 20, b'x');
    std::fs::write(&path, text).unwrap();
    let (code, result) = program.json_and_code(&["ingest", path.to_str().unwrap()]);
    assert_eq!((code, result["files"][0]["status"].as_str()), (1, Some("refused")));
}

#[test]
fn an_invalid_home_gives_exit_code_two() {
    let program = Program::without_home();
    program.file("home", "a file where the home should be");
    assert_eq!(program.fails(&["init"]).0, 2);
    let nothing = Program::without_home();
    assert_eq!(nothing.fails(&["sql", "select 1"]).0, 2);
    assert_eq!(nothing.fails(&["ingest"]).0, 2);
}
