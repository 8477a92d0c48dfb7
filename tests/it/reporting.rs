//! Reports and SQL of the real program: before the first build, wrong periods, zones, figures that repeat.

use std::time::Duration;

use serde_json::Value;

use crate::journey::{AS_OF, union};
use crate::program::Program;

/// A home in another zone with a few members who read on the evening of 9 November, which is the tenth in Shanghai.
fn new_york() -> Program {
    let program = Program::new();
    let settings = program.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("zone = \"America/New_York\"\n{text}")).unwrap();
    let ids: Vec<usize> = (0..30).collect();
    let lines = |head: &str, line: &dyn Fn(&usize) -> String| {
        std::iter::once(head.to_owned()).chain(ids.iter().map(line)).collect::<Vec<_>>().join("\n")
    };
    let members = program.file("members.csv", lines("member_id,union_id", &|id| format!("m{id},u1")));
    let read = |id: &usize| format!("m{id},a1,2026-11-09T21:00:00-05:00,{}", 10 * id);
    let reads = program.file("reads.csv", lines("member_id,article_id,read_at,dwell_seconds", &read));
    program.ok(&["ingest", &members, &reads]);
    program.ok(&["build", "--as-of", AS_OF]);
    program
}

fn metric(report: &Value, name: &str) -> Value {
    report["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == name).unwrap().clone()
}

#[test]
fn a_report_before_the_first_build_names_the_command_to_run() {
    let program = Program::new();
    let key = program.json(&["key", "add", "leader", "--scope", "leader"])["key"].as_str().unwrap().to_owned();
    let server = program.serve();
    let (status, page) = server.get("/reports", Some(&key));
    assert!(status == 200 && page.contains("还没有可以报告的数据") && page.contains("zhihui run"), "{status}: {page}");
    let (status, problem) = server.get_json("/v1/reports/engagement", &key);
    assert_eq!((status, &problem["code"]), (503, &Value::from("report_unavailable")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("zhihui run"), "{problem}");
    let (code, stderr) = program.fails(&["report"]);
    assert!(code == 1 && stderr.contains("zhihui build"), "{code}: {stderr}");
}

#[test]
fn an_error_names_a_start_in_the_future_or_out_of_range() {
    let program = union();
    let (_, stderr) = program.fails(&["report", "--from", "2027-01-01", "--as-of", AS_OF]);
    assert!(stderr.contains("--from") && stderr.contains("2026-11-19") && !stderr.contains("--to"), "{stderr}");
    for day in ["-200000-01-01", "-262143-01-01"] {
        let (code, stderr) = program.fails(&["report", &format!("--from={day}"), "--as-of", AS_OF]);
        assert!(
            (code == 1 || code == 2) && stderr.contains("1970") && !stderr.contains("panicked"),
            "{day}: {code}: {stderr}"
        );
        let (_, stderr) = program.fails(&["report", &format!("--to={day}"), "--as-of", AS_OF]);
        assert!(stderr.contains("1970") && !stderr.contains("panicked"), "{day}: {stderr}");
    }
}

#[test]
fn a_report_file_uses_the_days_of_the_zone() {
    let program = new_york();
    let page = program.path("report.html");
    program.ok(&["report", "--out", page.to_str().unwrap(), "--as-of", AS_OF]);
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.contains("2026-10-20 至 2026-11-18（共 30 天）"), "{html}");
    assert!(html.contains("2026-11-09"), "the day of the reads");
}

#[test]
fn a_repeated_report_has_the_same_figures_and_an_exact_median() {
    let program = new_york();
    let report = program.json(&["report", "--as-of", AS_OF]);
    // Seconds 0, 10, …, 290.
    assert_eq!(metric(&report, "dwell_seconds")["value"], 145.0, "{report}");
    assert_eq!(report["filters"]["compare"], "previous");
    let sample = union();
    let first = sample.json(&["report", "--as-of", AS_OF]);
    for _ in 0..3 {
        assert_eq!(sample.json(&["report", "--as-of", AS_OF]), first);
    }
    let file = sample.path("twice.json");
    sample.ok(&["report", "--out", file.to_str().unwrap(), "--as-of", AS_OF]);
    let written: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(written, first);
}

/// Two members of 40 read on the day before; the file of their reads is not ingested yet.
fn readers() -> (Program, String) {
    let program = Program::new();
    let members: String = (0..40).map(|id| format!("m{id},u1\n")).collect();
    let members = program.file("members.csv", format!("member_id,union_id\n{members}"));
    let reads = |day: &str| -> String { (0..20).map(|id| format!("m{id},a1,{day}T10:00:00+08:00\n")).collect() };
    let first = program.file("reads-1.csv", format!("member_id,article_id,read_at\n{}", reads("2026-11-10")));
    let second = program.file("reads-2.csv", format!("member_id,article_id,read_at\n{}", reads("2026-11-12")));
    program.ok(&["run", &members, &first, "--as-of", AS_OF, "--budget", "0s", "--accept-checks"]);
    (program, second)
}

#[test]
fn a_kept_report_is_made_again_after_a_build() {
    let (program, more_reads) = readers();
    let key = program.json(&["key", "add", "leader", "--scope", "leader"])["key"].as_str().unwrap().to_owned();
    let server = program.serve_as_of(AS_OF);
    let reads = || {
        let (status, report) = server.get_json("/v1/reports/engagement?from=2026-11-01&to=2026-11-15", &key);
        assert_eq!(status, 200, "{report}");
        (metric(&report, "reads")["value"].as_f64().unwrap(), report["as_of"].as_str().unwrap().to_owned())
    };
    let first = reads();
    std::thread::sleep(Duration::from_millis(1_100));
    assert_eq!((first.0, reads()), (20.0, first.clone()), "kept, with the time at which it was made");
    program.ok(&["ingest", &more_reads]);
    program.ok(&["build", "--as-of", AS_OF]);
    let second = reads();
    assert_eq!(second.0, 40.0);
    assert!(second.1 > first.1, "{first:?} {second:?}");
}

#[test]
fn reports_that_the_pages_offer_are_made_after_publishing_before_somebody_asks() {
    let (program, more_reads) = readers();
    let key = program.json(&["key", "add", "leader", "--scope", "leader"])["key"].as_str().unwrap().to_owned();
    let server = program.serve_as_of(AS_OF);
    program.ok(&["run", &more_reads, "--as-of", AS_OF, "--budget", "0s", "--accept-checks"]);
    let time = |text: &Value| chrono::DateTime::parse_from_rfc3339(text.as_str().unwrap()).unwrap();
    // Each request would keep the report that it asks for, so that each period can be asked for once.
    let offered =
        ["", "?from=2026-11-01&to=2026-11-21", "?from=2026-10-01&to=2026-11-01", "?from=2026-01-01&to=2026-11-21"];
    let is_made_before = |period: &str| {
        std::thread::sleep(Duration::from_secs(5));
        let newest = server.get_json("/v1/reports/engagement?from=2026-11-03&to=2026-11-04", &key).1;
        std::thread::sleep(Duration::from_millis(1_100));
        let report = server.get_json(&format!("/v1/reports/engagement{period}"), &key).1;
        time(&report["as_of"]) <= time(&newest["as_of"])
    };
    assert!(offered.into_iter().any(is_made_before), "no report was made before it was asked for");
}

#[test]
fn an_error_about_an_unknown_table_lists_the_tables() {
    let program = union();
    let (code, stderr) = program.fails(&["sql", "select * from nosuch"]);
    assert!(
        code == 1 && stderr.contains("no table \"nosuch\"") && stderr.contains("member_states, "),
        "{code}: {stderr}"
    );
    let (_, stderr) = program.fails(&["sql", "select nosuch from members"]);
    assert!(stderr.contains("nosuch") && !stderr.contains("datafusion"), "{stderr}");
}

#[test]
fn the_minimum_group_size_is_at_least_five() {
    let program = new_york();
    let settings = program.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}\n[report]\nfewest_people = 40\n")).unwrap();
    let report = program.json(&["report", "--as-of", AS_OF]);
    assert_eq!(metric(&report, "members")["suppressed"], true, "{report}");
    assert_eq!(report["fewest_people"], 40);
    std::fs::write(&settings, format!("{text}\n[report]\nfewest_people = 4\n")).unwrap();
    let (_, stderr) = program.fails(&["report"]);
    assert!(stderr.contains("5 or more"), "{stderr}");
}
