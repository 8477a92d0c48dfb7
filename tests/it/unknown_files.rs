//! Files of other systems: what is understood is shown before anything is read, and a mapping is suggested.

use serde_json::Value;

use crate::program::Program;

const CLICKS: &str = "user_id,session_start,click_article_id,click_timestamp,scroll_percentage\n\
                      7,1506825423000,157541,1506826828020,40\n8,1506825423000,68866,1506826858020,100\n";

fn files_in(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    names.sort();
    names
}

#[test]
fn a_dry_run_shows_columns_rows_and_rejects_and_writes_nothing() {
    let program = Program::without_home();
    let file = program.file(
        "members.csv",
        "会员花名册\n会员编号;性别;出生日期;openid;爱好;home_distrct\n1;男;1985年3月;oXk_9aB;棋;朝阳\n2;不明;1990-01-01;oXk_9aC;;\n",
    );
    let shown = program.json_and_code(&["ingest", "--dry-run", &file]).1;
    let preview = &shown["files"][0];
    assert_eq!((&preview["status"], &preview["table"]), (&"readable".into(), &"members".into()), "{preview}");
    assert_eq!((&preview["encoding"], &preview["format"]), (&"UTF-8".into(), &"csv".into()));
    let table = &preview["tables"][0];
    assert_eq!((&table["separator"], &table["header_row"]), (&";".into(), &2.into()), "{table}");
    let column = |header: &str| {
        let columns = table["columns"].as_array().unwrap();
        columns.iter().find(|column| column["header"] == header).cloned().unwrap_or(Value::Null)
    };
    assert_eq!(
        (&column("会员编号")["columns"][0], &column("会员编号")["by"]),
        (&"member_id".into(), &"synonym".into())
    );
    assert_eq!(column("openid")["by"], "name");
    let unknown = preview["unknown_columns"].as_array().unwrap();
    assert!(
        unknown.iter().any(|one| one["name"] == "home_distrct" && one["similar"] == "home_district"),
        "{unknown:?}"
    );
    assert!(unknown.iter().any(|one| one["name"] == "爱好" && one["similar"].is_null()), "{unknown:?}");
    assert_eq!((&preview["rows"], &preview["rejected"]), (&2.into(), &1.into()));
    assert_eq!(preview["rejects"][0]["reason"], "bad_choice");
    let row = &preview["sample"][0];
    assert_eq!(
        (&row["member_id"], &row["gender"], &row["birth_date"]),
        (&"1".into(), &"male".into(), &"1985-…".into())
    );
    assert_eq!(row["openid"], "AAA_9AA", "an openid is shown as its shape");
    let text = program.ok(&["ingest", "--dry-run", &file]);
    for part in
        ["separated by ;", "did you mean home_district?", "→ member_id (by synonym)", "rejected for bad_choice: 1"]
    {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!program.home().exists(), "a dry run makes no home");
}

#[test]
fn a_dry_run_agrees_with_ingest_and_knows_what_is_in_the_lake() {
    let program = Program::new();
    let good = program.file("reads.csv", "member_id,article_id,read_at\nm1,a1,2026-11-01 08:30:00\nm2,a2,yesterday\n");
    let before = files_in(&program.home());
    let shown = program.json(&["ingest", "--dry-run", &good]);
    assert_eq!(shown["files"][0]["sample"][0]["read_at"], "2026-11-01 08:30:00+08:00");
    assert_eq!(files_in(&program.home()), before);
    let read = program.json(&["ingest", &good]);
    for count in ["rows", "rejected", "reject_reasons"] {
        assert_eq!(shown["files"][0][count], read["files"][0][count], "{count}");
    }
    assert_eq!(program.json(&["ingest", "--dry-run", &good])["files"][0]["status"], "already");
    let bad = program.file("reads-2.csv", "member,article_id\nm1,a1\n");
    let (code, shown) = program.json_and_code(&["ingest", "--dry-run", &bad]);
    assert_eq!((code, &shown["files"][0]["status"]), (1, &"refused".into()), "{shown}");
    let columns = shown["files"][0]["tables"][0]["columns"].as_array().unwrap();
    assert_eq!(columns.len(), 2, "the columns of a refused file are shown: {shown}");
}

#[test]
fn a_suggested_source_can_be_pasted_and_reads_the_file() {
    let program = Program::new();
    let clicks = program.file(
        "clicks_hour_000.csv",
        CLICKS.replace(",scroll_percentage", "").replace(",40\n", "\n").replace(",100\n", "\n"),
    );
    let suggested = program.json(&["source", "suggest", &clicks]);
    assert_eq!(
        (&suggested["table"], &suggested["missing"]),
        (&"reads".into(), &Value::Array(Vec::new())),
        "{suggested}"
    );
    let section = suggested["toml"].as_str().unwrap();
    for line in [
        "columns.member_id = \"user_id\"",
        "columns.read_at = \"click_timestamp\"",
        "time.read_at = \"unix_ms\"",
        "match = \"clicks_hour_*.csv\"",
    ] {
        let found =
            section.lines().find(|found| found.starts_with(line)).unwrap_or_else(|| panic!("{line} in {section}"));
        assert!(found.contains("# sure") || found.contains("# unsure"), "{found}");
    }
    assert_eq!(suggested["tried"]["rejected"], 0, "{suggested}");
    let settings = program.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}\n{}", program.ok(&["source", "suggest", &clicks]))).unwrap();
    let shown = program.json(&["ingest", "--dry-run", &clicks]);
    let row = &shown["files"][0]["sample"][0];
    assert_eq!((&row["member_id"], &row["read_at"]), (&"7".into(), &"2017-10-01 11:00:28.020+08:00".into()), "{shown}");
}

#[test]
fn suggestions_are_marked_where_a_person_must_decide() {
    let program = Program::new();
    let clicks = program.file("clicks.csv", CLICKS);
    let section = program.json(&["source", "suggest", &clicks])["toml"].as_str().unwrap().to_owned();
    let line = |start: &str| {
        section.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {section}"))
    };
    assert!(line("factor.read_fraction = 0.01").contains("# unsure"), "{section}");
    assert!(line("table = \"reads\"").contains("# unsure"));
    assert!(line("# not used: ").contains("session_start"));
    let answers = program.file(
        "rsvps.csv",
        "rsvp_id,event_id,member_id,guests,response,created,mtime\n\
         679903002,\"100349082\",9410518,0,\"yes\",1360112283000,1360112283000\n\
         673056552,\"100349082\",75502032,2,\"no\",1359658985000,1359658985000\n",
    );
    let section = program.json(&["source", "suggest", &answers])["toml"].as_str().unwrap().to_owned();
    for start in [
        "columns.sign_up_id = \"rsvp_id\"",
        "columns.activity_id = \"event_id\"",
        "values.status = { \"no\" = \"cancelled\", \"yes\" = \"registered\" }",
        "add.tickets = 1",
        "time.updated_at = \"unix_ms\"",
    ] {
        assert!(section.lines().any(|line| line.starts_with(start)), "{start} is not in {section}");
    }
    let strange = program.file("strange.csv", "colour,weight\nred,3\n");
    let (code, message) = program.fails(&["source", "suggest", &strange]);
    assert!(code == 1 && message.contains("colour, weight") && message.contains("--table"), "{message}");
}

#[test]
fn the_settings_are_checked_and_all_unknown_keys_named() {
    let program = Program::new();
    assert!(program.ok(&["config", "check"]).contains("valid"));
    program.file("home/zhihui.toml", "zon = \"Asia/Shanghai\"\n\n[push]\nper_mont = 3\n");
    let output = program.run(&["config", "check"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    for part in
        [":1: unknown key \"zon\"; did you mean \"zone\"?", ":4: unknown key \"per_mont\"; did you mean \"per_month\"?"]
    {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let (_, checked) = program.json_and_code(&["config", "check"]);
    assert_eq!((&checked["ok"], &checked["problems"][1]["line"]), (&false.into(), &4.into()), "{checked}");
    let (code, message) = program.fails(&["ingest", "--dry-run", "nothing.csv"]);
    assert!(
        code == 2 && message.contains("did you mean \"per_month\"?") && message.contains("config check"),
        "{message}"
    );
}

#[test]
fn a_mapping_chosen_on_the_page_is_kept_and_the_next_run_reads_by_it() {
    let program = Program::new();
    let key = |role: &str| program.json(&["key", "add", role, "--scope", role])["key"].as_str().unwrap().to_owned();
    let (staff, leader) = (key("staff"), key("leader"));
    program.file("home/inbox/visits_001.csv", "who,what,moment\n7,a1,1506826828020\n8,a2,1506826858020\n");
    let server = program.serve();
    let (status, page) = server.get("/data/mapping?file=visits_001.csv", Some(&staff));
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("看不出属于哪张表") && !page.contains(program.home().to_str().unwrap()), "{page}");
    let (_, page) = server.get("/data/mapping?file=visits_001.csv&table=reads", Some(&staff));
    assert!(page.contains("column.moment") && !page.contains("保留这个对应关系"), "{page}");
    let choice = "file=visits_001.csv&table=reads&column.who=member_id&column.what=article_id&column.moment=read_at";
    let (_, page) = server.get(&format!("/data/mapping?{choice}"), Some(&staff));
    assert!(
        page.contains("2017-10-01 11:00:28.020+08:00") && page.contains("time.read_at = &#34;unix_ms&#34;"),
        "{page}"
    );
    assert_eq!(server.post_form_as("/data/mapping", &leader, choice).0, 403);
    assert!(!program.home().join("mappings.toml").exists());
    let (status, page) = server.post_form_as("/data/mapping", &staff, choice);
    // The client follows the redirect without its key.
    assert!(status == 200 && page.contains("/data?done=mapped"), "{status} {page}");
    let (_, page) = server.get("/data/mapping?file=visits_001.csv", Some(&staff));
    assert!(page.contains("不需要再选"), "{page}");
    for outside in ["..%2Fzhihui.toml", "%2Fetc%2Fpasswd", ".hidden", "nothing.csv"] {
        assert_eq!(server.get(&format!("/data/mapping?file={outside}"), Some(&staff)).0, 404, "{outside}");
    }
    let audit = program.json(&["audit", "list"]).to_string();
    assert!(audit.contains("mapping_kept") && audit.contains("visits_001.csv"), "{audit}");
    drop(server);
    let kept = std::fs::read_to_string(program.home().join("mappings.toml")).unwrap();
    assert!(kept.contains("match = \"visits_*.csv\"") && kept.contains("# kept by key "), "{kept}");
    program.file("home/inbox/visits_002.csv", "who,what,moment\n9,a1,1506826828020\n");
    program.json(&["ingest", program.home().join("inbox").to_str().unwrap()]);
    assert_eq!(program.count("reads"), 3);
    std::fs::write(program.home().join("mappings.toml"), "zone = \"UTC\"\n").unwrap();
    let output = program.run(&["config", "check"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(1) && text.contains("mappings.toml") && text.contains("[[source]]"), "{text}");
}
