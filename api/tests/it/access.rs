//! Creating and ending keys, accounts and sessions.

use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::Value;
use zhihui_api::{Role, StoreError};

use crate::support::{Fixture, HOUR, NOW};

#[tokio::test]
async fn keys_are_shown_once_and_revoked_by_id_or_name() {
    let fixture = Fixture::new().await;
    let keys = fixture.store.keys();
    let first = keys.add("backend of the account", Role::Backend, NOW).await.unwrap();
    let second = keys.add("twice", Role::Admin, NOW).await.unwrap();
    let third = keys.add("twice", Role::Admin, NOW).await.unwrap();
    let listed = serde_json::to_string(&keys.list().await.unwrap()).unwrap();
    assert!(listed.contains(&first.id) && !listed.contains(first.key.rsplit('_').next().unwrap()));
    assert!(matches!(keys.revoke("twice", NOW).await, Err(StoreError::AmbiguousKey { ids, .. }) if ids.len() == 2));
    assert_eq!(keys.revoke(&second.id, NOW).await.unwrap().revoked_at, Some(NOW));
    assert_eq!(keys.revoke("twice", NOW).await.unwrap().id, third.id);
    assert!(matches!(keys.revoke("twice", NOW).await, Err(StoreError::UnknownKey(_))));
    fixture.service.reload_keys().await.unwrap();
    assert_eq!(fixture.get("/v1/popular", &second.key).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(fixture.get("/v1/popular", &first.key).await.status, StatusCode::OK);
    let file = fixture.stored().await;
    let secret = first.key.rsplit('_').next().unwrap();
    assert!(!file.windows(secret.len()).any(|window| window == secret.as_bytes()), "the database contains the secret");
}

#[tokio::test]
async fn sign_in_returns_to_the_requested_page_and_sign_out_ends_the_session() {
    let fixture = Fixture::new().await;
    let answer = fixture.get("/reports?from=2026-11-01&to=2026-11-08", "").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header(header::LOCATION), "/login?next=/reports%3Ffrom%3D2026-11-01%26to%3D2026-11-08");
    fixture.store.users().add("张三", Role::Leader, "a long password", NOW).await.unwrap();
    let form = "name=%E5%BC%A0%E4%B8%89&password=a+long+password&next=%2Freports";
    let answer = fixture.post_form("/login", form, "").await;
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/reports"));
    let cookie = answer.header(header::SET_COOKIE);
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    assert_eq!(fixture.get_as("/reports", &cookie).await.status, StatusCode::OK);
    assert_eq!(fixture.get_as("/v1/reports/engagement", &cookie).await.status, StatusCode::OK);
    assert_eq!(fixture.get_as("/v1/popular", &cookie).await.status, StatusCode::FORBIDDEN);
    let answer = fixture.post_form("/logout", "", &cookie).await;
    assert!(answer.header(header::SET_COOKIE).contains("Max-Age=0"));
    assert_eq!(fixture.get_as("/reports", &cookie).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn sessions_end_when_idle_expired_or_without_an_account() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("leader", Role::Leader).await;
    let answers = async || fixture.get_as("/", &cookie).await.status == StatusCode::OK;
    for _ in 0..35 {
        fixture.clock.fetch_add(20 * 60, Ordering::Relaxed);
        assert!(answers().await, "a session in use does not end");
    }
    fixture.clock.fetch_add(20 * 60, Ordering::Relaxed);
    assert!(!answers().await, "twelve hours passed");
    let cookie = fixture.sign_in("second", Role::Leader).await;
    fixture.clock.fetch_add(HOUR, Ordering::Relaxed);
    assert_eq!(fixture.get_as("/", &cookie).await.status, StatusCode::SEE_OTHER, "an idle hour");
    let cookie = fixture.sign_in("third", Role::Leader).await;
    fixture.store.users().remove("third").await.unwrap();
    assert_eq!(fixture.get_as("/", &cookie).await.status, StatusCode::SEE_OTHER, "the account is gone");
}

#[tokio::test]
async fn five_wrong_passwords_lock_a_name_for_fifteen_minutes() {
    let fixture = Fixture::new().await;
    fixture.store.users().add("staff", Role::Staff, "a long password", NOW).await.unwrap();
    for _ in 0..5 {
        assert_eq!(fixture.post_form("/login", "name=staff&password=wrong", "").await.status, StatusCode::UNAUTHORIZED);
    }
    let try_again =
        async || fixture.post_form("/login", "name=staff&password=a+long+password", "").await.status.as_u16();
    assert_eq!(try_again().await, 429);
    fixture.clock.store(NOW + 15 * 60 - 1, Ordering::Relaxed);
    assert_eq!(try_again().await, 429);
    fixture.clock.store(NOW + 15 * 60, Ordering::Relaxed);
    assert_eq!(try_again().await, 303);
}

#[tokio::test]
async fn accounts_reject_short_passwords_taken_names_and_the_backend_role() {
    let fixture = Fixture::new().await;
    let users = fixture.store.users();
    assert!(matches!(users.add("a", Role::Staff, "short", NOW).await, Err(StoreError::BadPassword { .. })));
    assert!(matches!(users.add("a", Role::Backend, "a long password", NOW).await, Err(StoreError::BackendUser)));
    assert!(matches!(users.add("  ", Role::Staff, "a long password", NOW).await, Err(StoreError::BadName(_))));
    users.add("a", Role::Staff, "a long password", NOW).await.unwrap();
    assert!(matches!(users.add("a", Role::Admin, "another password", NOW).await, Err(StoreError::UserExists(_))));
    assert_eq!(users.list().await.unwrap().len(), 1);
    assert!(matches!(users.remove("b").await, Err(StoreError::UnknownUser(_))));
}

#[tokio::test]
async fn cross_site_forms_are_refused() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let post = async |name: &str, value: &str| {
        let request = Request::post("/v1/audiences/preview")
            .header(header::COOKIE, &cookie)
            .header(header::HOST, "zhihui.example")
            .header(header::CONTENT_TYPE, "application/json")
            .header(name, value);
        fixture.send(request.body(Body::from("{\"item_id\":\"a1\"}")).unwrap()).await
    };
    assert_eq!(post("sec-fetch-site", "cross-site").await.problem(), "cross_site");
    assert_eq!(post("origin", "https://evil.example").await.problem(), "cross_site");
    assert_eq!(post("origin", "https://zhihui.example").await.status, StatusCode::OK);
    assert_eq!(post("sec-fetch-site", "same-origin").await.status, StatusCode::OK);
}

#[tokio::test]
async fn responses_never_contain_the_openid_of_another_request() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Admin).await;
    fixture.get("/v1/recommendations?openid=oCANARY123", &key).await;
    let metrics = fixture.get("/metrics", &key).await;
    assert_eq!(metrics.status, StatusCode::OK);
    assert!(!metrics.text.contains("CANARY"), "{}", metrics.text);
    assert!(
        metrics
            .text
            .contains("zhihui_http_requests_total{route=\"/v1/recommendations\",method=\"GET\",status=\"2xx\"} 1"),
        "{}",
        metrics.text
    );
    let refused: Value = fixture.get("/v1/recommendations?openid=oCANARY123&n=0", &key).await.json();
    assert!(!refused.to_string().contains("CANARY"));
}
