//! Nightly runs: files leave the inbox, rosters lose personal data, maintenance completes erasures, and rejected rows
//! are reported.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::Value;

use crate::journey::AS_OF;
use crate::program::{Program, gzip};
use crate::rights::files_with;

const ID: &str = "11010519491231002X";
const NAME: &str = "张样例";
const PHONE: &str = "10012345678";

fn roster(member: &str) -> String {
    format!(
        "花名册 制表{NAME}\n会员编号,姓名,身份证号,联系电话,居住地\n{member},{NAME},{ID},{PHONE},朝阳\n\
         {member}b,\"{NAME},二\",{ID},{PHONE},朝阳,多出一格\n{member}c,{NAME},坏号码{PHONE},{PHONE},朝阳\n"
    )
}

fn reads(rows: std::ops::Range<u32>) -> String {
    let line = |row: u32| format!("m{row},a{},2026-11-01 08:00:00\n", row % 9);
    std::iter::once("member_id,article_id,read_at\n".to_owned()).chain(rows.map(line)).collect()
}

/// Returns every file below a folder by its relative path.
fn listed(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir().into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn settings(program: &Program, text: &str) {
    std::fs::write(program.home().join("zhihui.toml"), text).unwrap();
}

#[test]
fn ingested_files_move_and_refused_files_stay() {
    let program = Program::new();
    let inbox = program.home().join("inbox");
    program.file("home/inbox/reads.csv", reads(0..50));
    program.file("home/inbox/2026/reads-2.csv.gz", gzip(reads(50..80).as_bytes()));
    program.file("home/inbox/reads-bad.csv", "member_id,read_at\nm1,2026-11-01\n");
    program.file("home/inbox/notes.txt", "hello");
    let outside = program.file("outside/reads-3.csv", reads(80..90));
    let (code, run) = program.json_and_code(&["run", inbox.to_str().unwrap(), &outside, "--as-of", AS_OF]);
    assert_eq!(code, 1, "{run}");
    assert_eq!(listed(&inbox), ["done/2026/reads-2.csv.gz", "done/reads.csv", "notes.txt", "reads-bad.csv"]);
    assert!(Path::new(&outside).is_file(), "a file outside of the inbox is the user's");
    let refused = run["files"].as_array().unwrap().iter().find(|file| file["status"] == "refused").unwrap();
    assert!(refused["error"].as_str().unwrap().contains("article_id"), "{refused}");

    // The same name with other rows. Files in done/ are not read.
    program.file("home/inbox/reads.csv", reads(100..110));
    let (_, run) = program.json_and_code(&["run", "--as-of", AS_OF]);
    assert!(!run["files"].to_string().contains("done"), "{run}");
    let left = listed(&inbox);
    assert_eq!((left.len(), left.iter().filter(|name| name.starts_with("done/reads")).count()), (5, 2), "{left:?}");
    assert_eq!(program.count("reads"), 100);
}

#[test]
fn files_stay_or_are_deleted_as_configured() {
    for (after, left) in [("keep", vec!["reads.csv"]), ("delete", vec![])] {
        let program = Program::new();
        settings(&program, &format!("[inbox]\nafter_ingest = \"{after}\"\n"));
        program.file("home/inbox/reads.csv", reads(0..50));
        let roster = program.file("home/inbox/members.csv", roster("m1"));
        program.json_and_code(&["ingest", program.home().join("inbox").to_str().unwrap()]);
        assert!(!Path::new(&roster).exists(), "{after}: a roster with identity numbers lies in the inbox");
        let all = listed(&program.home().join("inbox"));
        assert_eq!(all.into_iter().filter(|name| !name.contains("done")).collect::<Vec<_>>(), left, "{after}");
        assert_eq!(program.count("reads"), 50);
        assert_eq!(files_with(&program.home(), &[ID, NAME, PHONE]), Vec::<PathBuf>::new(), "{after}");
    }
}

fn workbook(path: &Path, member: &str) {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, line) in roster(member).lines().enumerate() {
        for (column, cell) in line.split(',').enumerate() {
            sheet.write(row as u32, column as u16, cell).unwrap();
        }
    }
    book.save(path).unwrap();
}

fn parquet(path: &Path, member: &str) {
    let schema = "message roster { required binary member_id (UTF8); required binary id_number (UTF8); required binary phone (UTF8); }";
    let file = std::fs::File::create(path).unwrap();
    let schema = std::sync::Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(file, schema, std::sync::Arc::default()).unwrap();
    let mut rows = writer.next_row_group().unwrap();
    for value in [member, ID, PHONE] {
        let mut column = rows.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&[ByteArray::from(value)], None, None).unwrap();
        column.close().unwrap();
    }
    rows.close().unwrap();
    writer.close().unwrap();
}

#[test]
fn no_identity_number_name_or_phone_remains_in_any_format() {
    let program = Program::new();
    let inbox = program.home().join("inbox");
    program.file("home/inbox/members-1.csv", roster("m1"));
    program.file("home/inbox/members-2.csv.gz", gzip(roster("m2").as_bytes()));
    program.file(
        "home/inbox/members-4.jsonl",
        format!(
            "{{\"member_id\":\"m4\",\"id_number\":\"{ID}\",\"x\":{{\"姓名\":\"{NAME}\"}}}}\n{{\"phone\":\"{PHONE}\",\n"
        ),
    );
    workbook(&inbox.join("members-5.xlsx"), "m5");
    parquet(&inbox.join("members-6.parquet"), "m6");
    program.file(
        "home/inbox/sign_ups.csv",
        format!("会员编号,姓名,手机号,活动编号,报名时间,状态\nm1,{NAME},{PHONE},A1,2026-11-01,已报名\n"),
    );
    program.file("home/inbox/activities.csv", "activity_id,title,name\nA1,采摘,x\n");
    let report = program.json(&["ingest", inbox.to_str().unwrap()]);
    assert_eq!(program.count("members where birth_date is not null"), 5, "{report}");
    assert_eq!(program.count("sign_ups"), 1);
    let left = listed(&inbox);
    let kept = ["activities.csv", "members-1.csv", "members-2.csv.gz", "members-4.jsonl", "sign_ups.csv"];
    assert_eq!(left, kept.map(|name| format!("done/{name}")));
    assert_eq!(files_with(&program.home(), &[ID, NAME, PHONE]), Vec::<PathBuf>::new());
    let copy = std::fs::read_to_string(inbox.join("done/members-1.csv")).unwrap();
    assert_eq!(copy, "会员编号,居住地\nm1,朝阳\nm1c,朝阳\n");
}

#[test]
fn a_killed_ingest_loses_no_file_of_the_inbox() {
    let program = Program::new();
    let inbox = program.home().join("inbox");
    for part in 0..12 {
        program.file(&format!("home/inbox/reads-{part}.csv"), reads(part * 1_000..(part + 1) * 1_000));
        program.file(&format!("home/inbox/members-{part}.csv"), roster(&format!("m{part}x")));
    }
    let path = inbox.to_str().unwrap();
    for wait in [20, 60, 120, 400, 1_100, 1_200, 1_400] {
        let mut child = program.command(&["ingest", path]).stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        let _ = child.kill();
        child.wait().unwrap();
    }
    program.json(&["ingest", path]);
    assert_eq!((program.count("reads"), program.count("members")), (12_000, 12));
    let left = listed(&inbox);
    assert!(left.iter().all(|name| name.starts_with("done/") && !name.contains("/.")), "{left:?}");
    assert_eq!(files_with(&program.home(), &[ID, NAME, PHONE]), Vec::<PathBuf>::new());
}

#[test]
fn a_refused_file_fails_later_nightly_runs_only_if_it_changes() {
    let program = Program::new();
    program.file("home/inbox/reads.csv", reads(0..400));
    let strange = |column: &str| format!("member_id,{column}\nm1,x\n");
    program.file("home/inbox/members.csv", strange("退订"));
    let nightly_run = || program.json_and_code(&["run", "--nightly", "--budget", "0s", "--as-of", AS_OF]);
    let (code, first) = nightly_run();
    assert_eq!((code, first["steps"][0]["status"].as_str()), (1, Some("refused")), "{first}");
    for _ in 0..2 {
        let (code, later) = nightly_run();
        assert_eq!((code, later["steps"][0]["status"].as_str()), (0, Some("skipped")), "{later}");
        assert!(later["steps"][0]["why"].as_str().unwrap().contains("1 files refused"), "{later}");
        assert_eq!(later["files"][0]["status"], "refused", "{later}");
    }
    assert_eq!(program.json_and_code(&["run", "--budget", "0s", "--as-of", AS_OF]).0, 1, "a run by hand says so again");
    program.file("home/inbox/members.csv", strange("是否接收推送"));
    assert_eq!(nightly_run().0, 1, "another content");
    assert_eq!(nightly_run().0, 0);
}

#[test]
fn a_nightly_run_maintains_on_schedule_and_completes_erasures_at_once() {
    let program = Program::new();
    settings(&program, "[maintain]\nevery = \"7d\"\n");
    program.file("home/inbox/reads.csv", reads(0..400));
    program.file(
        "home/inbox/members.csv",
        (0..40).fold("member_id,openid\n".to_owned(), |text, n| format!("{text}m{n},oOpen{n:04}\n")),
    );
    let steps = |run: &Value| -> Vec<String> {
        run["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap().to_owned()).collect()
    };
    let plain = program.json(&["run", "--as-of", AS_OF]);
    assert!(!steps(&plain).contains(&"maintain".to_owned()), "{plain}");
    let first = program.json(&["run", "--nightly", "--as-of", AS_OF]);
    assert_eq!(steps(&first).last().unwrap(), "maintain", "{first}");
    assert_eq!(first["steps"][4]["status"], "done", "{first}");
    let second = program.json(&["run", "--nightly", "--as-of", AS_OF]);
    assert!(!steps(&second).contains(&"maintain".to_owned()), "seven days are not over: {second}");
    program.ok(&["member", "forget", "m7"]);
    let third = program.json(&["run", "--nightly", "--as-of", AS_OF]);
    assert_eq!(steps(&third).last().unwrap(), "maintain", "an erasure waits: {third}");
    assert!(third["steps"][4]["why"].as_str().unwrap().contains("1 finished, 0 wait"), "{third}");
    assert_eq!(files_with(&program.home(), &["oOpen0007"]), Vec::<PathBuf>::new());
    let doctor = program.json(&["doctor"]);
    let erasures = doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == "erasures").unwrap();
    assert_eq!(erasures["message"], "none waits", "{erasures}");
}

#[test]
fn a_damaged_file_is_named_and_only_it_delays_erasures() {
    let program = Program::new();
    program.file("home/inbox/reads.csv", reads(0..400));
    let members = (0..40).fold("member_id,openid\n".to_owned(), |text, n| format!("{text}m{n},oOpen{n:04}\n"));
    program.file("home/inbox/members.csv", &members);
    program.json(&["run", "--as-of", AS_OF]);
    program.ok(&["member", "forget", "m7"]);
    let whole = gzip(reads(0..400).as_bytes());
    let damaged = program.file("home/inbox/a-reads.csv.gz", &whole[..whole.len() - 30]);
    let other = program.file("home/inbox/notes/z.txt", "oOpen0006\noOpen0007\n");
    let book = program.file("home/inbox/broken.xlsx", "no workbook");

    let (_, night) = program.json_and_code(&["run", "--nightly", "--as-of", AS_OF]);
    let step = &night["steps"][4];
    let why = step["why"].as_str().unwrap();
    assert_eq!((&step["step"], &step["status"]), (&"maintain".into(), &"done".into()), "{night}");
    assert!(why.contains("0 finished, 1 wait") && why.contains("a-reads.csv.gz cannot be searched"), "{why}");
    assert_eq!(std::fs::read_to_string(other).unwrap(), "oOpen0006\n");
    assert_eq!(std::fs::read(&damaged).unwrap(), &whole[..whole.len() - 30]);
    std::fs::remove_file(&damaged).unwrap();
    let lake = program.home().join("lake");
    for folder in [&lake, &program.home().join("published"), &program.home().join("inbox")] {
        assert_eq!(files_with(folder, &["oOpen0007"]), Vec::<PathBuf>::new());
    }
    assert_eq!(program.count("members where member_id = 'm7'"), 0);

    let maintained = program.json(&["maintain"]);
    let why = maintained["erasures"]["why"].as_array().unwrap();
    assert_eq!((&maintained["erasures"]["waiting"], why.len()), (&1.into(), 1), "{maintained}");
    assert!(why[0].as_str().unwrap().contains("broken.xlsx cannot be searched"), "{maintained}");
    std::fs::remove_file(book).unwrap();
    let maintained = program.json(&["maintain"]);
    assert_eq!(maintained["erasures"]["erased"], 1, "{maintained}");
    assert_eq!(files_with(&program.home(), &["oOpen0007"]), Vec::<PathBuf>::new());
}

#[test]
fn a_nightly_run_of_the_service_completes_an_erasure() {
    let program = Program::new();
    let readers =
        (1..9).flat_map(|day| (0..30).map(move |m| format!("m{m},a{},2026-11-{day:02} 08:{m:02}:00\n", (m + day) % 9)));
    program.file(
        "home/inbox/reads.csv",
        std::iter::once("member_id,article_id,read_at\n".to_owned()).chain(readers).collect::<String>(),
    );
    program.file(
        "home/inbox/members.csv",
        (0..30).fold("member_id,openid\n".to_owned(), |text, n| format!("{text}m{n},oOpen{n:04}\n")),
    );
    program.json(&["run", "--as-of", "2026-11-09"]);
    program.ok(&["member", "forget", "m7"]);
    assert_ne!(files_with(&program.home(), &["oOpen0007"]), Vec::<PathBuf>::new());
    let _server = program.serve_with(&["--nightly", "02:00", "--as-of", "2026-11-10T01:59:57+08:00"]);
    let began = Instant::now();
    loop {
        let doctor = program.json(&["doctor"]);
        let checks = doctor["checks"].as_array().unwrap();
        if checks.iter().any(|check| check["name"] == "erasures" && check["message"] == "none waits") {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(90), "the erasure still waits: {doctor}");
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(files_with(&program.home(), &["oOpen0007"]), Vec::<PathBuf>::new());
}

#[test]
fn a_run_reports_rejected_rows_and_names_a_refused_file_once() {
    let program = Program::new();
    let good = program.file("files/reads.csv", format!("{}m1,,2026-11-01\nm2,a,gestern\n", reads(0..20)));
    let bad = program.file("files/reads-bad.csv", "member_id,read_at\nm1,2026-11-01\n");
    let output = program.run(&["run", &good, &bad, "--as-of", AS_OF]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("2 rejected") && stderr.contains("22 rows"), "{stderr}");
    let lines: Vec<&str> = stderr.lines().filter(|line| line.contains("reads-bad.csv")).collect();
    assert_eq!(lines.len(), 1, "{stderr}");
    assert_eq!(lines[0].matches("reads-bad.csv").count(), 1, "{stderr}");
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("2 of 22 rows rejected") && table.contains("bad_time 1"), "{table}");
}

#[test]
fn one_district_has_one_name_in_files_rules_and_limits() {
    let program = Program::new();
    let people = "member_id,openid,home_district\nm1,o1,朝阳区\nm2,o2,朝阳\nm3,o3,海淀区\n";
    program.file("files/members.csv", people);
    let window = "sign_up_opens_at,sign_up_closes_at";
    program.file(
        "files/activities.csv",
        format!("activity_id,title,topics,open_to_districts,{window}\nA1,采摘,亲子,朝阳区,2026-11-01,2026-12-01\n"),
    );
    program.file("files/reads.csv", reads(0..60));
    program.json(&["run", program.path("files").to_str().unwrap(), "--as-of", AS_OF]);
    let rows = program.json(&[
        "sql",
        "select home_district, count(*) as n from members where home_district is not null group by 1 order by 2 desc",
    ]);
    assert_eq!((&rows[0]["home_district"], &rows[0]["n"]), (&"朝阳".into(), &2.into()), "{rows}");
    for name in ["朝阳", "朝阳区"] {
        let rule = program.file("rule.json", format!("{{\"field\":\"home_district\",\"eq\":\"{name}\"}}"));
        let preview = program.json(&["audience", "--item", "A1", "--rule", &rule, "--hold-out", "0", "--as-of", AS_OF]);
        assert_eq!(preview["selected"], 2, "{name}: {preview}");
    }
}
