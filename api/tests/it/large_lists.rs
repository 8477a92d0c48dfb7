//! A push list of more members than one commit of the inbox stores.

use axum::http::StatusCode;
use serde_json::json;
use zhihui_api::{PublishedEngine, Role, Settings};
use zhihui_data::{Event, EventType};
use zhihui_engine::Engine;

use crate::push_lists::{approved_list_of, get};
use crate::sending::followers;
use crate::support::{Fixture, NOW};

/// More than the 16,000 events of one commit.
const MEMBERS: usize = 16_200;

#[tokio::test]
async fn an_export_that_was_killed_between_two_commits_neither_loses_nor_doubles_a_push() {
    let fixture = Fixture::unpublished(Settings::default()).await;
    let inbox = fixture.inbox().await;
    let mut snapshot = followers(MEMBERS);
    snapshot.inbox = inbox.id().to_owned();
    fixture.service.publish_with_events(PublishedEngine::new(Engine::new(snapshot))).await.unwrap();
    let key = fixture.key(Role::Staff).await;
    let list = approved_list_of(&fixture, &key, &json!({ "item_id": "a1", "hold_out": 0 })).await;
    let address = format!("/v1/push-lists/{}/export?format=wechat", list.id);
    // The facts that an earlier attempt stored before it died, in whatever order it took them.
    let stored = |number: usize| {
        let member = format!("m{number}");
        let mut event = Event::of_member(EventType::Push, &member, NOW * 1_000_000);
        event.event_id = Some(format!("push:{}:{member}", list.id));
        event.item_id = Some("a1".to_owned());
        event.details.push_id = Some(list.id.clone());
        event
    };
    inbox.append((1..=MEMBERS).step_by(3).map(stored).collect()).await.unwrap();
    assert_eq!(fixture.get(&address, &key).await.status, StatusCode::OK);
    let once = MEMBERS as u64;
    assert_eq!(inbox.last().await.unwrap(), once, "every member has one push");
    assert_eq!(fixture.get(&address, &key).await.status, StatusCode::OK);
    assert_eq!(inbox.last().await.unwrap(), once, "the second file records nothing");
    let sent = get(&fixture, &key, &list.id).await;
    assert_eq!((sent.counts.push, sent.left_out.len()), (MEMBERS, 0));
    assert_eq!(sent.actual_responses.unwrap().push.members, MEMBERS);
    let pushed = json!({ "item_id": "a1", "hold_out": 0, "rule": { "did": { "event": "push", "exactly": 1 } } });
    fixture.clock.fetch_add(60, std::sync::atomic::Ordering::Relaxed);
    let preview = fixture.post("/v1/audiences/preview", &key, &pushed).await.json();
    assert_eq!(preview["funnel"][1]["left"], MEMBERS, "{preview}");
}
