//! Backtest of audiences: on sample data, and simple rules compared with an independent program on public data.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::program::{Program, repository};

#[test]
fn audiences_of_a_sample_are_judged_and_the_card_has_a_summary() {
    let program = Program::new();
    let files = program.path("files");
    let files = files.to_str().unwrap();
    let size = ["--members", "800", "--unions", "40", "--days", "120", "--as-of", "2026-11-21"];
    program.ok(&[&["sample", "--out", files], &size[..]].concat());
    program.ok(&["run", files, "--as-of", "2026-11-21", "--budget", "0s"]);
    let words = ["evaluate", "--audiences", "--as-of", "2026-11-21", "--dates", "2", "--size", "5%,40"];
    let report = program.json(&words);
    assert_eq!(report["among"], "reachable", "{report}");
    assert_eq!((report["settings"].as_str(), report["sizes"].to_string().as_str()), (Some("card"), "[\"5%\",\"40\"]"));
    assert_eq!((report["dates"].as_array().unwrap().len(), &report["lists"]), (2, &Value::Null));
    let articles = report["parts"].as_array().unwrap().iter().find(|part| part["items"] == "articles").unwrap();
    assert!(articles["people"].as_u64() >= Some(10), "{articles}");
    let rules: Vec<&str> =
        articles["sizes"][0]["rules"].as_array().unwrap().iter().filter_map(|rule| rule["rule"].as_str()).collect();
    assert_eq!(rules, ["chance", "active_lately", "topic_activity", "item_knn", "segment_popularity"]);
    assert!(articles["sizes"][0]["rules"][0]["lift"].as_f64() > Some(1.0), "no better than chance: {articles}");
    assert!(program.ok(&words).contains("受众回测：2 个日期"));
    let current = std::fs::read_to_string(program.home().join("published/current")).unwrap();
    let card = program.home().join("published").join(current.trim()).join("model-card.json");
    let card: Value = serde_json::from_str(&std::fs::read_to_string(card).unwrap()).unwrap();
    assert_eq!(card["audiences"]["sizes"], serde_json::json!(["5%"]), "{}", card["audiences"]);
    assert!(!card["audiences"]["parts"].as_array().unwrap().is_empty(), "{}", card["audiences"]);
    let (code, error) = program.fails(&["evaluate", "--audiences", "--size", "0%"]);
    assert!(code == 2 && error.contains("invalid size"), "{error}");
}

/// Returns the folder of public data and other programs. Prints a warning if it is missing.
fn shared(name: &str) -> Option<std::path::PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(name);
    if path.exists() {
        return Some(path);
    }
    crate::program::warn(&format!("NOT CHECKED: {} is not there, so no figure was compared with it", path.display()));
    None
}

#[test]
fn the_simple_rules_agree_with_an_independent_program() {
    let (Some(data), Some(peer)) = (shared("data/meetup-montana"), shared("peers/audience_peer.py")) else { return };
    let program = Program::new();
    let settings = program.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&settings).unwrap() + &repository("data/profiles/meetup.toml");
    std::fs::write(&settings, text).unwrap();
    for name in ["groups.csv", "groups_topics.csv", "members.csv", "events.csv"] {
        program.file(&format!("files/{name}"), std::fs::read(data.join(name)).unwrap());
    }
    // The peer ignores a sign-up that was ever cancelled, so only sign-ups without cancellation are comparable.
    let answers = std::fs::read_to_string(data.join("rsvps.csv")).unwrap();
    let kept: Vec<&str> = answers.lines().filter(|line| !line.contains(",\"no\",")).collect();
    assert!(kept.len() > 7_000 && kept.len() < answers.lines().count());
    let rsvps = program.file("files/rsvps.csv", kept.join("\n") + "\n");
    let files = program.path("files");
    program.ok(&["run", files.to_str().unwrap(), "--as-of", "2016-06-04", "--budget", "0s"]);
    for (cut, size) in [("2014-06-01", "100"), ("2015-06-01", "100"), ("2016-05-20", "50")] {
        let words = ["--sign-ups", &rsvps, "--item", "event_id", "--at", "created", "--cut", cut, "--size", size];
        let output = Command::new("python3").arg(&peer).args(words).env("PYTHONHASHSEED", "0").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let peer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let at = format!("{cut}T00:00:00Z");
        let ours = program.json(&[
            "evaluate",
            "--audiences",
            "--as-of",
            "2016-06-04",
            "--dates",
            &at,
            "--size",
            size,
            "--among",
            "active",
            "--lists",
        ]);
        let lists = ours["lists"].as_array().unwrap();
        let items = peer["items"].as_array().unwrap();
        assert!(items.len() >= 5, "{peer}");
        for item in items {
            let list = lists.iter().find(|list| list["item_id"] == item["item"]);
            let list = list.unwrap_or_else(|| panic!("{cut}: no list for {item}"));
            assert_eq!(list["came"], item["came"], "{cut}: {list} {item}");
            let chance = list["rules"][0].as_f64().unwrap();
            assert!((chance - item["chance"].as_f64().unwrap()).abs() <= 0.0051, "{cut}: {list} {item}");
            assert_eq!(list["rules"][1].as_f64(), item["active_lately"].as_f64(), "{cut}: {list} {item}");
            assert_eq!(list["rules"][3].as_f64(), item["item_knn"].as_f64(), "{cut}: {list} {item}");
        }
    }
}
