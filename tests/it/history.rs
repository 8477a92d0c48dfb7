//! Facts reported in several parts, or under an openid that changed its owner, survive maintenance and erasure.

use serde_json::{Value, json};

use crate::events::{AS_OF, key, send, small};
use crate::program::{Program, Server};

/// Returns the built tables, and the sign-ups as shown by `zhihui sql`.
fn tables(program: &Program) -> Vec<(String, Value)> {
    let names = [
        "sign_up_states",
        "interactions",
        "member_states",
        "item_activity",
        "popularity",
        "daily",
        "sign_ups",
        "members",
    ];
    let rows = |name: &str| {
        let mut rows = program.json(&["sql", &format!("select * from {name}")]).as_array().unwrap().clone();
        rows.iter_mut().filter_map(Value::as_object_mut).flat_map(|row| row.values_mut()).for_each(round);
        rows.sort_by_key(Value::to_string);
        (name.to_owned(), Value::Array(rows))
    };
    names.into_iter().map(rows).collect()
}

/// Rounds a number: the last digits of a sum depend on the order of files.
fn round(cell: &mut Value) {
    if let Some(number) = cell.as_f64().filter(|number| number.fract() != 0.0) {
        *cell = json!(format!("{number:.9e}"));
    }
}

fn sign_ups_of(program: &Program, member: &str) -> Value {
    let sql = format!("select activity_id, status, tickets from sign_up_states where member_id = '{member}'");
    program.json(&["sql", &sql])
}

#[test]
fn maintenance_keeps_tickets_and_time_of_an_attended_sign_up() {
    let program = small();
    let key = key(&program);
    let server = program.serve_as_of(AS_OF);
    send(
        &server,
        &key,
        json!([
            { "type": "sign_up", "openid": "o1", "item_id": "b1", "at": "2026-11-10T12:00:01+08:00", "tickets": 3, "children": 1 },
            { "type": "check_in", "member_id": "m1", "item_id": "b1", "at": "2026-11-10T12:00:20+08:00" },
        ]),
    );
    drop(server);
    let roster = program
        .file("members-2.csv", "member_id,openid,union_id,updated_at\nm1,o1,u1,2026-11-01\nm1,o1,u2,2026-11-09\n");
    program.json(&["ingest", &roster]);
    let (earlier, now) = ("2026-11-10T12:00:10+08:00", "2026-11-10T12:01:00+08:00");
    let mut expected = Vec::new();
    for as_of in [now, earlier] {
        program.json(&["build", "--as-of", as_of]);
        expected.push(tables(&program));
    }
    let maintained = program.json(&["maintain"]);
    assert!(
        maintained["tables"].as_array().unwrap().iter().any(|table| table["table"] == "raw/sign_ups"),
        "{maintained}"
    );
    for (as_of, expected) in [(earlier, &expected[1]), (now, &expected[0])] {
        program.json(&["build", "--as-of", as_of]);
        assert_eq!(&tables(&program), expected, "as of {as_of}");
    }
    let found = program.json(&["sql", "select member_id, status, tickets, children, signed_up_at from sign_up_states"]);
    let row = json!({ "member_id": "m1", "status": "attended", "tickets": 3, "children": 1, "signed_up_at": "2026-11-10T04:00:01Z" });
    assert_eq!(found, json!([row]));
    assert_eq!(program.count("interactions where kind = 'sign_up'"), 1);
    let by_sql = program.json(&["sql", "select tickets, children, signed_up_at from sign_ups"]);
    assert_eq!(by_sql, json!([{ "tickets": 3, "children": 1, "signed_up_at": "2026-11-10T04:00:01Z" }]));
}

#[test]
fn a_sign_up_reported_after_its_check_in_keeps_its_tickets() {
    let program = small();
    let key = key(&program);
    let server = program.serve_as_of(AS_OF);
    let check_in =
        json!([{ "type": "check_in", "member_id": "m1", "item_id": "b1", "at": "2026-11-10T12:00:20+08:00" }]);
    send(&server, &key, check_in);
    drop(server);
    let as_of = "2026-11-10T12:01:00+08:00";
    program.json(&["build", "--as-of", as_of]);
    let header = "member_id,activity_id,signed_up_at,status,tickets,children";
    let file = program.file("sign_ups-late.csv", format!("{header}\nm1,b1,2026-11-10 11:00,registered,3,1\n"));
    program.json(&["ingest", &file]);
    program.json(&["build", "--as-of", as_of]);
    let found = program.json(&["sql", "select status, tickets, children, signed_up_at from sign_up_states"]);
    let row = json!({ "status": "attended", "tickets": 3, "children": 1, "signed_up_at": "2026-11-10T03:00:00Z" });
    assert_eq!(found, json!([row]));
    assert_eq!(program.count("interactions where kind = 'sign_up'"), 1);
    // The same row in another file is a duplicate.
    let again = program.file("sign_ups-again.csv", format!("{header}\n\nm1,b1,2026-11-10 11:00,registered,3,1\n"));
    program.json(&["ingest", &again]);
    assert_eq!(program.count("raw_sign_ups"), 2);
}

/// `o1` belonged to m1. A sign-up under it and a bind to m2 are in the inbox.
fn after_a_bind() -> (Program, Server, String) {
    let program = small();
    let backend = key(&program);
    let admin = program.json(&["key", "add", "admin", "--scope", "admin"])["key"].as_str().unwrap().to_owned();
    let server = program.serve_as_of(AS_OF);
    send(
        &server,
        &backend,
        json!([
            { "type": "sign_up", "openid": "o1", "item_id": "b1", "at": "2026-11-10T12:00:01+08:00", "tickets": 2 },
            { "type": "bind", "member_id": "m1", "openid": "second", "at": "2026-11-10T12:00:02+08:00" },
            { "type": "bind", "member_id": "m2", "openid": "o1", "at": "2026-11-10T12:00:03+08:00" },
        ]),
    );
    (program, server, admin)
}

/// Asserts that m2 has the sign-up and the openid after the erasure of m1.
fn assert_m2_owns_both(program: &Program) {
    program.json(&["run", "--as-of", "2026-11-10T12:01:00+08:00"]);
    assert_eq!(sign_ups_of(program, "m2"), json!([{ "activity_id": "b1", "status": "registered", "tickets": 2 }]));
    assert_eq!(sign_ups_of(program, "m1"), json!([]));
    let export: Value = serde_json::from_str(&program.ok(&["member", "export", "m2"])).unwrap();
    assert_eq!(export["files"]["openids"], json!(["o1", "o2"]), "{}", export["files"]);
    assert_eq!(export["files"]["raw"]["sign_ups"].as_array().map(Vec::len), Some(1), "{}", export["files"]);
    assert_eq!(program.count("sign_ups"), 1);
}

#[test]
fn erasing_the_former_owner_of_an_openid_keeps_the_sign_up_of_the_new_owner() {
    let (program, server, _) = after_a_bind();
    drop(server);
    let export: Value = serde_json::from_str(&program.ok(&["member", "export", "m1"])).unwrap();
    assert_eq!(export["files"]["openids"], json!(["second"]), "{export}");
    assert!(!export["database"].to_string().contains("sign_up"), "the sign-up is m2's: {}", export["database"]);
    program.json(&["member", "forget", "m1"]);
    assert_m2_owns_both(&program);
}

#[test]
fn erasing_through_the_service_keeps_the_sign_up_of_the_new_owner() {
    let (program, server, admin) = after_a_bind();
    let (status, answer) = server.delete_json("/v1/members/m1", &admin);
    assert_eq!((status, &answer["erased_from_answers"]), (200, &json!(true)), "{answer}");
    assert_m2_owns_both(&program);
}

#[test]
fn an_instant_before_the_kept_history_gives_a_warning() {
    let program = small();
    let settings = program.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}\n[lake]\nhistory_days = 0\n")).unwrap();
    let (code, message) = program.fails(&["maintain"]);
    assert!(code == 2 && message.contains("history_days"), "{message}");
    std::fs::write(&settings, format!("{text}\n[lake]\nhistory_days = 1\n")).unwrap();
    let roster = program
        .file("members-2.csv", "member_id,union_id,updated_at\nm1,u1,2026-10-01\nm1,u2,2026-10-02\nm1,u3,2026-10-03\n");
    program.json(&["ingest", &roster]);
    let told = |arguments: &[&str]| String::from_utf8(program.run(arguments).stderr).unwrap();
    let question = ["sql", "select 1", "--as-of", "2026-10-02T12:00:00+08:00"];
    assert!(!told(&question).contains("history_days"), "nothing was dropped yet");
    program.json(&["maintain"]);
    let message = told(&question);
    assert!(message.contains("history_days") && message.contains("2026-1"), "{message}");
    assert!(told(&["build", "--as-of", "2026-10-02T12:00:00+08:00"]).contains("history_days"));
    assert!(!told(&["sql", "select 1"]).contains("history_days"));
}
