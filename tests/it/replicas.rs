//! Two replicas with homes of their own over one PostgreSQL database: the same answers, and no event lost or stored twice when
//! a replica is killed or the database crashes. A home moves to a server and back.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::events::{AS_OF, assert_answers, fill, key, sample_events, send, small, wait_until};
use crate::postgres::Postgres;
use crate::program::Program;

/// Events of one request of the load.
const TOGETHER: usize = 20;
/// Requests of the load.
const REQUESTS: usize = 300;

/// The settings of a database on a server.
fn database(postgres: &Postgres) -> String {
    format!("\n[database]\nurl = \"{}\"\n", postgres.url())
}

/// A home with its accounts and events on a server.
fn first(postgres: &Postgres) -> Program {
    let program = Program::new();
    let settings = program.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text + &database(postgres)).unwrap();
    fill(&program);
    program
}

/// A home with the settings, the lake and the snapshots of another one.
fn second(first: &Program) -> Program {
    let program = Program::without_home();
    std::fs::create_dir(program.home()).unwrap();
    for part in ["zhihui.toml", "hold-out.salt", "lake", "published"] {
        if Path::new(&first.home().join(part)).exists() {
            std::os::unix::fs::symlink(first.home().join(part), program.home().join(part)).unwrap();
        }
    }
    program.ok(&["init"]);
    program
}

#[test]
fn two_replicas_answer_alike_and_drain_the_inbox_once() {
    let Some(postgres) = Postgres::start() else { return };
    let first = first(&postgres);
    assert!(!first.home().join("inbox.db").exists(), "events are on the server");
    let second = second(&first);
    let key = key(&first);
    let (one, other) = (first.serve_as_of(AS_OF), second.serve_as_of(AS_OF));
    send(&one, &key, sample_events());
    assert_answers(&one, &key, "where they were sent");
    let sign_up = || other.get_json("/v1/recommendations?member_id=newcomer&n=20", &key).1;
    wait_until(|| sign_up()["personalised"] == true);
    assert_answers(&other, &key, "at the other replica");
    assert_eq!(send(&other, &key, sample_events())["duplicates"], 8);

    let again = "2026-11-10T12:01:00+08:00";
    second.json(&["run", "--as-of", again]);
    let run = first.json(&["run", "--as-of", again]);
    for (table, rows) in [("sign_ups", 1), ("reads", 82), ("member_events", 4), ("feedback", 1)] {
        assert_eq!(first.count(table), rows, "{table}");
    }
    wait_until(|| other.get_json("/v1/recommendations?member_id=m0", &key).1["version"] == run["version"]);
    assert_answers(&one, &key, "after the drain");

    first.json(&["key", "revoke", "backend"]);
    wait_until(|| [&one, &other].iter().all(|server| server.status("/v1/recommendations?member_id=m0", &key) == 401));
    let (_, doctor) = first.json_and_code(&["doctor"]);
    let checks = doctor["checks"].as_array().unwrap();
    let server = checks.iter().find(|check| check["name"] == "database_server").unwrap();
    // The server of the tests does not wait for its disk.
    assert!(server["message"].as_str().unwrap().contains("may lose acknowledged events"), "{server}");
}

#[test]
fn no_acknowledged_event_is_lost_or_stored_twice_when_a_replica_is_killed_and_the_database_crashes() {
    let Some(postgres) = Postgres::start() else { return };
    let first = first(&postgres);
    let second = second(&first);
    let key = key(&first);
    let before = first.count("reads");
    let servers = Mutex::new([Some(first.serve_as_of(AS_OF)), Some(second.serve_as_of(AS_OF))]);
    let urls =
        || servers.lock().unwrap().each_ref().map(|server| server.as_ref().map(|server| server.url("/v1/events")));
    let (next, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= REQUESTS {
                        return;
                    }
                    // Sent until some replica acknowledges them.
                    for attempt in number.. {
                        let url = urls()[attempt % 2].clone();
                        if url.is_some_and(|url| is_stored(&url, &key, &reads(number))) {
                            break;
                        }
                        std::thread::sleep(Duration::from_millis(50));
                    }
                }
            });
        }
        scope.spawn(|| {
            let reached = |share: usize| {
                while next.load(Ordering::Relaxed) < REQUESTS * share / 10 {
                    std::thread::sleep(Duration::from_millis(10));
                }
            };
            reached(2);
            drop(servers.lock().unwrap()[0].take()); // killed, not stopped
            reached(4);
            postgres.crash();
            let restarted = first.serve_as_of(AS_OF);
            servers.lock().unwrap()[0] = Some(restarted);
            reached(6);
            drop(servers.lock().unwrap()[1].take());
            reached(7);
            postgres.crash();
            done.store(true, Ordering::Relaxed);
        });
    });
    assert!(done.load(Ordering::Relaxed));
    first.json(&["run", "--as-of", "2026-11-10T13:00:00+08:00"]);
    assert_eq!(first.count("reads"), before + i64::try_from(REQUESTS * TOGETHER).unwrap());
    let read = "select count(distinct article_id) as n from reads where article_id like 'load-%'";
    assert_eq!(first.json(&["sql", read])[0]["n"], REQUESTS * TOGETHER);
}

#[test]
fn a_home_moves_to_a_server_and_back_by_backup_and_restore() {
    let Some(postgres) = Postgres::start() else { return };
    let files = small();
    let key = key(&files);
    send(&files.serve_as_of(AS_OF), &key, sample_events());
    let copy = files.path("copy").display().to_string();
    files.ok(&["backup", &copy]);
    let own_settings = files.home().join("zhihui.toml").display().to_string();
    let text = std::fs::read_to_string(&own_settings).unwrap() + &database(&postgres);

    let moved = Program::without_home();
    moved.ok(&["restore", &copy, "--settings", &moved.file("server.toml", text)]);
    assert!(!moved.home().join("inbox.db").exists(), "events are on the server");
    let server = moved.serve_as_of(AS_OF);
    assert_answers(&server, &key, "on the server");
    assert_eq!(send(&server, &key, sample_events())["duplicates"], 8);
    moved.ok(&["audit", "verify"]);
    drop(server);
    let copy = moved.path("copy").display().to_string();
    moved.ok(&["backup", &copy]);

    let back = Program::without_home();
    back.ok(&["restore", &copy, "--settings", &own_settings]);
    let server = back.serve_as_of(AS_OF);
    assert_answers(&server, &key, "in files again");
    assert_eq!(send(&server, &key, sample_events())["duplicates"], 8);
    back.ok(&["audit", "verify"]);
}

fn reads(request: usize) -> Value {
    let read = |number: usize| {
        json!({ "type": "read", "member_id": format!("m{}", number % 10), "item_id": format!("load-{request}-{number}"),
            "at": "2026-11-10T12:00:10+08:00", "event_id": format!("e-{request}-{number}") })
    };
    json!({ "events": (0..TOGETHER).map(read).collect::<Vec<_>>() })
}

fn is_stored(url: &str, key: &str, body: &Value) -> bool {
    let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(20)));
    let agent: ureq::Agent = config.build().into();
    agent.post(url).header("Authorization", format!("Bearer {key}")).send_json(body).is_ok()
}
