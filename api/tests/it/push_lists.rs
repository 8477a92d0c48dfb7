//! Push lists over the real engine: frozen, approved by another person, sent once, measured.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zhihui_api::{AuditEntry, PublishedEngine, Role, Settings, schema};
use zhihui_data::{Event, EventType};
use zhihui_engine::Engine;

use crate::engine::tiny;
use crate::support::{Answer, Fixture, HOUR, NOW};

/// A service over a snapshot of `m1` and `m2`, who both may be pushed.
pub(crate) async fn fixture() -> Fixture {
    let mut snapshot = tiny();
    snapshot.members.personalised = vec![true; 2];
    let fixture = Fixture::unpublished(Settings::default()).await;
    let inbox = fixture.inbox().await;
    snapshot.inbox = inbox.id().to_owned();
    fixture.service.publish_with_events(PublishedEngine::new(Engine::new(snapshot))).await.unwrap();
    fixture
}

async fn create(fixture: &Fixture, key: &str, body: &Value) -> schema::PushList {
    let answer = fixture.post("/v1/push-lists", key, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    serde_json::from_str(&answer.text).unwrap()
}

async fn step(fixture: &Fixture, key: &str, id: &str, step: &str, body: Value) -> Answer {
    fixture.post(&format!("/v1/push-lists/{id}/{step}"), key, &body).await
}

async fn approved(fixture: &Fixture, author: &str, approver: &str) -> schema::PushList {
    approved_with(fixture, author, approver, 0.0).await
}

async fn approved_with(fixture: &Fixture, author: &str, approver: &str, hold_out: f64) -> schema::PushList {
    let body = json!({ "item_id": "a1", "hold_out": hold_out, "purpose": "周末亲子活动" });
    approve(fixture, author, approver, &body).await
}

/// A list of this audience, approved by another person.
pub(crate) async fn approved_list_of(fixture: &Fixture, author: &str, body: &Value) -> schema::PushList {
    let approver = fixture.key(Role::Staff).await;
    approve(fixture, author, &approver, body).await
}

async fn approve(fixture: &Fixture, author: &str, approver: &str, body: &Value) -> schema::PushList {
    let list = create(fixture, author, body).await;
    for (key, name) in [(author, "submit"), (approver, "approve")] {
        let answer = step(fixture, key, &list.id, name, json!({})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
    list
}

/// A list of the item `a1` without a hold-out, approved by another person.
pub(crate) async fn approved_list(fixture: &Fixture, author: &str) -> schema::PushList {
    let approver = fixture.key(Role::Staff).await;
    approved(fixture, author, &approver).await
}

/// Like [`approved_list`], with this share of held-out members.
pub(crate) async fn approved_list_with(fixture: &Fixture, author: &str, hold_out: f64) -> schema::PushList {
    let approver = fixture.key(Role::Staff).await;
    approved_with(fixture, author, &approver, hold_out).await
}

/// The list of a request, approved by another person.
pub(crate) async fn approved_request(fixture: &Fixture, author: &str, body: &Value) -> schema::PushList {
    let approver = fixture.key(Role::Staff).await;
    approve(fixture, author, &approver, body).await
}

pub(crate) async fn get(fixture: &Fixture, key: &str, id: &str) -> schema::PushList {
    let answer = fixture.get(&format!("/v1/push-lists/{id}"), key).await;
    serde_json::from_str(&answer.text).unwrap_or_else(|error| panic!("{error}: {}", answer.text))
}

#[tokio::test]
async fn a_list_goes_from_draft_to_closed_and_only_another_person_approves() {
    let fixture = fixture().await;
    let (author, approver) = (fixture.key(Role::Staff).await, fixture.key(Role::Staff).await);
    let list = create(&fixture, &author, &json!({ "item_id": "a1", "hold_out": 0 })).await;
    assert_eq!((list.state.as_str(), list.counts.push, list.counts.hold_out), ("draft", 2, 0));
    assert_eq!((list.approved_by, list.actual_responses.is_none()), (None, true));
    assert_eq!(list.members_sha256, zhihui_data_sha256("m1\tpush\nm2\tpush\n"));
    let refused = async |key: &str, name: &str, body: Value| {
        let answer = step(&fixture, key, &list.id, name, body).await;
        (answer.status.as_u16(), answer.problem())
    };
    assert_eq!(refused(&approver, "approve", json!({})).await, (409, "wrong_state".to_owned()));
    let export = format!("/v1/push-lists/{}/export", list.id);
    assert_eq!(fixture.get(&export, &author).await.problem(), "wrong_state");
    assert_eq!(step(&fixture, &author, &list.id, "submit", json!({})).await.json()["state"], "submitted");
    assert_eq!(refused(&author, "approve", json!({})).await, (403, "own_approval".to_owned()));
    assert_eq!(refused(&approver, "reject", json!({ "reason": " " })).await, (400, "invalid_parameter".to_owned()));
    let rejected = step(&fixture, &approver, &list.id, "reject", json!({ "reason": "人太多了" })).await.json();
    assert_eq!((rejected["state"].clone(), rejected["rejected_reason"].clone()), (json!("draft"), json!("人太多了")));
    step(&fixture, &author, &list.id, "submit", json!({})).await;
    let done = step(&fixture, &approver, &list.id, "approve", json!({})).await.json();
    assert_eq!(
        (done["state"].clone(), done["members_sha256"].clone()),
        (json!("approved"), json!(list.members_sha256))
    );
    assert_ne!(done["approved_by"], done["created_by"]);
    assert_eq!(fixture.get(&export, &author).await.status, StatusCode::OK);
    assert_eq!(step(&fixture, &author, &list.id, "close", json!({})).await.json()["state"], "closed");
    assert_eq!(fixture.get(&export, &author).await.problem(), "wrong_state");
    let steps: Vec<String> = audit(&fixture).await.into_iter().map(|entry| entry.action).collect();
    let expected =
        ["push_list_created", "push_list_submitted", "push_list_rejected", "push_list_submitted", "approval"];
    assert_eq!(steps[..5], expected.map(str::to_owned));
    assert_eq!(steps[5..], ["export".to_owned(), "push_list_closed".to_owned()]);
}

/// SHA-256 in hexadecimal.
fn zhihui_data_sha256(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    hex::encode(Sha256::digest(text))
}

/// Entries of the audit log about push lists, oldest first.
async fn audit(fixture: &Fixture) -> Vec<AuditEntry> {
    let mut entries = fixture.store.audit().list(100, None).await.unwrap();
    entries.retain(|entry| !entry.detail["push_list"].is_null());
    entries.reverse();
    entries
}

#[tokio::test]
async fn lists_with_the_same_members_are_named_until_a_list_is_sent() {
    let fixture = fixture().await;
    let (author, approver) = (fixture.key(Role::Staff).await, fixture.key(Role::Staff).await);
    let first = approved(&fixture, &author, &approver).await;
    let second = create(&fixture, &author, &json!({ "item_id": "a1", "hold_out": 0, "limit": 1 })).await;
    let overlaps = async |id: &str| {
        let list = get(&fixture, &author, id).await;
        list.overlap.into_iter().map(|other| (other.id, other.state, other.members)).collect::<Vec<_>>()
    };
    assert_eq!(overlaps(&first.id).await, [(second.id.clone(), "draft".to_owned(), 1)]);
    assert_eq!(overlaps(&second.id).await, [(first.id.clone(), "approved".to_owned(), 1)]);
    fixture.get(&format!("/v1/push-lists/{}/export", first.id), &author).await;
    assert_eq!(overlaps(&first.id).await, [], "it is too late");
    assert_eq!(overlaps(&second.id).await, [(first.id.clone(), "exported".to_owned(), 1)]);
    let cookie = fixture.sign_in("reader", Role::Staff).await;
    let page = fixture.get_as(&format!("/push-lists/{}", second.id), &cookie).await;
    assert!(page.text.contains("重叠") && page.text.contains(&format!("/push-lists/{}", first.id)));
    fixture.clock.fetch_add(32 * 24 * HOUR, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(overlaps(&second.id).await, [], "it was sent more than 31 days ago");
}

#[tokio::test]
async fn pushes_are_recorded_once_and_count_against_the_caps_at_once() {
    let fixture = fixture().await;
    let (author, approver) = (fixture.key(Role::Staff).await, fixture.key(Role::Staff).await);
    for nth in 1..=4 {
        let list = approved(&fixture, &author, &approver).await;
        assert_eq!(list.counts.push, 2, "push {nth} of the month");
        for expected in ["first", "again", "again"] {
            let answer = fixture.get(&format!("/v1/push-lists/{}/export?format=csv", list.id), &author).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
            assert_eq!(answer.header("x-push-list-export".parse::<axum::http::HeaderName>().unwrap()), expected);
            assert!(answer.text.contains("m1 o1") && answer.text.contains("m2 o2"), "{}", answer.text);
        }
    }
    let answer = fixture.post("/v1/push-lists", &author, &json!({ "item_id": "a1", "hold_out": 0 })).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (409, "audience_too_small"),
        "WeChat's four a month"
    );
    let preview = fixture.post("/v1/audiences/preview", &author, &json!({ "item_id": "a1", "hold_out": 0 })).await;
    assert_eq!(preview.json()["excluded"]["wechat_cap"], 2);
}

#[tokio::test]
async fn whoever_opted_out_since_is_left_out_of_the_file_and_counted() {
    let fixture = fixture().await;
    let (author, approver) = (fixture.key(Role::Staff).await, fixture.key(Role::Staff).await);
    let list = approved(&fixture, &author, &approver).await;
    let backend = fixture.key(Role::Backend).await;
    fixture.put("/v1/members/m2/personalised", &backend, &json!({ "personalised": false })).await;
    let answer = fixture.get(&format!("/v1/push-lists/{}/export", list.id), &author).await;
    assert!(answer.text.contains("m1 o1") && !answer.text.contains("m2"), "{}", answer.text);
    let sent = get(&fixture, &author, &list.id).await;
    assert_eq!(sent.left_out.get("opted_out"), Some(&1));
    assert_eq!(sent.actual_responses.unwrap().push.members, 1);
    let page = fixture.get(&format!("/v1/push-lists/{}/members?n=1", list.id), &author).await;
    let page: schema::PushListMembers = serde_json::from_str(&page.text).unwrap();
    assert_eq!((page.members.len(), page.next), (1, Some(1)));
    let page = fixture.get(&format!("/v1/push-lists/{}/members?after=1", list.id), &author).await;
    let page: schema::PushListMembers = serde_json::from_str(&page.text).unwrap();
    assert_eq!((page.members.len(), page.next), (1, None));
}

#[tokio::test]
async fn responses_after_the_push_are_counted() {
    let fixture = fixture().await;
    let (author, approver) = (fixture.key(Role::Staff).await, fixture.key(Role::Staff).await);
    let list = approved(&fixture, &author, &approver).await;
    let backend = fixture.key(Role::Backend).await;
    let read = |id: &str, at: i64| {
        let at = chrono::DateTime::from_timestamp(at, 0).unwrap().to_rfc3339();
        json!({ "event_id": id, "type": "read", "member_id": "m1", "item_id": "a1", "at": at })
    };
    let wechat = fixture.get(&format!("/v1/push-lists/{}/export?format=wechat", list.id), &author).await.json();
    assert_eq!(wechat["batches"][0]["touser"], json!(["o1", "o2"]));
    fixture.post("/v1/events", &backend, &json!({ "events": [read("before", NOW - HOUR)] })).await;
    assert_eq!(get(&fixture, &author, &list.id).await.actual_responses.unwrap().value, 0);
    fixture.post("/v1/events", &backend, &json!({ "events": [read("after", NOW + 60)] })).await;
    let actual = get(&fixture, &author, &list.id).await.actual_responses.unwrap();
    assert_eq!((actual.value, actual.push.members, actual.hold_out.members), (1, 2, 0));
    assert!(!actual.complete && actual.uplift.is_none());
    assert_eq!(actual.by_age_band[0].age_band, "25-34");
}

#[tokio::test]
async fn a_list_of_one_cannot_be_sent_by_wechat_and_stays_approved() {
    let fixture = fixture().await;
    let (author, approver) = (fixture.key(Role::Staff).await, fixture.key(Role::Staff).await);
    let list = create(&fixture, &author, &json!({ "item_id": "a1", "hold_out": 0, "limit": 1 })).await;
    step(&fixture, &author, &list.id, "submit", json!({})).await;
    step(&fixture, &approver, &list.id, "approve", json!({})).await;
    let answer = fixture.get(&format!("/v1/push-lists/{}/export?format=wechat", list.id), &author).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (409, "audience_too_small"));
    let list = get(&fixture, &author, &list.id).await;
    assert_eq!((list.state.as_str(), list.sent_at, list.exported_at), ("approved", None, None), "nothing was recorded");
    let address = format!("/v1/push-lists/{}/export", list.id);
    let head = crate::support::with_key(axum::http::Request::head(&address), &author);
    let answer = fixture.send(head.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(get(&fixture, &author, &list.id).await.state, "approved", "HEAD records nothing");
    fixture.clock.fetch_add(HOUR, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(fixture.get(&address, &author).await.status, StatusCode::OK);
    let sent = get(&fixture, &author, &list.id).await.sent_at;
    assert_eq!(sent, Some("2026-11-22T06:00:00Z".to_owned()), "the time of the export that succeeded");
}

#[tokio::test]
async fn invalid_requests_name_the_field() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Staff).await;
    let list = create(&fixture, &key, &json!({ "item_id": "a1" })).await;
    for (body, parameter) in [
        (json!({ "topic": "亲子", "item_id": "a1" }), "item_id"),
        (json!({}), "item_id"),
        (json!({ "item_id": "a1", "hold_out": 1 }), "hold_out"),
    ] {
        let answer = fixture.post("/v1/push-lists", &key, &body).await;
        assert_eq!((answer.status.as_u16(), answer.json()["parameter"].clone()), (400, json!(parameter)), "{body}");
    }
    for (address, parameter) in [("members?after=-1", "after"), ("members?n=0", "n"), ("export?format=pdf", "format")] {
        let answer = fixture.get(&format!("/v1/push-lists/{}/{address}", list.id), &key).await;
        assert_eq!((answer.status.as_u16(), answer.json()["parameter"].clone()), (400, json!(parameter)), "{address}");
    }
    assert_eq!(fixture.get("/v1/push-lists/pl_0", &key).await.problem(), "unknown_push_list");
    let answer = fixture.post("/v1/push-lists", &key, &json!({ "item_id": "z9" })).await;
    assert_eq!(answer.problem(), "unknown_item");
}

#[tokio::test]
async fn an_interrupted_export_is_finished_with_the_same_pushes() {
    let fixture = fixture().await;
    let (author, approver) = (fixture.key(Role::Staff).await, fixture.key(Role::Staff).await);
    let list = approved(&fixture, &author, &approver).await;
    // The process died after the facts were stored and before the list was marked.
    let event = |member: &str| {
        let mut event = Event::of_member(EventType::Push, member, NOW * 1_000_000);
        event.event_id = Some(format!("push:{}:{member}", list.id));
        event.item_id = Some("a1".to_owned());
        event.details.push_id = Some(list.id.clone());
        event
    };
    let inbox = fixture.inbox().await;
    inbox.append(vec![event("m1"), event("m2")]).await.unwrap();
    let before = inbox.last().await.unwrap();
    assert_eq!(fixture.get(&format!("/v1/push-lists/{}/export", list.id), &author).await.status, StatusCode::OK);
    assert_eq!(inbox.last().await.unwrap(), before, "the facts were known already");
    assert_eq!(get(&fixture, &author, &list.id).await.state, "exported");
}

#[tokio::test]
async fn erased_members_leave_the_list_and_frozen_columns_cannot_be_changed() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Staff).await;
    let list = create(&fixture, &key, &json!({ "item_id": "a1", "hold_out": 0 })).await;
    let admin = fixture.key(Role::Admin).await;
    let request = axum::http::Request::delete("/v1/members/m2");
    fixture.send(crate::support::with_key(request, &admin).body(axum::body::Body::empty()).unwrap()).await;
    let after = get(&fixture, &key, &list.id).await;
    assert_eq!((after.counts.push, after.left_out.get("erased")), (2, Some(&1)));
    let page = fixture.get(&format!("/v1/push-lists/{}/members", list.id), &key).await;
    assert!(page.text.contains("m1") && !page.text.contains("m2"), "{}", page.text);
    for change in [
        "update push_lists set push = 1",
        "update push_list_members set arm = 'hold_out'",
        "update push_list_members set variant = 'B'",
    ] {
        let error = fixture.execute(change).await.unwrap_err().to_string();
        assert!(error.contains("frozen when it is created"), "{error}");
    }
}

/// The CSRF token of a page.
async fn csrf(fixture: &Fixture, address: &str, cookie: &str) -> String {
    let page = fixture.get_as(address, cookie).await.text;
    page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a form").to_owned()
}

#[tokio::test]
async fn pages_lead_from_the_audience_to_the_export() {
    let fixture = fixture().await;
    let (author, approver) = (fixture.sign_in("author", Role::Staff).await, fixture.sign_in("boss", Role::Staff).await);
    let none = fixture.get_as("/push-lists", &author).await;
    assert!(none.text.contains("还没有推送名单"), "{}", none.text);
    let audience = "/audiences?item_id=a1&hold_out=0&purpose=%E5%91%A8%E6%9C%AB";
    let token = csrf(&fixture, audience, &author).await;
    assert!(fixture.get_as(audience, &author).await.text.contains("冻结为推送名单"));
    let form = format!("csrf={token}");
    let created =
        fixture.post_form("/push-lists?item_id=a1&hold_out=0&purpose=%E5%91%A8%E6%9C%AB", &form, &author).await;
    assert_eq!(created.status, StatusCode::SEE_OTHER, "{}", created.text);
    let address = created.header(axum::http::header::LOCATION).to_owned();
    let submitted = fixture.post_form(&address, &format!("csrf={token}&step=submit"), &author).await;
    assert_eq!(submitted.status, StatusCode::SEE_OTHER, "{}", submitted.text);
    let waiting = fixture.get_as(&address, &author).await.text;
    assert!(waiting.contains("请另一位同事审批") && !waiting.contains("value=\"approve\""), "{waiting}");
    let own = fixture.post_form(&address, &format!("csrf={token}&step=approve"), &author).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "{}", own.text);
    let token = csrf(&fixture, &address, &approver).await;
    let approved = fixture.post_form(&address, &format!("csrf={token}&step=approve"), &approver).await;
    assert_eq!(approved.status, StatusCode::SEE_OTHER, "{}", approved.text);
    let page = fixture.get_as(&address, &approver).await.text;
    assert!(page.contains("导出并记为已推送") && page.contains("「亲子阅读」推送 2 人"), "{page}");
    let again = fixture.post_form(&address, &format!("csrf={token}&step=submit"), &approver).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "the page says why");
    assert!(again.text.contains("role=\"alert\""));
    fixture.get_as(&format!("/v1{address}/export?format=csv"), &approver).await;
    let sent = fixture.get_as(&address, &approver).await.text;
    assert!(sent.contains("实际响应") && sent.contains("对照组人数太少") && sent.contains("再次下载"), "{sent}");
    fixture.clock.fetch_add(60, std::sync::atomic::Ordering::Relaxed);
    let resend = sent.split("href=\"/audiences?").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let resend = format!("/audiences?{}", resend.replace("&#38;", "&").replace("&amp;", "&"));
    let page = fixture.get_as(&resend, &approver).await.text;
    assert!(page.contains("「亲子阅读」可推送 2 人"), "both were pushed and have not read it: {page}");
    let listed = fixture.get_as("/push-lists?lang=en", &author).await.text;
    assert!(listed.contains("Sent") && listed.contains("周末"), "{listed}");
    let forged = fixture.post_form(&address, "csrf=x&step=close", &author).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
}
