//! What is too much is refused before it costs anything.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;
use zhihui_api::{Limits, Role, Settings};

use crate::support::{BLOCKED, Fixture, with_key};

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_when_to_come_back_and_others_are_not_touched() {
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
async fn a_body_that_is_too_long_is_refused_whether_its_length_is_told_or_not() {
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
async fn a_body_that_never_ends_is_given_up() {
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
async fn an_answer_that_takes_too_long_is_given_up() {
    let mut settings = Settings::default();
    settings.server.request_timeout = std::time::Duration::from_millis(50);
    let fixture = Fixture::with(settings).await;
    let key = fixture.key(Role::Backend).await;
    let answer = fixture.post("/v1/recommendations", &key, &json!({ "member_ids": ["slow"] })).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (504, "timeout"));
}

#[tokio::test]
async fn a_preview_that_does_not_end_is_answered_and_keeps_its_place_until_it_does() {
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
    assert_eq!(fixture.get("/v1/popular", &backend).await.status, StatusCode::OK, "lists wait for no preview");
    fixture.sign_in("staff", Role::Staff).await;
    drop(blocked);
    while preview("a1").await.status != StatusCode::OK {}
}
