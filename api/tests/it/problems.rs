//! Invalid requests are refused with a problem that has a stable code.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;
use zhihui_api::{Code, Role, Settings};

use crate::support::{Fixture, with_key};

#[tokio::test]
async fn invalid_parameters_are_named() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Admin).await;
    for (address, parameter) in [
        ("/v1/recommendations", "member_id"),
        ("/v1/recommendations?member_id=m1&openid=o1", "member_id"),
        ("/v1/recommendations?member_id=", "member_id"),
        ("/v1/recommendations?member_id=m1&n=0", "n"),
        ("/v1/recommendations?member_id=m1&n=101", "n"),
        ("/v1/recommendations?member_id=m1&n=-1", "n"),
        ("/v1/recommendations?member_id=m1&n=ten", "n"),
        ("/v1/recommendations?member_id=m1&kind=film", "kind"),
        ("/v1/recommendations?member_id=m1&mode=personal", "mode"),
        ("/v1/popular?age_band=1-2", "age_band"),
        ("/v1/reports/engagement?from=yesterday", "from"),
        ("/v1/reports/engagement?from=2026-11-02&to=2026-11-02", "to"),
        ("/v1/reports/engagement?district=nowhere", "district"),
    ] {
        let answer = fixture.get(address, &key).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{address}");
        assert_eq!(answer.problem(), "invalid_parameter", "{address}");
        assert_eq!(answer.json()["parameter"], parameter, "{address}");
    }
}

#[tokio::test]
async fn missing_things_have_their_own_404_codes() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Admin).await;
    for (address, code) in [
        ("/v1/nothing", "not_found"),
        ("/nothing", "not_found"),
        ("/v1/items/z1/similar", "unknown_item"),
        ("/v1/reports/weather", "unknown_report"),
    ] {
        let answer = fixture.get(address, &key).await;
        assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::NOT_FOUND, code), "{address}");
    }
}

#[tokio::test]
async fn unsupported_methods_are_refused_with_the_allowed_ones() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Admin).await;
    let request = with_key(Request::delete("/v1/recommendations"), &key).body(Body::empty()).unwrap();
    let answer = fixture.send(request).await;
    assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"));
    let allow = answer.header(header::ALLOW);
    assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
}

#[tokio::test]
async fn malformed_and_mismatching_bodies_have_different_codes() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Admin).await;
    let post = async |media_type: &str, body: &str| {
        let request = with_key(Request::post("/v1/recommendations"), &key).header(header::CONTENT_TYPE, media_type);
        fixture.send(request.body(Body::from(body.to_owned())).unwrap()).await
    };
    let json = "application/json; charset=utf-8";
    for (media_type, body, status, code) in [
        ("text/plain", "{}", 415, "unsupported_media_type"),
        (json, "{\"openids\": [", 400, "malformed_json"),
        (json, "", 400, "malformed_json"),
        (json, "{\"openids\": 7}", 422, "invalid_body"),
        (json, "{\"openids\": [], \"colour\": 1}", 422, "invalid_body"),
        (json, "{\"openids\": []}", 400, "invalid_parameter"),
        (json, "{\"openids\": [\"o1\"], \"n\": 0}", 400, "invalid_parameter"),
        (json, &"[".repeat(1_000), 422, "invalid_body"),
    ] {
        let answer = post(media_type, body).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (status, code), "{body}");
    }
}

#[tokio::test]
async fn a_preview_rejects_invalid_shares_and_targets() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Staff).await;
    for body in [json!({ "item_id": "a1", "topic": "亲子" }), json!({ "item_id": "a1", "hold_out": 1.0 })] {
        let answer = fixture.post("/v1/audiences/preview", &key, &body).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (400, "invalid_parameter"));
    }
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_service_continues() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Admin).await;
    let answer = fixture.get("/v1/recommendations?member_id=panic", &key).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (500, "internal"));
    let answer = fixture.post("/v1/audiences/preview", &key, &json!({ "item_id": "panic" })).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (500, "internal"));
    let answer = fixture.get("/v1/reports/engagement?district=broken", &key).await;
    assert_eq!(answer.problem(), "internal");
    assert!(!answer.text.contains("secret"), "the cause belongs to the log: {}", answer.text);
    assert_eq!(fixture.get("/v1/recommendations?member_id=m1", &key).await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_a_snapshot_lists_return_503_and_readiness_names_the_cause() {
    let fixture = Fixture::unpublished(Settings::default()).await;
    let key = fixture.key(Role::Backend).await;
    let answer = fixture.get("/v1/recommendations?member_id=m1", &key).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (503, "no_snapshot"));
    let answer = fixture.get("/readyz", "").await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (503, "not_ready"));
    assert_eq!(answer.json()["causes"][0]["code"], "no_snapshot");
    assert_eq!(fixture.get("/livez", "").await.status, StatusCode::OK);
    fixture.service.publish(crate::support::Small { version: "v1" });
    let answer = fixture.get("/readyz", "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["stale"], false);
}

#[tokio::test]
async fn a_full_disk_is_reported_without_flapping_and_lists_are_served() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Backend).await;
    let ready = async |free: u64| {
        fixture.service.set_free_space(free);
        fixture.get("/readyz", "").await
    };
    for (free, status) in [(1 << 40, 200), (20 << 20, 200), (1 << 20, 503), (20 << 20, 503), (40 << 20, 200)] {
        let answer = ready(free).await;
        assert_eq!(answer.status.as_u16(), status, "{free} bytes free: {}", answer.text);
    }
    let answer = ready(0).await;
    assert_eq!((answer.problem().as_str(), &answer.json()["causes"][0]["code"]), ("not_ready", &json!("disk_full")));
    assert!(answer.json()["detail"].as_str().unwrap().contains("0.0 MB free"), "{}", answer.text);
    assert_eq!(fixture.get("/livez", "").await.status, StatusCode::OK);
    assert_eq!(fixture.get("/v1/recommendations?member_id=m1", &key).await.status, StatusCode::OK);
    let operator = fixture.key(Role::Admin).await;
    assert!(fixture.get("/metrics", &operator).await.text.contains("zhihui_disk_free_bytes 0"));
}

#[tokio::test]
async fn a_stale_snapshot_serves_and_is_reported() {
    let fixture = Fixture::new().await;
    fixture.clock.fetch_add(48 * crate::support::HOUR, std::sync::atomic::Ordering::Relaxed);
    let answer = fixture.get("/readyz", "").await;
    assert_eq!((answer.status, &answer.json()["stale"]), (StatusCode::OK, &json!(true)));
    assert_eq!(answer.json()["age_seconds"], 49 * crate::support::HOUR);
}

#[test]
fn problem_codes_are_unique_and_have_error_statuses() {
    let mut texts: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), Code::ALL.len());
    assert!(Code::ALL.iter().all(|code| code.status().is_client_error() || code.status().is_server_error()));
}
