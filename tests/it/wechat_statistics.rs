//! Statistics of the account: fetched from the simulated account by the real program, built, and reported beside ours.

use chrono::{Days, NaiveDate, Utc};
use serde_json::Value;
use zhihui_data::Zone;

use crate::program::{Program, Server};

const MEMBERS: usize = 40;

/// The days before today in Beijing that WeChat has figures of for sure.
fn days_back(days: u64) -> NaiveDate {
    Zone::default().day(Utc::now()).checked_sub_days(Days::new(days)).unwrap()
}

/// A home whose members read on each of the last days: all 40, but 3 on the fourth day.
fn home() -> Program {
    let program = Program::new();
    let members = (0..MEMBERS).map(|id| format!("m{id},u1\n")).collect::<String>();
    let members = program.file("members.csv", format!("member_id,union_id\n{members}"));
    let readers = |day: u64| if day == 4 { 3 } else { MEMBERS };
    let read = |day: u64| (0..readers(day)).map(move |id| format!("m{id},a1,{} 12:00:00\n", days_back(day)));
    let reads = (2..9).flat_map(read).collect::<String>();
    let reads = program.file("reads.csv", format!("member_id,article_id,read_at\n{reads}"));
    program.ok(&["ingest", &members, &reads]);
    program
}

fn simulate(program: &Program) -> Server {
    program.simulate_wechat(&["--followers", "4000", "--article-days", "12"])
}

fn fetch(program: &Program, simulator: &Server, more: &[&str]) -> Value {
    let (from, to, url) = (days_back(8).to_string(), days_back(1).to_string(), simulator.url(""));
    program.json(&[&["wechat-statistics", "--url", &url, "--from", &from, "--to", &to], more].concat())
}

fn rows(program: &Program) -> Value {
    let columns =
        "generation, interface, cast(day as varchar) as day, msgid, source, read_users, share_users, followers";
    program.json(&["sql", &format!("select {columns} from account_statistics order by 1, 2, 3, 4, 5")])
}

fn metric(report: &Value, name: &str) -> Value {
    report["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == name).cloned().unwrap_or_default()
}

fn table<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["tables"].as_array().unwrap().iter().find(|table| table["name"] == name).unwrap()
}

#[test]
fn fetched_statistics_stand_beside_ours_in_the_report() {
    let program = home();
    let simulator = simulate(&program);
    let first = fetch(&program, &simulator, &[]);
    assert!(first["fetched"].as_u64().unwrap() > 20 && first["fetched"] == first["planned"], "{first}");
    assert_eq!((&first["error"], &first["ingest"]["totals"]["rejected"]), (&Value::Null, &Value::from(0)), "{first}");
    let stored = rows(&program);
    assert!(
        stored.as_array().unwrap().iter().all(|row| row["generation"] == "new"
            || row["followers"] != Value::Null
            || row["interface"] == "getusersummary"),
        "days since November 2025 come from the new interfaces"
    );

    let again = fetch(&program, &simulator, &[]);
    assert!(again["planned"].as_u64() < first["planned"].as_u64(), "days that the lake has are not fetched: {again}");
    assert_eq!(rows(&program), stored);
    let again = fetch(&program, &simulator, &["--again"]);
    assert_eq!(again["planned"], first["planned"]);
    assert_eq!(rows(&program), stored, "the same days fetched twice");

    program.ok(&["build"]);
    let (from, to) = (days_back(8).to_string(), days_back(1).to_string());
    let report = program.json(&["report", "--from", &from, "--to", &to]);
    let days = table(&report, "account_days");
    let column = |name: &str| days["columns"].as_array().unwrap().iter().position(|column| column == name).unwrap();
    let (account, ours, share) =
        (column("account_read_users"), column("identified_read_users"), column("identified_share"));
    let rows = days["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 7, "{days}");
    let fourth = rows.iter().find(|row| row[0] == days_back(4).to_string()).unwrap();
    assert_eq!((fourth[ours].as_str(), fourth[share].as_str()), (Some("<10"), Some("<10")), "{days}");
    let shown: Vec<&Value> = rows.iter().filter(|row| row[ours].is_u64()).collect();
    let sum = |rows: &[&Value], at: usize| rows.iter().map(|row| row[at].as_f64().unwrap()).sum::<f64>();
    let identified = metric(&report, "identified_share");
    assert_eq!(identified["numerator"].as_f64(), Some(sum(&shown, ours)), "{identified} {days}");
    assert_eq!(identified["denominator"].as_f64(), Some(sum(&shown, account)), "{identified} {days}");
    assert!(identified["value"].as_f64().unwrap() > 0.0);
    let all: Vec<&Value> = rows.iter().collect();
    assert_eq!(metric(&report, "account_read_users")["value"].as_f64(), Some(sum(&all, account)));
    assert_eq!(metric(&report, "account_reads")["value"], Value::Null, "the new interfaces count people only");
    assert!(!table(&report, "account_articles")["rows"].as_array().unwrap().is_empty(), "{report}");
    let notes = report["notes"].to_string();
    assert!(notes.contains("账号口径") && notes.contains("不能相加") && notes.contains("新接口"), "{notes}");
    let text = program.ok(&["report", "--from", &from, "--to", &to]);
    assert!(text.contains("识别率"), "{text}");
}

#[test]
fn a_fetched_file_is_the_same_as_the_call() {
    let program = home();
    let simulator = simulate(&program);
    fetch(&program, &simulator, &[]);
    let other = Program::new();
    let done = program.home().join("inbox/done/wechat-statistics");
    other.ok(&["ingest", done.to_str().unwrap()]);
    assert_eq!(rows(&other), rows(&program));
}

#[test]
fn errors_of_wechat_are_explained_and_impossible_days_refused() {
    let program = Program::new();
    let simulator = simulate(&program);
    let url = simulator.url("");
    let settings = program.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let account = "[wechat]\napp_id = \"wx00000000simulator\"\nsecret = \"another\"\n";
    std::fs::write(&settings, format!("{text}\n{account}")).unwrap();
    let (code, stderr) = program.fails(&["--lang", "zh", "wechat-statistics", "--url", &url]);
    assert!(code == 1 && stderr.contains("40125") && stderr.contains("AppSecret 不正确"), "{code}: {stderr}");
    assert!(stderr.contains("continues with the rest"), "{stderr}");
    std::fs::write(&settings, text).unwrap();
    let tomorrow = Zone::default().day(Utc::now()).checked_add_days(Days::new(1)).unwrap().to_string();
    for (arguments, says) in [
        (&["--to", &tomorrow][..], "08:00"),
        (&["--from", "2014-01-01", "--to", "2015-01-01"], "no figures before 2014-12-01"),
        (&["--from", "2025-11-02", "--to", "2025-11-01"], "not before the end"),
        (&["--generation", "new", "--from", "2025-10-01", "--to", "2025-11-01"], "from 2025-11-01"),
        (&["--interface", "getupstreammsg"], "getbizsummary"),
    ] {
        let (code, stderr) = program.fails(&[&["wechat-statistics", "--url", &url], arguments].concat());
        assert!(code == 2 && stderr.contains(says), "{code}: {stderr}");
    }
    assert_eq!(program.count("account_statistics"), 0);
}
