//! Events from request to the next answer, through a kill, into the lake and out of the inbox: none lost, none twice.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{Program, Server};

pub(crate) const AS_OF: &str = "2026-11-10T12:00:00+08:00";

/// A union of ten members who read nine articles, with an activity of two seats, published.
pub(crate) fn small() -> Program {
    let program = Program::new();
    fill(&program);
    program
}

/// Puts them into a home and publishes them.
pub(crate) fn fill(program: &Program) {
    let reads = (1..9)
        .flat_map(|day| (0..10).map(move |member| (day, member)))
        .map(|(day, member)| format!("m{member},a{},2026-11-{day:02}T08:{member:02}:00+08:00\n", (member + day) % 9));
    let reads = std::iter::once("member_id,article_id,read_at\n".to_owned()).chain(reads).collect::<String>();
    program.file("home/inbox/reads.csv", reads);
    program.file(
        "home/inbox/members.csv",
        (0..10).fold("member_id,openid,personalised\n".to_owned(), |text, member| {
            format!("{text}m{member},o{member},{}\n", if member == 9 { "" } else { "true" })
        }),
    );
    program.file(
        "home/inbox/activities.csv",
        "activity_id,title,topics,starts_at,capacity\nb1,采摘,亲子,2026-12-20 09:00:00,2\n",
    );
    program.json(&["run", "--as-of", "2026-11-10"]);
}

pub(crate) fn key(program: &Program) -> String {
    program.json(&["key", "add", "backend", "--scope", "backend"])["key"].as_str().unwrap().to_owned()
}

#[expect(clippy::needless_pass_by_value, reason = "events are written where they are told")]
pub(crate) fn send(server: &Server, key: &str, events: Value) -> Value {
    let (status, answer) = server.post_json("/v1/events", key, &json!({ "events": events }));
    assert_eq!(status, 200, "{answer}");
    answer
}

fn list(server: &Server, key: &str, who: &str) -> Value {
    let (status, answer) = server.get_json(&format!("/v1/recommendations?{who}&n=20"), key);
    assert_eq!(status, 200, "{answer}");
    answer
}

fn items(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["item_id"].as_str().unwrap()).collect()
}

fn seats(list: &Value) -> Option<u64> {
    let items = list["items"].as_array().unwrap();
    items.iter().find(|item| item["item_id"] == "b1").and_then(|item| item["seats_left"].as_u64())
}

pub(crate) fn sample_events() -> Value {
    json!([
        { "type": "sign_up", "member_id": "m1", "item_id": "b1", "at": "2026-11-10T12:00:01+08:00", "event_id": "s1" },
        { "type": "read", "member_id": "m2", "item_id": "a2", "at": "2026-11-10T12:00:02+08:00", "event_id": "r1" },
        { "type": "opt_out", "openid": "o3", "at": "2026-11-10T12:00:03+08:00", "event_id": "p1" },
        { "type": "opt_out", "member_id": "m9", "at": "2026-11-10T12:00:03+08:00", "event_id": "p2" },
        { "type": "bind", "member_id": "m4", "openid": "fresh", "at": "2026-11-10T12:00:04+08:00", "event_id": "b1" },
        { "type": "unfollow", "member_id": "m5", "at": "2026-11-10T12:00:05+08:00", "event_id": "u1" },
        { "type": "feedback", "member_id": "m6", "rating": 5, "at": "2026-11-10T12:00:06+08:00", "event_id": "f1" },
        { "type": "read", "member_id": "newcomer", "item_id": "a1", "at": "2026-11-10T12:00:07+08:00", "event_id": "r2" },
    ])
}

/// Asserts the answers wherever the events are stored.
pub(crate) fn assert_answers(server: &Server, key: &str, when: &str) {
    assert!(!items(&list(server, key, "member_id=m1")).contains(&"b1"), "{when}: m1 has signed up");
    assert_eq!(seats(&list(server, key, "member_id=m0")), Some(1), "{when}: one of two seats is left");
    assert!(!items(&list(server, key, "member_id=m2")).contains(&"a2"), "{when}: m2 has read it");
    for silent in ["member_id=m3", "openid=o3", "member_id=m9"] {
        assert_eq!(list(server, key, silent)["personalised"], false, "{when}: {silent} opted out");
    }
    assert_eq!(list(server, key, "openid=fresh")["member_id"], "m4", "{when}");
    assert_eq!(list(server, key, "member_id=newcomer")["personalised"], true, "{when}: acted, so is known");
}

#[test]
fn events_survive_a_kill_a_drain_and_an_old_file() {
    let program = small();
    let key = key(&program);
    let server = program.serve_as_of(AS_OF);
    assert_eq!(seats(&list(&server, &key, "member_id=m1")), Some(2));
    let answer = send(&server, &key, sample_events());
    assert_eq!((answer["accepted"].as_u64(), answer["rejected"].as_array().map(Vec::len)), (Some(8), Some(0)));
    assert_answers(&server, &key, "at once");
    let asked = program.json(&["recommend", "--member", "m1", "-n", "20", "--as-of", AS_OF]);
    assert_eq!(
        items(&asked),
        items(&list(&server, &key, "member_id=m1")),
        "the command line answers as the service does"
    );
    drop(server); // killed, not stopped

    let server = program.serve_as_of(AS_OF);
    assert_answers(&server, &key, "after a kill");
    assert_eq!(send(&server, &key, sample_events())["duplicates"], 8);

    let run = program.json(&["run", "--as-of", "2026-11-10T12:01:00+08:00"]);
    let version = run["version"].clone();
    wait_until(|| list(&server, &key, "member_id=m0")["version"] == version);
    assert_answers(&server, &key, "after the drain");
    for (table, rows) in [("sign_ups", 1), ("reads", 82), ("member_events", 4), ("feedback", 1)] {
        assert_eq!(program.count(table), rows, "{table}");
    }
    assert_eq!(send(&server, &key, sample_events())["duplicates"], 8, "also when the lake has them");
    drop(server);

    // Ingest the roster again with consent of all members: an opt-out stays.
    program.file("home/inbox/members-again.csv", "member_id,openid,personalised\nm3,o3,true\nm9,o9,true\nm9,o9,\n");
    let again = program.json(&["run", "--as-of", "2026-11-10T12:02:00+08:00"]);
    assert_ne!(again["version"], version);
    assert_eq!(program.count("reads"), 82, "nothing was taken twice");
    let server = program.serve_as_of(AS_OF);
    assert_answers(&server, &key, "after an old roster");
}

#[test]
fn events_after_the_instant_of_a_run_stay_live() {
    let program = small();
    let key = key(&program);
    let server = program.serve_as_of(AS_OF);
    send(&server, &key, sample_events());
    let run = program.json(&["run", "--as-of", "2026-11-10T12:00:04+08:00"]);
    wait_until(|| list(&server, &key, "member_id=m0")["version"] == run["version"]);
    assert_answers(&server, &key, "half drained");
    assert_eq!((program.count("sign_ups"), program.count("member_events")), (1, 2));
    program.json(&["run", "--as-of", "2026-11-10T12:00:05+08:00"]);
    assert_eq!(program.count("member_events"), 3);
}

#[test]
fn a_second_concurrent_run_is_refused() {
    let program = small();
    let lock = std::fs::File::options().write(true).open(program.home().join("run.lock")).unwrap();
    lock.lock().unwrap();
    for command in ["run", "train", "publish"] {
        let (code, message) = program.fails(&[command]);
        assert!(code == 1 && message.contains("another run"), "{command}: {code} {message}");
    }
    lock.unlock().unwrap();
    program.ok(&["run"]);
}

#[test]
fn a_nightly_run_publishes_the_files_of_the_inbox() {
    let program = small();
    let key = key(&program);
    let server = program.serve_with(&["--nightly", "12:01", "--as-of", "2026-11-10T12:00:58+08:00"]);
    let before = list(&server, &key, "member_id=m0")["version"].clone();
    send(&server, &key, sample_events());
    program.file("home/inbox/reads-2.csv", "member_id,article_id,read_at\nm0,a1,2026-11-10 10:00:00\n");
    wait_until(|| list(&server, &key, "member_id=m0")["version"] != before);
    assert_answers(&server, &key, "after the night");
    assert_eq!(program.count("reads"), 83);
}

pub(crate) fn wait_until(mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "it does not come about");
        std::thread::sleep(Duration::from_millis(50));
    }
}
