//! Every deed that the audit log is for leaves exactly one entry.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::json;
use zhihui_api::{Published, Role, Settings};
use zhihui_engine::Engine;

use crate::engine::tiny;
use crate::support::{Answer, Fixture, with_key};

async fn fixture() -> Fixture {
    let fixture = Fixture::unpublished(Settings::default()).await;
    fixture.service.publish_with_events(Published::new(Engine::new(tiny()))).await.unwrap();
    fixture
}

/// Insists that one entry, of this deed, was added since there were `before`; gives how many there are now.
async fn one_more(fixture: &Fixture, before: usize, deed: &str) -> usize {
    let entries = fixture.store.audit().list(1_000, None).await.unwrap();
    let new: Vec<&str> = entries.iter().rev().skip(before).map(|entry| entry.action.as_str()).collect();
    assert_eq!(new, [deed]);
    entries.len()
}

async fn with(fixture: &Fixture, method: Method, address: &str, key: &str, body: &str) -> Answer {
    let request = with_key(Request::builder().method(method).uri(address), key);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    fixture.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn what_people_do_on_pages_is_written_down_once() {
    let fixture = fixture().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let mut count = one_more(&fixture, 0, "sign_in").await;
    fixture.post_form("/login", "name=staff&password=wrong", "").await;
    count = one_more(&fixture, count, "sign_in_failed").await;
    let form = fixture.get_as("/members", &cookie).await.text;
    let token = form.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    for (address, form, deed) in [
        ("/members", "member_id=m1&reason=called", "member_seen"),
        ("/members/m1/switch", "personalised=false&reason=called", "opt_out"),
        ("/members/m1/switch", "personalised=true&reason=called", "opt_in"),
    ] {
        let answer = fixture.post_form(address, &format!("csrf={token}&{form}"), &cookie).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        count = one_more(&fixture, count, deed).await;
    }
    let workbook = format!("/data/errors.xlsx?sha256={}&table=reads", "ab".repeat(32));
    for (address, deed) in [
        ("/audiences?item_id=a1&hold_out=0", "preview"),
        ("/audiences/file?item_id=a1&format=csv", "export"),
        ("/audiences/file?item_id=a1&format=xlsx", "export"),
        (workbook.as_str(), "export"),
    ] {
        assert_eq!(fixture.get_as(address, &cookie).await.status, StatusCode::OK, "{address}");
        count = one_more(&fixture, count, deed).await;
    }
    fixture.post_form("/logout", "", &cookie).await;
    count = one_more(&fixture, count, "sign_out").await;
    fixture.post_form("/logout", "", &cookie).await;
    let entries = fixture.store.audit().list(1_000, None).await.unwrap();
    assert_eq!(entries.len(), count, "a session ends once");
    assert!(entries.iter().all(|entry| entry.actor == "user staff"), "{entries:?}");
}

#[tokio::test]
async fn what_programs_do_is_written_down_once() {
    let fixture = fixture().await;
    let (backend, staff) = (fixture.key(Role::Backend).await, fixture.key(Role::Staff).await);
    let preview = json!({ "item_id": "a1", "hold_out": 0 }).to_string();
    let mut count = 0;
    for (method, address, key, body, deed) in [
        (Method::GET, "/v1/members/m1", &backend, "", "member_exported"),
        (Method::PUT, "/v1/members/m1/personalised", &backend, "{\"personalised\":false}", "opt_out"),
        (Method::PUT, "/v1/members/m1/personalised", &backend, "{\"personalised\":true}", "opt_in"),
        (Method::POST, "/v1/audiences/preview", &staff, preview.as_str(), "preview"),
        (Method::DELETE, "/v1/members/m1/topics/x", &backend, "", "topic_deleted"),
        (Method::DELETE, "/v1/members/m1", &backend, "", "member_erased"),
    ] {
        let answer = with(&fixture, method.clone(), address, key, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{method} {address}: {}", answer.text);
        count = one_more(&fixture, count, deed).await;
    }
    fixture.get("/v1/recommendations?member_id=m1", &backend).await;
    assert_eq!(fixture.store.audit().verify(None).await.unwrap().entries, 6, "lists are no deeds");
}
