//! The body of `POST /v1/events`, through the whole service: never a server error, and every event is told of.
#![no_main]

use std::sync::{Arc, LazyLock};

use axum::body::{Body, to_bytes};
use axum::http::Request;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use zhihui_api::{Inbox, NoReports, Ports, Role, Service, Settings, Store, router};

/// 2026-11-22 13:00 in Shanghai.
const NOW: i64 = 1_795_323_600;

struct Bench {
    runtime: Runtime,
    router: axum::Router,
    key: String,
    _home: tempfile::TempDir,
}

static BENCH: LazyLock<Bench> = LazyLock::new(|| {
    let runtime = Runtime::new().expect("a runtime");
    let home = tempfile::tempdir().expect("a folder");
    let (router, key) = runtime.block_on(async {
        let store = Store::open(&home.path().join("zhihui.db")).await.expect("a database");
        let key = store.keys().add("fuzz", Role::Backend, NOW).await.expect("a key").key;
        let service = Service::new(Settings::default(), Arc::new(|| NOW), store, Ports::new(Arc::new(NoReports))).await;
        let service = service.expect("a service");
        service.reload_keys().await.expect("keys");
        service.accept_events(Inbox::open(&home.path().join("inbox.db"), Arc::new(|| NOW)).await.expect("an inbox"));
        (router(&service), key)
    });
    Bench { runtime, router, key, _home: home }
});

fuzz_target!(|body: &[u8]| {
    let request = Request::post("/v1/events")
        .header("authorization", format!("Bearer {}", BENCH.key))
        .header("content-type", "application/json")
        .body(Body::from(body.to_vec()))
        .expect("a request");
    let (status, text) = BENCH.runtime.block_on(async {
        let response = BENCH.router.clone().oneshot(request).await.expect("an answer");
        (response.status(), to_bytes(response.into_body(), usize::MAX).await.expect("a body"))
    });
    assert!(!status.is_server_error(), "{status}: {}", String::from_utf8_lossy(&text));
    if status.is_success() {
        let told: serde_json::Value = serde_json::from_slice(body).expect("what was taken is JSON");
        let answer: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        let rejected = answer["rejected"].as_array().map_or(0, Vec::len) as u64;
        let all = answer["accepted"].as_u64().unwrap_or(0) + answer["duplicates"].as_u64().unwrap_or(0) + rejected;
        assert_eq!(told["events"].as_array().map_or(0, Vec::len) as u64, all);
    }
});
