//! Inbox and lake of different ages, as after restoring one of them: no event is lost without a message.

use std::path::Path;

use serde_json::{Value, json};

use crate::events::{key, send, small};
use crate::program::Program;

/// An instant after all events below.
const AS_OF: &str = "2026-11-10T12:30:00+08:00";

/// Sends reads to a running service. `names` are the event ids.
fn send_reads(program: &Program, key: &str, names: &[&str]) {
    let server = program.serve_as_of("2026-11-10T12:00:00+08:00");
    let events: Vec<Value> = names
        .iter()
        .enumerate()
        .map(|(second, name)| {
            let at = format!("2026-11-10T12:00:{second:02}+08:00");
            json!({ "type": "read", "member_id": "m1", "item_id": name, "at": at, "event_id": name })
        })
        .collect();
    assert_eq!(send(&server, key, json!(events))["accepted"], names.len());
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

/// Replaces a part of the home by its copy.
fn restore_part(program: &Program, copied: &Path, part: &str) {
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
fn an_inbox_older_than_the_lake_is_refused() {
    let program = small();
    let key = key(&program);
    send_reads(&program, &key, &["r1", "r2"]);
    let copied = program.path("copied");
    std::fs::create_dir_all(&copied).unwrap();
    for part in INBOX {
        copy(&program.home().join(part), &copied.join(part));
    }
    send_reads(&program, &key, &["r3", "r4"]);
    // The lake gets all four events, but no snapshot does.
    program.json(&["build", "--as-of", AS_OF]);
    for part in INBOX {
        restore_part(&program, &copied, part);
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
fn a_lake_older_than_the_inbox_gets_the_missing_events_again() {
    let program = small();
    let key = key(&program);
    send_reads(&program, &key, &["r1", "r2"]);
    program.json(&["run", "--as-of", AS_OF]);
    let copied = program.path("copied");
    copy(&program.home().join("lake"), &copied.join("lake"));
    let before = program.count("reads");
    send_reads(&program, &key, &["r3", "r4"]);
    program.json(&["run", "--as-of", AS_OF]);
    assert_eq!(program.count("reads"), before + 2);
    restore_part(&program, &copied, "lake");
    assert_eq!(program.count("reads"), before);
    program.json(&["run", "--as-of", AS_OF]);
    assert_eq!(program.count("reads"), before + 2, "events that the older lake lacks are lost");
}

#[test]
fn a_lake_without_events_that_left_the_inbox_is_refused() {
    let program = small();
    let key = key(&program);
    let copied = program.path("copied");
    copy(&program.home().join("lake"), &copied.join("lake"));
    send_reads(&program, &key, &["r1", "r2"]);
    // Events leave the inbox when all kept snapshots contain them.
    for minute in 31..34 {
        program.json(&["run", "--as-of", &format!("2026-11-10T12:{minute}:00+08:00")]);
    }
    restore_part(&program, &copied, "lake");
    let (code, message) = program.fails(&["run", "--as-of", "2026-11-10T12:40:00+08:00"]);
    assert!(code == 1 && message.contains("have left the inbox"), "{code} {message}");
}
