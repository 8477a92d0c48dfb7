//! Approved push lists are checked again when they are sent: exclusion lists, other lists, caps, and what members did since.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zhihui_api::{PublishedEngine, PushPolicy, Role, Settings, schema};
use zhihui_data::snapshot::NONE;
use zhihui_engine::Engine;
use zhihui_engine::audience::PushCaps;

use crate::engine::tiny;
use crate::push_lists::{approved_list_of, get};
use crate::support::{Answer, Fixture, HOUR, NOW};

/// A service over a snapshot of `m1` and `m2`, who both may be pushed, and of two items without seats.
async fn fixture(policy: PushPolicy, caps: PushCaps) -> Fixture {
    let mut snapshot = tiny();
    snapshot.members.personalised = vec![true; 2];
    snapshot.items.capacity = vec![NONE; 2];
    let fixture = Fixture::unpublished(Settings::default()).await;
    let inbox = fixture.inbox().await;
    snapshot.inbox = inbox.id().to_owned();
    let engine = PublishedEngine::new(Engine::new(snapshot)).with_push_policy(policy).with_push_settings("salt", caps);
    fixture.service.publish_with_events(engine).await.unwrap();
    fixture
}

async fn plain() -> Fixture {
    fixture(PushPolicy::default(), PushCaps::default()).await
}

async fn export(fixture: &Fixture, key: &str, list: &schema::PushList) -> Answer {
    fixture.get(&format!("/v1/push-lists/{}/export", list.id), key).await
}

async fn exclude(fixture: &Fixture, key: &str, extra: Value) -> String {
    let mut body = json!({ "name": "投诉过" });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let answer = fixture.post("/v1/exclusion-lists", key, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn who_was_excluded_since_the_approval_is_left_out_and_counted() {
    let fixture = plain().await;
    let key = fixture.key(Role::Staff).await;
    let list = approved_list_of(&fixture, &key, &json!({ "item_id": "a1", "hold_out": 0 })).await;
    exclude(&fixture, &key, json!({ "ids": ["m2"], "always": true })).await;
    let file = export(&fixture, &key, &list).await;
    assert!(file.status == StatusCode::OK && file.text.contains("m1 o1") && !file.text.contains("m2"), "{}", file.text);
    let sent = get(&fixture, &key, &list.id).await;
    assert_eq!(sent.left_out.get("exclusion_list"), Some(&1));
    assert_eq!(sent.actual_responses.unwrap().push.members, 1);
    let cookie = fixture.sign_in("reader", Role::Staff).await;
    let page = fixture.get_as(&format!("/push-lists/{}", list.id), &cookie).await.text;
    assert!(page.contains("推送时剔除的会员") && page.contains("在排除名单里"), "{page}");
}

#[tokio::test]
async fn who_was_excluded_since_the_first_file_is_not_in_the_second() {
    let fixture = plain().await;
    let key = fixture.key(Role::Staff).await;
    let list = approved_list_of(&fixture, &key, &json!({ "item_id": "a1", "hold_out": 0 })).await;
    assert!(export(&fixture, &key, &list).await.text.contains("m2 o2"));
    exclude(&fixture, &key, json!({ "ids": ["m2"], "always": true })).await;
    let again = export(&fixture, &key, &list).await;
    assert!(again.text.contains("m1 o1") && !again.text.contains("m2"), "{}", again.text);
    let sent = get(&fixture, &key, &list.id).await;
    assert!(sent.left_out.is_empty(), "the push to both is a fact: {:?}", sent.left_out);
    assert_eq!(sent.actual_responses.unwrap().push.members, 2);
}

#[tokio::test]
async fn a_chosen_exclusion_list_may_be_deleted_before_the_export() {
    let fixture = plain().await;
    let key = fixture.key(Role::Staff).await;
    let chosen = exclude(&fixture, &key, json!({ "ids": ["m2"] })).await;
    let body = json!({ "item_id": "a1", "hold_out": 0, "exclude": [chosen] });
    let list = approved_list_of(&fixture, &key, &body).await;
    assert_eq!(list.counts.push, 1);
    let delete = axum::http::Request::delete(format!("/v1/exclusion-lists/{chosen}"));
    fixture.send(crate::support::with_key(delete, &key).body(axum::body::Body::empty()).unwrap()).await;
    let file = export(&fixture, &key, &list).await;
    assert!(
        file.status == StatusCode::OK && !file.text.contains("m2"),
        "who was not selected is not added: {}",
        file.text
    );
}

#[tokio::test]
async fn of_two_lists_the_one_that_was_approved_first_keeps_the_members() {
    let fixture = fixture(PushPolicy { one_list_at_a_time: true, ..PushPolicy::default() }, PushCaps::default()).await;
    let (key, approver) = (fixture.key(Role::Staff).await, fixture.key(Role::Staff).await);
    let mut lists = Vec::new();
    // Both are frozen before either is approved.
    for item in ["a1", "b1"] {
        let answer = fixture.post("/v1/push-lists", &key, &json!({ "item_id": item, "hold_out": 0 })).await;
        let list: schema::PushList = serde_json::from_str(&answer.text).unwrap();
        assert_eq!((list.counts.push, list.one_list_at_a_time), (2, Some(true)));
        lists.push(list);
    }
    for list in &lists {
        fixture.post(&format!("/v1/push-lists/{}/submit", list.id), &key, &json!({})).await;
        fixture.post(&format!("/v1/push-lists/{}/approve", list.id), &approver, &json!({})).await;
        fixture.clock.fetch_add(60, std::sync::atomic::Ordering::Relaxed);
    }
    let refused = export(&fixture, &key, &lists[1]).await;
    assert_eq!((refused.status.as_u16(), refused.problem().as_str()), (409, "audience_too_small"));
    assert!(refused.text.contains("other_list: 2"), "{}", refused.text);
    let waiting = get(&fixture, &key, &lists[1].id).await;
    assert_eq!((waiting.state.as_str(), waiting.sent_at, waiting.left_out.len()), ("approved", None, 0));
    assert_eq!(export(&fixture, &key, &lists[0]).await.status, StatusCode::OK);
    assert_eq!(get(&fixture, &key, &lists[0].id).await.left_out.len(), 0);
    assert_eq!(export(&fixture, &key, &lists[1]).await.problem(), "audience_too_small", "the first one is sent");
    fixture.post(&format!("/v1/push-lists/{}/close", lists[0].id), &key, &json!({})).await;
    assert_eq!(export(&fixture, &key, &lists[1]).await.status, StatusCode::OK, "the first one is closed");
}

#[tokio::test]
async fn a_list_that_allows_several_lists_keeps_members_of_others() {
    let fixture = fixture(PushPolicy { one_list_at_a_time: true, ..PushPolicy::default() }, PushCaps::default()).await;
    let key = fixture.key(Role::Staff).await;
    approved_list_of(&fixture, &key, &json!({ "item_id": "a1", "hold_out": 0 })).await;
    let body = json!({ "item_id": "b1", "hold_out": 0, "one_list_at_a_time": false });
    let second = approved_list_of(&fixture, &key, &body).await;
    assert_eq!(export(&fixture, &key, &second).await.status, StatusCode::OK);
    assert!(get(&fixture, &key, &second.id).await.left_out.is_empty());
}

#[tokio::test]
async fn caps_that_other_lists_have_filled_since_are_kept() {
    let caps = PushCaps { own_per_day: Some(1), ..PushCaps::default() };
    let fixture = fixture(PushPolicy::default(), caps).await;
    let key = fixture.key(Role::Staff).await;
    let first = approved_list_of(&fixture, &key, &json!({ "item_id": "a1", "hold_out": 0, "limit": 1 })).await;
    let second = approved_list_of(&fixture, &key, &json!({ "item_id": "b1", "hold_out": 0 })).await;
    assert_eq!(export(&fixture, &key, &first).await.status, StatusCode::OK);
    for again in ["first", "again"] {
        let file = export(&fixture, &key, &second).await;
        assert_eq!(file.status, StatusCode::OK, "{}", file.text);
        let name = "x-push-list-export".parse::<axum::http::HeaderName>().unwrap();
        assert_eq!(file.header(name), again, "its own pushes do not count against it");
        assert_eq!(file.text.matches(" o").count(), 1, "{}", file.text);
    }
    assert_eq!(get(&fixture, &key, &second.id).await.left_out.get("own_cap"), Some(&1));
}

#[tokio::test]
async fn who_has_taken_the_item_up_and_an_item_that_has_ended_are_not_pushed() {
    let fixture = plain().await;
    let (key, backend) = (fixture.key(Role::Staff).await, fixture.key(Role::Backend).await);
    let list = approved_list_of(&fixture, &key, &json!({ "item_id": "b1", "hold_out": 0 })).await;
    let sign_up = json!({ "events": [{ "type": "sign_up", "member_id": "m1", "item_id": "b1", "at": NOW }] });
    assert_eq!(fixture.post("/v1/events", &backend, &sign_up).await.json()["accepted"], 1);
    let other = approved_list_of(&fixture, &key, &json!({ "item_id": "b1", "hold_out": 0 })).await;
    assert_eq!(export(&fixture, &key, &list).await.status, StatusCode::OK);
    let sent = get(&fixture, &key, &list.id).await;
    assert_eq!(sent.left_out.get("already_signed_up"), Some(&1));
    fixture.clock.fetch_add(72 * HOUR, std::sync::atomic::Ordering::Relaxed);
    let ended = export(&fixture, &key, &other).await;
    assert_eq!(ended.problem(), "audience_too_small");
    let reason = "item_id: \"b1\" cannot be pushed now: sign-up is closed; choose another item";
    assert_eq!(ended.json()["detail"], reason);
    let frozen = fixture.post("/v1/push-lists", &key, &json!({ "item_id": "b1", "hold_out": 0 })).await;
    assert_eq!((frozen.status, frozen.problem().as_str()), (StatusCode::CONFLICT, "audience_too_small"));
    assert_eq!(frozen.json()["detail"], reason);
    assert_eq!(frozen.json()["parameter"], "item_id");
}
