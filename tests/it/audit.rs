//! The audit log of a real home: actions of the command line and of the service, and removed locks.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::events::small;
use crate::program::{Program, Server};

fn entries(program: &Program, action: &str) -> Vec<Value> {
    let list = program.json(&["audit", "list", "--limit", "1000"]);
    let of = |entry: &&Value| entry["action"] == action;
    list.as_array().unwrap().iter().rev().filter(of).cloned().collect()
}

#[test]
fn exports_runs_maintenance_and_settings_are_recorded() {
    let program = small();
    let rule = json!({ "all": [{ "did": { "event": "read", "at_least": 1 } }] });
    let file = program.file("rule.json", rule.to_string());
    let list = program.path("list.csv").to_str().unwrap().to_owned();
    let words = [
        "audience",
        "--item",
        "b1",
        "--rule",
        &file,
        "--out",
        &list,
        "--purpose",
        "通知",
        "--as-of",
        "2026-11-10T12:00:00+08:00",
    ];
    let preview = program.json(&words);
    assert!(preview["selected"].as_u64().is_some_and(|selected| selected > 0), "{preview}");
    let export = entries(&program, "export").remove(0);
    assert_eq!((&export["detail"]["rule"], &export["detail"]["purpose"]), (&rule, &json!("通知")));
    assert_eq!((&export["detail"]["list"]["push"], &export["source"]), (&preview["selected"], &json!("local")));
    assert_eq!(export["detail"]["list"]["members_sha256"].as_str().map(str::len), Some(64));
    let run = entries(&program, "run").pop().unwrap();
    assert_eq!((&run["actor"], &run["detail"]["done"]), (&json!("command line"), &json!(true)));
    program.ok(&["maintain"]);
    assert_eq!(entries(&program, "maintenance").len(), 1);
    assert_eq!(entries(&program, "configuration_changed").len(), 1);
    let settings = program.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}\n# changed\n")).unwrap();
    program.ok(&["maintain"]);
    program.ok(&["maintain"]);
    let changes = entries(&program, "configuration_changed");
    assert_eq!((changes.len(), &changes[1]["detail"]["before"]), (2, &changes[0]["detail"]["sha256"]));
    program.ok(&["audit", "verify"]);
}

fn sign_in(server: &Server, password: &str) -> u16 {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let form = [("name", "staff"), ("password", password)];
    agent.post(server.url("/login")).send_form(form).unwrap().status().as_u16()
}

#[test]
fn a_locked_name_can_be_unlocked_while_the_service_runs() {
    let program = Program::new();
    let add = ["user", "add", "staff", "--role", "staff", "--password-stdin"];
    let mut adding = program.command(&add).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    adding.stdin.take().unwrap().write_all(b"a long password\n").unwrap();
    assert!(adding.wait().unwrap().success());
    let server = program.serve();
    for _ in 0..5 {
        assert_eq!(sign_in(&server, "wrong"), 401);
    }
    assert_eq!(sign_in(&server, "a long password"), 429);
    let locked = entries(&program, "sign_in_locked");
    assert_eq!((locked.len(), &locked[0]["source"]), (1, &json!("127.0.0.1")));
    assert_eq!(program.json(&["user", "unlock", "staff"]), json!({ "name": "staff", "locks": 1 }));
    let began = std::time::Instant::now();
    while sign_in(&server, "a long password") != 303 {
        assert!(began.elapsed().as_secs() < 5, "the service does not see it");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(entries(&program, "user_unlocked").len(), 1);
    assert_eq!(program.fails(&["user", "unlock", "nobody"]).0, 1);
}
