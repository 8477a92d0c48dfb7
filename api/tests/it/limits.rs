//! Limits on request rates, body sizes, times and computations.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;
use zhihui_api::{Limits, Role, Settings};

use crate::support::{BLOCKED, Fixture, with_key};

#[tokio::test]
async fn a_key_above_its_rate_limit_gets_retry_after_and_others_are_unaffected() {
    let limits = Limits { requests_per_second: 1, burst: 3, ..Limits::default() };
    let fixture = Fixture::with(Settings { limits, ..Settings::default() }).await;
    let (greedy, modest) = (fixture.key(Role::Backend).await, fixture.key(Role::Backend).await);
    for _ in 0..3 {
        assert_eq!(fixture.get("/v1/popular", &greedy).await.status, StatusCode::OK);
    }
    let answer = fixture.get("/v1/popular", &greedy).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (429, "rate_limited"));
    assert_eq!(answer.header(header::RETRY_AFTER), "1");
    assert_eq!(fixture.get("/v1/popular", &modest).await.status, StatusCode::OK);
    fixture.service.reload_keys().await.unwrap();
    assert_eq!(
        fixture.get("/v1/popular", &greedy).await.status,
        StatusCode::TOO_MANY_REQUESTS,
        "a reload resets nothing"
    );
}

#[tokio::test]
async fn a_batch_has_at_most_a_thousand_members() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Backend).await;
    let batch = |n: usize| json!({ "openids": vec!["o1"; n], "n": 1 });
    assert_eq!(fixture.post("/v1/recommendations", &key, &batch(1_000)).await.status, StatusCode::OK);
    let answer = fixture.post("/v1/recommendations", &key, &batch(1_001)).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (400, "invalid_parameter"));
}

#[tokio::test]
async fn too_long_bodies_are_refused_with_or_without_content_length() {
    let limits = Limits { body_bytes: 1_000, ..Limits::default() };
    let fixture = Fixture::with(Settings { limits, ..Settings::default() }).await;
    let key = fixture.key(Role::Backend).await;
    let long = json!({ "openids": ["o".repeat(2_000)] }).to_string();
    let request =
        || with_key(Request::post("/v1/recommendations"), &key).header(header::CONTENT_TYPE, "application/json");
    let told = request().header(header::CONTENT_LENGTH, long.len()).body(Body::from(long.clone())).unwrap();
    let pieces = futures::stream::iter(long.into_bytes().into_iter().map(|byte| Ok::<_, std::io::Error>(vec![byte])));
    let untold = request().body(Body::from_stream(pieces)).unwrap();
    for request in [told, untold] {
        let answer = fixture.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (413, "body_too_large"));
    }
}

#[tokio::test]
async fn an_endless_body_times_out() {
    let mut settings = Settings::default();
    settings.server.body_read_timeout = std::time::Duration::from_millis(50);
    let fixture = Fixture::with(settings).await;
    let key = fixture.key(Role::Backend).await;
    let never = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let request = with_key(Request::post("/v1/recommendations"), &key).header(header::CONTENT_TYPE, "application/json");
    let answer = fixture.send(request.body(never).unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (408, "slow_request"));
}

#[tokio::test]
async fn a_slow_response_times_out() {
    let mut settings = Settings::default();
    settings.server.request_timeout = std::time::Duration::from_millis(50);
    let fixture = Fixture::with(settings).await;
    let key = fixture.key(Role::Backend).await;
    let answer = fixture.post("/v1/recommendations", &key, &json!({ "member_ids": ["slow"] })).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (504, "timeout"));
}

#[tokio::test]
async fn a_step_that_times_out_may_have_taken_effect_and_says_so() {
    let mut settings = Settings::default();
    settings.server.request_timeout = std::time::Duration::from_secs(2);
    let fixture = Fixture::with(settings).await;
    let (key, cookie) = (fixture.key(Role::Staff).await, fixture.sign_in("staff", Role::Staff).await);
    let page = fixture.get_as("/audiences", &cookie).await.text;
    let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(fixture.home.path().join("zhihui.db"));
    let other = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let writing = other.begin_with("begin immediate").await.unwrap();
    let answer = fixture.post("/v1/push-lists/pl_0/submit", &key, &json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (504, "timeout"));
    assert!(answer.text.contains("may have taken effect"), "{}", answer.text);
    let form = format!("csrf={token}&step=submit");
    let answer = fixture.post_form("/push-lists/pl_0", &form, &cookie).await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT, "{}", answer.text);
    assert!(answer.text.contains("可能已经生效：请先打开名单查看"), "{}", answer.text);
    drop(writing);
}

#[tokio::test]
async fn an_endless_preview_times_out_and_holds_its_permit_until_it_ends() {
    let short = std::time::Duration::from_millis(50);
    let limits = Limits { heavy_requests: 1, heavy_wait: short, heavy_time: short, ..Limits::default() };
    let fixture = Fixture::with(Settings { limits, ..Settings::default() }).await;
    let (staff, backend) = (fixture.key(Role::Staff).await, fixture.key(Role::Backend).await);
    let preview = async |item: &str| fixture.post("/v1/audiences/preview", &staff, &json!({ "item_id": item })).await;
    let blocked = BLOCKED.lock().await;
    for item in ["blocked", "a1"] {
        let answer = preview(item).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (503, "busy"), "{item}");
        assert!(!answer.header(header::RETRY_AFTER).is_empty());
    }
    assert_eq!(
        fixture.get("/v1/popular", &backend).await.status,
        StatusCode::OK,
        "list requests do not wait for previews"
    );
    fixture.sign_in("staff", Role::Staff).await;
    drop(blocked);
    while preview("a1").await.status != StatusCode::OK {}
}

#[tokio::test]
async fn one_caller_cannot_take_all_computation_permits() {
    let short = std::time::Duration::from_millis(200);
    let limits =
        Limits { heavy_requests: 3, heavy_per_caller: 2, heavy_wait: short, heavy_time: short, ..Limits::default() };
    let fixture = Fixture::with(Settings { limits, ..Settings::default() }).await;
    let (greedy, modest) = (fixture.key(Role::Staff).await, fixture.key(Role::Staff).await);
    let preview = async |key: &str, item: &str| {
        fixture.post("/v1/audiences/preview", key, &json!({ "item_id": item })).await.status.as_u16()
    };
    let blocked = BLOCKED.lock().await;
    let (first, second, third) =
        tokio::join!(preview(&greedy, "blocked"), preview(&greedy, "blocked"), preview(&greedy, "blocked"));
    assert_eq!([first, second, third], [503; 3]);
    assert_eq!(preview(&greedy, "a1").await, 503, "the caller holds both permits");
    assert_eq!(preview(&modest, "a1").await, 200);
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    assert_eq!(fixture.get_as("/audiences?item_id=a1", &cookie).await.status, StatusCode::OK);
    drop(blocked);
    while preview(&greedy, "a1").await != 200 {}
}

#[tokio::test]
async fn a_cancelled_computation_releases_its_permit() {
    let limits = Limits { heavy_requests: 1, heavy_time: std::time::Duration::from_millis(50), ..Limits::default() };
    let fixture = Fixture::with(Settings { limits, ..Settings::default() }).await;
    let staff = fixture.key(Role::Staff).await;
    let preview = |item: &str| {
        let body = json!({ "item_id": item });
        let (fixture, staff) = (&fixture, &staff);
        async move { fixture.post("/v1/audiences/preview", staff, &body).await.status.as_u16() }
    };
    assert_eq!(preview("endless").await, 503, "the session expired");
    assert_eq!(preview("a1").await, 200);
    {
        let abandoned = std::pin::pin!(preview("endless"));
        let _ = tokio::time::timeout(std::time::Duration::from_millis(20), abandoned).await;
    }
    assert_eq!(preview("a1").await, 200, "its client disconnected");
}

#[tokio::test]
async fn a_rule_that_is_too_large_is_refused_by_code_and_pointer() {
    let snapshot = crate::engine::tiny();
    let fixture = Fixture::unpublished(Settings::default()).await;
    fixture.service.publish(zhihui_api::PublishedEngine::new(zhihui_engine::Engine::new(snapshot)));
    let key = fixture.key(Role::Staff).await;
    let conditions: Vec<_> = (0..20_000).map(|age| json!({ "field": "age", "ne": age })).collect();
    let values: Vec<_> = (0..10_001).map(|n| format!("u{n}")).collect();
    for (rule, pointer) in [
        (json!({ "all": conditions }), "/all/200"),
        (json!({ "not": { "field": "union_id", "in": values } }), "/not/in"),
    ] {
        let answer = fixture.post("/v1/audiences/preview", &key, &json!({ "item_id": "a1", "rule": rule })).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (400, "rule_too_large"));
        assert_eq!(answer.json()["pointer"], pointer);
    }
}

#[tokio::test]
async fn a_key_cannot_exceed_its_erasure_quota() {
    let limits = Limits { erasures_per_hour: 2, ..Limits::default() };
    let fixture = Fixture::with(Settings { limits, ..Settings::default() }).await;
    let (greedy, modest) = (fixture.key(Role::Backend).await, fixture.key(Role::Backend).await);
    let erase = async |id: &str, key: &str| {
        let request = with_key(Request::delete(format!("/v1/members/{id}")), key);
        fixture.send(request.body(Body::empty()).unwrap()).await
    };
    for id in ["x1", "x2"] {
        assert_eq!(erase(id, &greedy).await.status, StatusCode::OK);
    }
    let refused = erase("x3", &greedy).await;
    assert_eq!((refused.status.as_u16(), refused.problem().as_str()), (429, "rate_limited"));
    assert_eq!(refused.header(header::RETRY_AFTER), "3600");
    assert_eq!(erase("x3", &modest).await.status, StatusCode::OK);
    fixture.clock.fetch_add(3_600, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(erase("x4", &greedy).await.status, StatusCode::OK);
    assert_eq!(fixture.store.erasures().pending().await.unwrap().len(), 4, "refused events are not stored");
}

#[tokio::test]
async fn ids_have_the_same_limit_everywhere() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Admin).await;
    for (id, fits) in [("会".repeat(128), true), ("会".repeat(129), false)] {
        let encoded: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for address in ["/v1/members/{id}", "/v1/recommendations?openid={id}", "/v1/items/{id}/similar"] {
            let answer = fixture.get(&address.replace("{id}", &encoded), &key).await;
            let is_refused = answer.status == StatusCode::BAD_REQUEST;
            assert_eq!(is_refused, !fits, "{address}: {} {}", answer.status, answer.text);
        }
        let event = json!({ "type": "follow", "member_id": id, "at": crate::support::NOW });
        let answer = fixture.post("/v1/events", &key, &json!({ "events": [event] })).await.json();
        assert_eq!(answer["accepted"], u8::from(fits), "{answer}");
    }
}
