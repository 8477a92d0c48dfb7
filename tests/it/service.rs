//! The running service: routes, keys, languages, problems, and a snapshot that is replaced while requests are served.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::journey::{members, open_activity, union};
use crate::program::Program;

fn key(program: &Program, scope: &str) -> (String, String) {
    let made = program.json(&["key", "add", &format!("test-{scope}-{}", uuid()), "--scope", scope]);
    (made["id"].as_str().unwrap().to_owned(), made["key"].as_str().unwrap().to_owned())
}

fn uuid() -> String {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string()
}

#[test]
fn only_the_backend_may_use_its_routes() {
    let program = union();
    let server = program.serve();
    let (_, backend) = key(program, "backend");
    let (_, leader) = key(program, "leader");
    wait_for_key(&server, &backend);
    wait_for_key(&server, &leader);
    let (member, _) = members(program);
    let path = format!("/v1/recommendations?member_id={member}&n=5");
    let (status, answer) = server.get_json(&path, &backend);
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["member_id"], member.as_str());
    for key in ["as_of", "version", "personalised", "items"] {
        assert!(!answer[key].is_null(), "{key}");
    }
    let (status, problem) = server.get_json(&path, &leader);
    assert_eq!((status, problem["status"].as_u64()), (403, Some(403)));
    assert_eq!(server.get(&path, None).0, 401);
    assert_eq!(server.get(&path, Some("no-such-key")).0, 401);
    let (status, problem) = server.get_json("/v1/recommendations", &backend);
    assert!(status == 400 && problem["code"].is_string(), "{problem}");
    let english = server.get_with(&path, Some(&backend), &[("Accept-Language", "en")]).1;
    let chinese = server.get_with(&path, Some(&backend), &[("Accept-Language", "zh-CN")]).1;
    assert_ne!(english, chinese);
}

/// Waits until the running service accepts a new key.
fn wait_for_key(server: &crate::program::Server, key: &str) {
    let began = Instant::now();
    while server.get("/v1/popular", Some(key)).0 == 401 {
        assert!(began.elapsed() < Duration::from_secs(5), "a new key is not known after five seconds");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_other_routes_answer() {
    let program = union();
    let (_, backend) = key(program, "backend");
    let (_, staff) = key(program, "staff");
    let (_, leader) = key(program, "leader");
    let server = program.serve();
    let (member, _) = members(program);
    let openids = program.json(&["sql", "select openid from members where openid is not null limit 3"]);
    let openids: Vec<_> = openids.as_array().unwrap().iter().map(|row| row["openid"].clone()).collect();
    let (status, batch) = server.post_json("/v1/recommendations", &backend, &json!({"openids": openids, "n": 3}));
    assert_eq!(status, 200, "{batch}");
    let popular = server.get_json("/v1/popular?age_band=25-34&n=4", &backend);
    assert_eq!((popular.0, popular.1["items"].as_array().unwrap().len()), (200, 4), "{}", popular.1);
    let item = popular.1["items"][0]["item_id"].as_str().unwrap().to_owned();
    assert_eq!(server.get(&format!("/v1/items/{item}/similar?n=3"), Some(&backend)).0, 200);
    assert_eq!(server.get("/v1/items/nothing-like-it/similar", Some(&backend)).0, 404);
    let preview = server.post_json(
        "/v1/audiences/preview",
        &staff,
        &json!({"item_id": open_activity(program), "limit": 20, "hold_out": 0.1}),
    );
    assert!(preview.0 == 200 && preview.1["selected"].as_u64().unwrap() <= 20, "{}", preview.1);
    let refused = server.post_json(
        "/v1/audiences/preview",
        &staff,
        &json!({"item_id": open_activity(program), "rule": {"field": "x", "eq": 1}}),
    );
    assert!(refused.0 == 400 || refused.0 == 422, "{}", refused.1);
    let report = server.get_json("/v1/reports/engagement", &leader);
    assert!(report.0 == 200 && report.1["metrics"].as_array().unwrap().len() > 5, "{}", report.1);
    for open in ["/livez", "/readyz", "/openapi.json"] {
        assert_eq!(server.get(open, None).0, 200, "{open}");
    }
    assert!(server.get("/docs/", None).0 == 200 || server.get("/docs", None).0 == 200);
    let metrics = server.get("/metrics", None);
    assert!(metrics.0 == 200 && !metrics.1.contains(&member), "{}", metrics.1);
}

#[test]
fn a_revoked_key_is_refused_within_a_second() {
    let program = union();
    let (id, backend) = key(program, "backend");
    let server = program.serve();
    assert_eq!(server.get("/v1/popular", Some(&backend)).0, 200);
    program.json(&["key", "revoke", &id]);
    let began = Instant::now();
    while server.get("/v1/popular", Some(&backend)).0 != 401 {
        assert!(began.elapsed() < Duration::from_secs(3), "a revoked key still works");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_slow_client_does_not_block_others() {
    let program = union();
    let (_, backend) = key(program, "backend");
    let server = program.serve();
    let address = server.url("").trim_start_matches("http://").to_owned();
    let slow: Vec<TcpStream> = (0..50)
        .map(|_| {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
            stream
        })
        .collect();
    assert_eq!(server.get("/v1/popular", Some(&backend)).0, 200);
    let mut first = slow.into_iter().next().unwrap();
    first.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut rest = Vec::new();
    let closed = first.read_to_end(&mut rest);
    assert!(closed.is_ok(), "a connection without headers is never closed: {closed:?}");
}

#[test]
fn a_new_snapshot_is_loaded_without_a_restart() {
    let program = Program::new();
    let reads = |days: std::ops::Range<u32>| {
        let line = |(day, member): (u32, u32)| {
            format!("m{member},a{},2026-11-{:02}T08:{:02}:00+08:00\n", (member + day) % 9, day, member)
        };
        let rows = days.flat_map(|day| (0..30).map(move |member| (day, member))).map(line);
        std::iter::once("member_id,article_id,read_at\n".to_owned()).chain(rows).collect::<String>()
    };
    program.file("home/inbox/reads-1.csv", reads(1..8));
    program.json(&["run", "--as-of", "2026-11-10"]);
    let server = program.serve();
    let (_, backend) = key(&program, "backend");
    wait_for_key(&server, &backend);
    let version = || server.get_json("/v1/popular", &backend).1["version"].as_str().unwrap().to_owned();
    let before = version();
    program.file("home/inbox/reads-2.csv", reads(8..10));
    program.json(&["run", "--as-of", "2026-11-10"]);
    let began = Instant::now();
    while version() == before {
        assert!(began.elapsed() < Duration::from_secs(5), "the new snapshot does not serve");
        std::thread::sleep(Duration::from_millis(50));
    }
}
