//! Unknown ids are refused, and lists of accounts show which union limits them.

use crate::program::Program;

/// A home with two unions and three members, published.
fn home() -> Program {
    let program = Program::new();
    program.file("home/inbox/unions.csv", "union_id,name\nU1,First\nU2,Second\n");
    program.file("home/inbox/members.csv", "member_id,openid,union_id\nm1,o1,U1\nm2,o2,U1\nm3,o3,U2\n");
    program.file("home/inbox/reads.csv", "member_id,article_id,read_at\nm1,a1,2026-11-02 08:00:00\n");
    program.json(&["run", "--budget", "0s", "--as-of", "2026-11-10"]);
    program
}

fn add_user(program: &Program, name: &str, union: &str) -> std::process::Output {
    use std::io::Write as _;
    let mut command = program.command(&["user", "add", name, "--role", "staff", "--union", union, "--password-stdin"]);
    let mut child = command
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // A command that fails early may not read its input.
    let _ = child.stdin.take().unwrap().write_all(b"a long password\n");
    child.wait_with_output().unwrap()
}

#[test]
fn member_commands_refuse_an_unknown_member() {
    let program = home();
    let entries = || program.json(&["audit", "list"]).as_array().map(Vec::len);
    let before = entries();
    for arguments in [vec!["opt-out", "NOSUCH"], vec!["opt-in", "NOSUCH"], vec!["delete-topic", "NOSUCH", "亲子"]] {
        let mut command = vec!["member"];
        command.extend(&arguments);
        let (code, message) = program.fails(&command);
        assert!(code == 1 && message.contains("no member NOSUCH is known"), "{arguments:?}: {code} {message}");
    }
    assert_eq!(entries(), before, "nothing was done");
    assert_eq!(program.json(&["member", "opt-out", "m1"])["personalised"], false);
}

#[test]
fn a_member_known_from_a_file_can_opt_out_before_the_first_publish() {
    let program = Program::new();
    let roster = program.file("members.csv", "member_id,openid\nm7,o7\n");
    program.ok(&["ingest", &roster]);
    assert_eq!(program.json(&["member", "opt-out", "m7"])["personalised"], false);
    assert_eq!(program.fails(&["member", "opt-out", "m8"]).0, 1);
}

#[test]
fn accounts_and_keys_of_an_unknown_union_are_refused() {
    let program = home();
    let refused = add_user(&program, "anna", "NOSUCH");
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(1) && message.contains("no union NOSUCH is known"), "{message}");
    let (code, message) = program.fails(&["key", "add", "screen", "--scope", "staff", "--union", "NOSUCH"]);
    assert!(code == 1 && message.contains("no union NOSUCH is known"), "{code} {message}");
    assert!(add_user(&program, "anna", "U2").status.success());
    program.json(&["key", "add", "screen", "--scope", "staff", "--union", "U1"]);
    let users = program.ok(&["user", "list"]);
    assert!(users.lines().any(|line| line.contains("anna") && line.contains("U2")), "{users}");
    let keys = program.ok(&["key", "list"]);
    assert!(keys.lines().any(|line| line.contains("screen") && line.contains("U1")), "{keys}");
}

#[test]
fn users_and_keys_can_be_removed_or_revoked_by_both_verbs() {
    let program = home();
    assert!(add_user(&program, "anna", "U1").status.success() && add_user(&program, "bert", "U1").status.success());
    program.ok(&["user", "remove", "anna"]);
    program.ok(&["user", "revoke", "bert"]);
    assert_eq!(program.json(&["user", "list"]).as_array().map(Vec::len), Some(0));
    for verb in ["revoke", "remove"] {
        let id = program.json(&["key", "add", verb, "--scope", "backend"])["id"].as_str().unwrap().to_owned();
        program.ok(&["key", verb, &id]);
    }
    let keys = program.json(&["key", "list"]);
    assert!(keys.as_array().unwrap().iter().all(|key| !key["revoked_at"].is_null()), "{keys}");
}
