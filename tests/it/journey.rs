//! The whole path of a small union: from files to recommendations, an audience and a report.

use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::program::Program;

/// The instant of the sample.
pub const AS_OF: &str = "2026-11-20T12:00:00+08:00";

/// A small union after one run. Tests only read it.
pub fn union() -> &'static Program {
    static UNION: OnceLock<Program> = OnceLock::new();
    UNION.get_or_init(|| {
        let program = Program::new();
        let files = program.path("files");
        let words = ["--members", "1500", "--unions", "60", "--days", "120", "--seed", "3", "--as-of", AS_OF];
        let mut sample = vec!["sample", "--out", files.to_str().unwrap()];
        sample.extend(words);
        program.ok(&sample);
        let result = program.json(&["run", files.to_str().unwrap(), "--as-of", AS_OF]);
        let steps = result["steps"].as_array().unwrap();
        assert_eq!(
            steps.iter().map(|step| step["step"].as_str().unwrap()).collect::<Vec<_>>(),
            ["ingest", "build", "train", "publish"]
        );
        program
    })
}

/// Returns a member with history and one without, both on the roster.
pub fn members(program: &Program) -> (String, String) {
    let one = |condition: &str| {
        let sql = format!(
            "select m.member_id from members m left join (select member_id, count(*) as n from reads group by member_id) r \
             on r.member_id = m.member_id where m.personalised is not false and {condition} order by 1 limit 1"
        );
        program.json(&["sql", &sql])[0]["member_id"].as_str().unwrap().to_owned()
    };
    (one("r.n > 30"), one("r.n is null"))
}

/// Returns an open activity.
pub fn open_activity(program: &Program) -> String {
    let sql = "select activity_id from activities where sign_up_opens_at < timestamp '2026-11-20T04:00:00' \
               and sign_up_closes_at > timestamp '2026-11-21T04:00:00' and min_age is null and gender is null \
               and open_to_unions is null and open_to_districts is null order by capacity desc nulls first, 1 limit 1";
    program.json(&["sql", sql])[0]["activity_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_second_run_skips_every_step() {
    let program = union();
    let again = program.json(&["run", program.path("files").to_str().unwrap(), "--as-of", AS_OF]);
    let statuses: Vec<&str> =
        again["steps"].as_array().unwrap().iter().map(|step| step["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["skipped"; 4], "{again}");
    let plan = program.json(&["run", program.path("files").to_str().unwrap(), "--plan", "--as-of", AS_OF]);
    assert!(plan["steps"].as_array().unwrap().iter().all(|step| step["status"] == "would_skip"), "{plan}");
}

#[test]
fn an_updated_program_trains_again() {
    let program = union();
    let updated = program.path("updated-zhihui");
    std::fs::copy(env!("CARGO_BIN_EXE_zhihui"), &updated).unwrap();
    let mut command = Command::new(&updated);
    command.arg("--json").arg("--home").arg(program.home()).arg("run").arg(program.path("files"));
    let plan = command.args(["--plan", "--as-of", AS_OF]).output().unwrap();
    let plan: Value = serde_json::from_slice(&plan.stdout).unwrap();
    let statuses: Vec<&str> =
        plan["steps"].as_array().unwrap().iter().map(|step| step["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["would_skip", "would_skip", "would_run", "would_run"], "{plan}");
}

#[test]
fn members_get_lists_with_or_without_history() {
    let program = union();
    let (known, quiet) = members(program);
    let ask = |member: &str| program.json(&["recommend", "--member", member, "--as-of", AS_OF]);
    let (of_known, of_quiet, of_nobody) = (ask(&known), ask(&quiet), ask("nobody-at-all"));
    for answer in [&of_known, &of_quiet, &of_nobody] {
        let items = answer["items"].as_array().unwrap();
        assert_eq!(items.len(), 10, "{answer}");
        let ranks: Vec<u64> = items.iter().map(|item| item["rank"].as_u64().unwrap()).collect();
        assert_eq!(ranks, (1..=10).collect::<Vec<u64>>());
        assert!(items.iter().all(|item| item["probability"].as_f64().is_none_or(|p| (0.0..=1.0).contains(&p))));
    }
    assert_eq!((&of_known["personalised"], &of_nobody["personalised"]), (&Value::Bool(true), &Value::Bool(false)));
    let titles = |answer: &Value| {
        answer["items"].as_array().unwrap().iter().map(|item| item["item_id"].clone()).collect::<Vec<_>>()
    };
    assert_ne!(titles(&of_known), titles(&of_nobody), "a member with history gets the list of everybody");
    assert!(of_known["items"][0]["reasons"].as_array().is_some_and(|reasons| !reasons.is_empty()));
}

#[test]
fn read_items_are_not_recommended() {
    let program = union();
    let (known, _) = members(program);
    let answer = program.json(&["recommend", "--member", &known, "-n", "50", "--as-of", AS_OF]);
    let read = program.json(&["sql", &format!("select distinct article_id from reads where member_id = '{known}'")]);
    let read: Vec<&Value> = read.as_array().unwrap().iter().map(|row| &row["article_id"]).collect();
    for item in answer["items"].as_array().unwrap() {
        assert!(!read.contains(&&item["item_id"]), "{} was read already", item["item_id"]);
    }
}

#[test]
fn an_audience_narrows_step_by_step_and_adds_up() {
    let program = union();
    let item = open_activity(program);
    let rule = program.file("rule.json", json!({"all": [{"field": "gender", "in": ["male", "female"]}]}).to_string());
    let list = program.path("list.csv");
    let words = [
        "audience",
        "--item",
        &item,
        "--rule",
        &rule,
        "--limit",
        "200",
        "--out",
        list.to_str().unwrap(),
        "--as-of",
        AS_OF,
    ];
    let preview = program.json(&words);
    let left: Vec<u64> =
        preview["funnel"].as_array().unwrap().iter().map(|step| step["left"].as_u64().unwrap()).collect();
    assert!(left.windows(2).all(|pair| pair[0] >= pair[1]), "a funnel never widens: {left:?}");
    assert_eq!(preview["funnel"][1]["path"], "/all/0");
    let selected = preview["selected"].as_u64().unwrap();
    assert!(selected > 0 && selected <= 200, "{selected}");
    let expected = &preview["expected_responses"];
    let figures = ["low", "value", "high"].map(|key| expected[key].as_f64().unwrap());
    assert!(
        figures[0] <= figures[1] && figures[1] <= figures[2] && figures[2] <= selected as f64 + 1e-9,
        "{figures:?}"
    );
    let bands = preview["breakdowns"]["age_band"].as_array().unwrap();
    assert_eq!(bands.iter().map(|band| band["members"].as_u64().unwrap()).sum::<u64>(), selected);
    let text = String::from_utf8(std::fs::read(&list).unwrap()).unwrap();
    assert!(text.starts_with("\u{feff}rank,member_id,openid,union_id,age_band,probability,reasons"));
    assert_eq!(text.lines().count() as u64, selected + 1);
    assert_eq!(program.json(&words), preview, "the same question has the same answer");
}

#[test]
fn a_seat_plan_has_the_lists_that_the_selection_gives() {
    let program = union();
    let sql = "select activity_id from activities where sign_up_opens_at < timestamp '2026-11-20T04:00:00' \
               and sign_up_closes_at > timestamp '2026-11-21T04:00:00' and capacity is not null order by capacity desc, 1 limit 1";
    let item = program.json(&["sql", sql])[0]["activity_id"].as_str().unwrap().to_owned();
    let words = ["audience", "--item", &item, "--hold-out", "0", "--as-of", AS_OF];
    let plan = program.json(&[&words[..], &["--seat-plan"]].concat());
    assert_eq!(plan["item_id"], item.as_str());
    let lists = plan["lists"].as_array().unwrap();
    let selections: Vec<&Value> = lists.iter().map(|list| &list["selection"]).collect();
    assert_eq!(selections, ["likeliest", "even"]);
    for (selection, list) in ["likeliest", "even"].into_iter().zip(lists) {
        let preview = program.json(&[&words[..], &["--selection", selection]].concat());
        assert_eq!(preview["selected"], list["selected"], "{selection}");
    }
    assert!(plan["show_up"]["rate"].as_f64().is_some_and(|rate| (0.5..1.0).contains(&rate)), "{}", plan["show_up"]);
    let output = program.run(&[&words[..], &["--seat-plan", "--lang", "zh"]].concat());
    assert!(String::from_utf8(output.stdout).unwrap().contains("各工会均衡"));
    let article = program.json(&["sql", "select article_id from articles order by 1 limit 1"]);
    let article = article[0]["article_id"].as_str().unwrap();
    for extra in [["--seat-plan"].as_slice(), &["--selection", "even"]] {
        let words = [&["audience", "--item", article, "--as-of", AS_OF][..], extra].concat();
        let (code, message) = program.fails(&words);
        assert!(code == 1 && message.contains("no number of seats"), "{code}: {message}");
    }
}

#[test]
fn both_sides_of_a_pair_have_one_probability() {
    let program = union();
    let item = open_activity(program);
    let preview = program.json(&["audience", "--item", &item, "--hold-out", "0", "--as-of", AS_OF]);
    let kind = program.json(&[
        "sql",
        &format!("select coalesce(kind, 'activity') as kind from activities where activity_id = '{item}'"),
    ]);
    let kind = kind[0]["kind"].as_str().unwrap();
    // If a simple rule serves one side, the two sides have different rankers.
    let current = std::fs::read_to_string(program.home().join("published/current")).unwrap();
    let card = std::fs::read(program.home().join("published").join(current.trim()).join("model-card.json")).unwrap();
    let card: Value = serde_json::from_slice(&card).unwrap();
    let sides = card["sides"].as_array().unwrap().iter().filter(|side| side["group"] == "activities");
    let serves: Vec<&Value> = sides.map(|side| &side["serves"]).collect();
    assert_eq!(serves.len(), 2, "{card}");
    let is_one_ranker = serves[0] == serves[1];
    let mut compared = 0;
    for member in preview["sample"].as_array().unwrap() {
        let id = member["member_id"].as_str().unwrap();
        let answer = program.json(&["recommend", "--member", id, "-n", "100", "--kind", kind, "--as-of", AS_OF]);
        if let Some(found) = answer["items"].as_array().unwrap().iter().find(|found| found["item_id"] == item.as_str())
        {
            assert_eq!(found["probability"] == member["probability"], is_one_ranker, "member {id}: {serves:?}");
            compared += 1;
        }
    }
    assert!(compared > 0, "no pair was on both sides");
}

#[test]
fn a_report_has_figures_with_definitions_and_no_small_cells() {
    let program = union();
    let report = program.json(&["report", "--as-of", AS_OF]);
    assert!(report["from"].is_string() && report["to"].is_string());
    assert!(report["summary"]["zh"].as_str().unwrap().chars().count() > 10);
    for metric in report["metrics"].as_array().unwrap() {
        assert!(!metric["definition"]["zh"].as_str().unwrap().is_empty(), "{metric}");
        assert!(!metric["label"]["en"].as_str().unwrap().is_empty(), "{metric}");
        for key in ["value", "numerator", "denominator", "previous", "suppressed", "unit"] {
            assert!(metric.get(key).is_some(), "{key} is missing: {metric}");
        }
        if metric["unit"] == "people" && metric["suppressed"] == false {
            let value = metric["value"].as_f64();
            assert!(value.is_none_or(|value| value == 0.0 || value >= 10.0), "{metric} is about fewer than 10 people");
        }
    }
    let readers = report["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == "readers").unwrap();
    let sql = format!(
        "select count(distinct member_id) as n from interactions where kind = 'read' and at >= timestamp '{}' and at < timestamp '{}'",
        report["from"].as_str().unwrap().trim_end_matches("+00:00").trim_end_matches('Z'),
        report["to"].as_str().unwrap().trim_end_matches("+00:00").trim_end_matches('Z'),
    );
    assert_eq!(readers["value"].as_f64().unwrap() as i64, program.json(&["sql", &sql])[0]["n"].as_i64().unwrap());
    let page = program.path("report.html");
    program.ok(&["report", "--out", page.to_str().unwrap(), "--as-of", AS_OF]);
    let html = std::fs::read_to_string(page).unwrap();
    assert!(
        html.contains(report["summary"]["zh"].as_str().unwrap())
            && !html.contains("http://")
            && !html.contains("<script src")
    );
}

#[test]
fn ingest_counts_what_the_sample_says_is_dirty() {
    let program = Program::new();
    let files = program.path("files");
    let summary = program.json(&[
        "sample",
        "--out",
        files.to_str().unwrap(),
        "--members",
        "400",
        "--unions",
        "20",
        "--days",
        "30",
        "--seed",
        "5",
        "--as-of",
        AS_OF,
    ]);
    let result = program.json(&["ingest", files.to_str().unwrap()]);
    for file in summary["files"].as_array().unwrap() {
        let name = file["name"].as_str().or(file["file"].as_str()).unwrap();
        let found = result["files"]
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["path"].as_str().unwrap().ends_with(name))
            .unwrap();
        assert_eq!(found["rows"], file["rows"], "{name}");
    }
    let totals = &result["totals"];
    let sum =
        ["new", "replaced", "duplicates", "rejected"].iter().map(|key| totals[*key].as_u64().unwrap()).sum::<u64>();
    assert_eq!(totals["rows"].as_u64().unwrap(), sum);
    assert!(totals["rejected"].as_u64().unwrap() > 0 && totals["duplicates"].as_u64().unwrap() > 0);
}

#[test]
fn doctor_finds_a_good_home_good_and_names_a_torn_commit() {
    let program = Program::new();
    program.json(&["ingest", &program.file("reads.csv", "member_id,article_id,read_at\nm1,a1,2026-11-01 08:00:00\n")]);
    assert_eq!(program.json(&["doctor"])["ok"], true);
    let log = program.home().join("lake/raw/reads/_delta_log");
    let newest = std::fs::read_dir(&log)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .max()
        .unwrap();
    std::fs::write(&newest, "").unwrap();
    let (code, diagnosis) = program.json_and_code(&["doctor"]);
    assert_eq!((code, diagnosis["ok"].as_bool()), (1, Some(false)));
    assert!(diagnosis.to_string().contains(newest.file_name().unwrap().to_str().unwrap()), "{diagnosis}");
    let (_, message) = program.fails(&["sql", "select count(*) from reads"]);
    assert!(message.contains(newest.file_name().unwrap().to_str().unwrap()), "{message}");
}
