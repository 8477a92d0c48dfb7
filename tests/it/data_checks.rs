//! Data checks: missing, late or empty data are reported, and severe cases are not published.

use serde_json::Value;

use crate::program::Program;

const AS_OF: &str = "2026-11-10T12:00:00+08:00";

/// A roster with or without openids.
fn roster(members: usize, openids: bool) -> String {
    (0..members).fold("member_id,openid,union_id,birth_year\n".to_owned(), |text, member| {
        let openid = if openids { format!("o{member}") } else { String::new() };
        format!("{text}m{member:04},{openid},U1,1990\n")
    })
}

/// A published home with 400 members who read one article a day for ten days.
fn home() -> Program {
    let program = Program::new();
    program.file("home/inbox/members.csv", roster(400, true));
    program.file("home/inbox/unions.csv", "union_id,name\nU1,First\n");
    program.file(
        "home/inbox/articles.csv",
        "article_id,title,topics,published_at\na1,Spring,outing,2026-10-30 08:00:00\n",
    );
    let reads = (1..10).flat_map(|day| (0..400).map(move |member| (day, member)));
    let reads = reads.fold("member_id,article_id,read_at\n".to_owned(), |text, (day, member)| {
        format!("{text}m{member:04},a1,2026-11-{day:02}T08:00:00+08:00\n")
    });
    program.file("home/inbox/reads.csv", reads);
    let run = program.json(&["run", "--budget", "0s", "--as-of", AS_OF]);
    let serious = run["checks"].as_array().unwrap().iter().find(|check| check["status"] == "fail");
    assert!(serious.is_none(), "{run}");
    program
}

fn run(program: &Program, more: &[&str]) -> (i32, Value) {
    let mut arguments = vec!["run", "--budget", "0s", "--as-of", "2026-11-10T13:00:00+08:00"];
    arguments.extend(more);
    program.json_and_code(&arguments)
}

fn status(checks: &Value, name: &str) -> String {
    let found = checks.as_array().unwrap().iter().find(|check| check["name"] == name);
    found.map(|check| check["status"].as_str().unwrap().to_owned()).unwrap_or_default()
}

#[test]
fn half_a_roster_is_a_warning_in_doctor_pages_and_reports() {
    let program = home();
    program.file("home/inbox/members-2.csv", roster(180, true).replace("1990", "1991"));
    let (code, done) = run(&program, &[]);
    assert_eq!((code, status(&done["checks"], "data_roster").as_str()), (0, "warn"), "{done}");
    assert_eq!(program.count("members"), 400, "a roster without a member does not remove the member");
    let (code, diagnosis) = program.json_and_code(&["doctor"]);
    assert_eq!((code, status(&diagnosis["checks"], "data_roster").as_str()), (0, "warn"), "{diagnosis}");
    let report = program.json(&["report", "--as-of", AS_OF]);
    assert!(report["notes"].to_string().contains("名册文件"), "{}", report["notes"]);
    let key = program.json(&["key", "add", "reader", "--scope", "staff"])["key"].as_str().unwrap().to_owned();
    let (page, english) = {
        let server = program.serve_as_of(AS_OF);
        (server.get("/", Some(&key)).1, server.get("/?lang=en", Some(&key)).1)
    };
    assert!(page.contains("最新的名册文件比近期最长的一份短很多"), "{page}");
    assert!(english.contains("the newest roster is much shorter than the longest recent one"), "{english}");
}

#[test]
fn a_build_without_most_data_is_not_published_until_accepted() {
    let program = home();
    let before = program.json(&["run", "--plan"])["version"].clone();
    // A roster without openids: no member can be reached.
    program.file("home/inbox/members-2.csv", roster(400, false));
    for attempt in ["first", "again"] {
        let (code, refused) = run(&program, &[]);
        assert_eq!((code, &refused["version"]), (1, &before), "{attempt}: {refused}");
        assert_eq!(status(&refused["checks"], "data_values"), "fail", "{attempt}: {refused}");
        let publish = &refused["steps"][3];
        assert_eq!((publish["step"].as_str(), publish["status"].as_str()), (Some("publish"), Some("refused")));
        assert!(publish["why"].as_str().unwrap().contains("--accept-checks"), "{publish}");
    }
    assert_eq!(program.fails(&["publish"]).0, 1);
    assert_eq!(program.json_and_code(&["doctor"]).0, 1);
    let (code, accepted) = run(&program, &["--accept-checks"]);
    assert!(code == 0 && accepted["version"] != before, "{accepted}");
    let (code, diagnosis) = program.json_and_code(&["doctor"]);
    assert_eq!((code, status(&diagnosis["checks"], "data_values").as_str()), (0, "warn"), "{diagnosis}");
    assert_eq!(run(&program, &[]).0, 0, "what was accepted is what the next build is compared with");
}

#[test]
fn a_corrected_roster_is_published_without_acceptance() {
    let program = home();
    program.file("home/inbox/members-2.csv", roster(12, true).replace("1990", "1991"));
    let (code, refused) = run(&program, &[]);
    assert_eq!((code, status(&refused["checks"], "data_roster").as_str()), (1, "fail"), "{refused}");
    program.file("home/inbox/members-3.csv", roster(400, true).replace("1990", "1992"));
    let (code, done) = run(&program, &[]);
    assert_eq!((code, status(&done["checks"], "data_roster").as_str()), (0, "ok"), "{done}");
}

#[test]
fn files_with_only_changes_are_not_compared_if_so_configured() {
    let program = home();
    program.file("home/zhihui.toml", "[checks]\nfull_files = []\n");
    program.file("home/inbox/members-2.csv", roster(12, true).replace("1990", "1991"));
    let (code, done) = run(&program, &[]);
    assert_eq!((code, status(&done["checks"], "data_roster").as_str()), (0, "ok"), "{done}");
}

#[test]
fn a_table_that_lost_its_rows_is_not_published() {
    let program = home();
    std::fs::remove_dir_all(program.home().join("lake/raw/reads")).unwrap();
    program.file("home/inbox/reads.csv", "member_id,article_id,read_at\nm0001,a1,2026-11-10 11:00:00\n");
    let (code, refused) = run(&program, &[]);
    assert_eq!((code, status(&refused["checks"], "data_volume").as_str()), (1, "fail"), "{refused}");
    assert_eq!(status(&refused["checks"], "data_days"), "warn", "{refused}");
}

#[test]
fn late_tables_and_undescribed_items_are_counted() {
    let program = home();
    program.file("home/inbox/reads-2.csv", "member_id,article_id,read_at\nm0001,stray,2026-11-09 08:00:00\n");
    let (_, done) = run(&program, &[]);
    let items = done["checks"].as_array().unwrap().iter().find(|check| check["name"] == "data_items").unwrap();
    assert!(items["status"] == "warn" && items["message"]["en"].as_str().unwrap().starts_with("1 items"), "{items}");
    let (_, later) = program.json_and_code(&["run", "--budget", "0s", "--as-of", "2026-11-20"]);
    assert_eq!(status(&later["checks"], "data_freshness"), "warn", "{later}");
}
