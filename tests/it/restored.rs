//! Inbox and lake of different ages, as after a restore of one of them: no event is lost without a message.

use std::path::Path;

use serde_json::{Value, json};

use crate::events::{key, small, tell};
use crate::program::Program;

/// As of this instant every event below has happened.
const AS_OF: &str = "2026-11-10T12:30:00+08:00";

/// Takes reads through a running service; `names` are the event ids.
fn take(program: &Program, key: &str, names: &[&str]) {
    let server = program.serve_as_of("2026-11-10T12:00:00+08:00");
    let events: Vec<Value> = names
        .iter()
        .enumerate()
        .map(|(second, name)| {
            let at = format!("2026-11-10T12:00:{second:02}+08:00");
            json!({ "type": "read", "member_id": "m1", "item_id": name, "at": at, "event_id": name })
        })
        .collect();
    assert_eq!(tell(&server, key, json!(events))["accepted"], names.len());
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).unwrap();
        for entry in from.read_dir().unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else if from.exists() {
        std::fs::copy(from, to).unwrap();
    }
}

/// Replaces a part of the home by a copy of it.
fn put_back(program: &Program, copied: &Path, part: &str) {
    let place = program.home().join(part);
    if place.is_dir() {
        std::fs::remove_dir_all(&place).unwrap();
    } else if place.exists() {
        std::fs::remove_file(&place).unwrap();
    }
    copy(&copied.join(part), &place);
}

const INBOX: [&str; 3] = ["inbox.db", "inbox.db-wal", "inbox.db-shm"];

#[test]
fn an_inbox_older_than_the_lake_is_refused_before_new_events_are_skipped() {
    let program = small();
    let key = key(&program);
    take(&program, &key, &["r1", "r2"]);
    let copied = program.path("copied");
    std::fs::create_dir_all(&copied).unwrap();
    for part in INBOX {
        copy(&program.home().join(part), &copied.join(part));
    }
    take(&program, &key, &["r3", "r4"]);
    // The lake takes all four; no snapshot says so.
    program.json(&["build", "--as-of", AS_OF]);
    for part in INBOX {
        put_back(&program, &copied, part);
    }
    for command in [["run", "--as-of", AS_OF], ["serve", "--as-of", AS_OF]] {
        let (code, message) = program.fails(&command);
        assert!(
            code == 1 && message.contains("inbox.db") && message.contains("backup"),
            "{command:?}: {code} {message}"
        );
    }
    let (code, diagnosis) = program.json_and_code(&["doctor"]);
    let checks = diagnosis["checks"].as_array().unwrap();
    assert!(
        code == 1 && checks.iter().any(|check| check["name"] == "events" && check["status"] == "fail"),
        "{diagnosis}"
    );
}

#[test]
fn a_lake_older_than_the_inbox_takes_the_missing_events_again() {
    let program = small();
    let key = key(&program);
    take(&program, &key, &["r1", "r2"]);
    program.json(&["run", "--as-of", AS_OF]);
    let copied = program.path("copied");
    copy(&program.home().join("lake"), &copied.join("lake"));
    let before = program.count("reads");
    take(&program, &key, &["r3", "r4"]);
    program.json(&["run", "--as-of", AS_OF]);
    assert_eq!(program.count("reads"), before + 2);
    put_back(&program, &copied, "lake");
    assert_eq!(program.count("reads"), before);
    program.json(&["run", "--as-of", AS_OF]);
    assert_eq!(program.count("reads"), before + 2, "events that the older lake lacks are lost");
}

#[test]
fn a_lake_that_lacks_events_which_left_the_inbox_is_refused() {
    let program = small();
    let key = key(&program);
    let copied = program.path("copied");
    copy(&program.home().join("lake"), &copied.join("lake"));
    take(&program, &key, &["r1", "r2"]);
    // Events leave the inbox when every snapshot that is kept holds them.
    for minute in 31..34 {
        program.json(&["run", "--as-of", &format!("2026-11-10T12:{minute}:00+08:00")]);
    }
    put_back(&program, &copied, "lake");
    let (code, message) = program.fails(&["run", "--as-of", "2026-11-10T12:40:00+08:00"]);
    assert!(code == 1 && message.contains("have left the inbox"), "{code} {message}");
}
