//! Events: stored before they are acknowledged, applied to the next response, and counted once.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zhihui_api::{Inbox, PublishedEngine, Role, Settings, schema};
use zhihui_data::snapshot::Snapshot;
use zhihui_data::{Event, EventType};
use zhihui_engine::Engine;

use crate::engine::tiny;
use crate::support::{Fixture, NOW};

struct Backend {
    fixture: Fixture,
    key: String,
}

impl Backend {
    async fn new() -> Self {
        let fixture = Fixture::unpublished(Settings::default()).await;
        fixture.service.publish_with_events(PublishedEngine::new(Engine::new(tiny()))).await.unwrap();
        let key = fixture.key(Role::Backend).await;
        Self { fixture, key }
    }

    async fn send_events(&self, events: Value) -> schema::EventsTaken {
        let answer = self.fixture.post("/v1/events", &self.key, &json!({ "events": events })).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    }

    /// Sends one event. Panics unless it is accepted as new.
    async fn send_accepted(&self, event: Value) {
        let taken = self.send_events(json!([event])).await;
        assert_eq!((taken.accepted, taken.duplicates, taken.rejected.len()), (1, 0, 0), "{event}");
    }

    async fn ask(&self, who: &str) -> schema::Recommendations {
        let answer = self.fixture.get(&format!("/v1/recommendations?{who}"), &self.key).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    }

    async fn items(&self, who: &str) -> Vec<String> {
        self.ask(who).await.items.into_iter().map(|item| item.item_id).collect()
    }

    async fn inbox(&self) -> Inbox {
        open(&self.fixture).await
    }
}

async fn open(fixture: &Fixture) -> Inbox {
    fixture.inbox().await
}

fn event(kind: &str, member: &str, item: &str, seconds_ago: i64) -> Value {
    json!({ "type": kind, "member_id": member, "item_id": item, "at": NOW - seconds_ago })
}

#[tokio::test]
async fn a_read_item_is_removed_from_the_list() {
    let backend = Backend::new().await;
    assert_eq!(backend.items("member_id=m1").await.len(), 2);
    backend.send_accepted(event("read", "m1", "a1", 1)).await;
    assert_eq!(backend.items("openid=o1").await, ["b1"]);
}

#[tokio::test]
async fn a_sign_up_takes_a_seat_and_a_cancellation_returns_it() {
    let backend = Backend::new().await;
    let mut open = tiny();
    open.members.personalised = vec![true, true];
    backend.fixture.service.publish_with_events(PublishedEngine::new(Engine::new(open))).await.unwrap();
    backend.send_accepted(event("sign_up", "m1", "b1", 10)).await;
    assert_eq!(backend.items("member_id=m1").await, ["a1"], "items with a sign-up are not recommended again");
    assert_eq!(backend.items("member_id=m2").await, ["a1"], "the only seat is taken");
    backend.send_accepted(event("sign_up", "m2", "b1", 9)).await;
    backend.send_accepted(event("cancel", "m1", "b1", 8)).await;
    assert_eq!(backend.items("member_id=m1").await, ["a1"], "one seat was taken twice and returned once");
    backend.send_accepted(event("cancel", "m2", "b1", 7)).await;
    let list = backend.ask("member_id=m1&kind=activity").await;
    assert_eq!((list.items[0].item_id.as_str(), list.items[0].seats_left), ("b1", Some(1)));
}

#[tokio::test]
async fn an_opt_out_applies_at_once_until_an_opt_in() {
    let backend = Backend::new().await;
    assert!(backend.ask("openid=o1").await.personalised);
    backend.send_accepted(json!({ "type": "opt_out", "openid": "o1", "at": NOW - 5 })).await;
    let general = backend.ask("member_id=m1").await;
    assert!(!general.personalised);
    let anybody = backend.ask("member_id=m1&mode=general").await;
    assert_eq!(general.items.len(), anybody.items.len());
    backend.send_accepted(json!({ "type": "opt_in", "member_id": "m1", "at": NOW - 4 })).await;
    assert!(backend.ask("openid=o1").await.personalised);
    backend.send_accepted(json!({ "type": "opt_out", "member_id": "m1", "at": NOW - 60 })).await;
    assert!(!backend.ask("openid=o1").await.personalised, "the last received change applies, whatever its time");
}

#[tokio::test]
async fn a_future_opt_in_loses_to_a_later_opt_out_over_the_api() {
    let backend = Backend::new().await;
    let ahead = json!([{ "type": "opt_in", "member_id": "m1", "at": NOW + 8 * 3_600 }]);
    let taken = backend.send_events(ahead).await;
    assert_eq!((taken.accepted, taken.warnings[0].code.as_str()), (1, "dated_ahead"));
    assert!(taken.warnings[0].message.contains("480 minutes"), "{}", taken.warnings[0].message);
    let (address, body) = ("/v1/members/m1/personalised", json!({ "personalised": false }));
    let answer = backend.fixture.put(address, &backend.key, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(!backend.ask("member_id=m1").await.personalised, "the opt-out reported success");
    backend.send_accepted(json!({ "type": "opt_in", "member_id": "m1", "at": NOW })).await;
    assert!(backend.ask("member_id=m1").await.personalised, "an opt-in that is received later counts");
}

#[tokio::test]
async fn events_that_reverse_each_other_within_a_second_are_all_accepted() {
    let backend = Backend::new().await;
    for kind in ["opt_out", "opt_in", "opt_out"] {
        backend.send_accepted(json!({ "type": kind, "member_id": "m1", "at": NOW - 5 })).await;
    }
    assert!(!backend.ask("member_id=m1").await.personalised);
    let again = backend.send_events(json!([{ "type": "opt_out", "member_id": "m1", "at": NOW - 5 }])).await;
    assert_eq!(again.duplicates, 1, "repeating the last event is a duplicate");
    let in_one: Vec<Value> =
        ["opt_in", "opt_out", "opt_in"].map(|kind| json!({ "type": kind, "member_id": "m1", "at": NOW - 4 })).to_vec();
    assert_eq!(backend.send_events(json!(in_one)).await.accepted, 3);
    assert!(backend.ask("member_id=m1").await.personalised);
    assert_eq!(backend.send_events(json!(in_one[2..])).await.duplicates, 1);
    for kind in ["sign_up", "cancel", "sign_up"] {
        backend.send_accepted(event(kind, "m1", "b1", 3)).await;
    }
    assert_eq!(backend.items("member_id=m1").await, ["a1"], "the sign-up is still valid");
}

#[tokio::test]
async fn future_events_are_held_and_move_to_the_end_when_their_time_comes() {
    let backend = Backend::new().await;
    let inbox = backend.inbox().await;
    backend.send_accepted(json!({ "type": "read", "member_id": "m1", "item_id": "a1", "at": NOW + 3_600 })).await;
    backend.send_accepted(event("read", "m2", "a1", 5)).await;
    backend.send_accepted(json!({ "type": "opt_out", "member_id": "m2", "at": NOW + 3_600 })).await;
    let numbers = |rows: Vec<zhihui_api::InboxEvent>| rows.iter().map(|row| row.sequence).collect::<Vec<_>>();
    let at = |seconds: i64| (NOW + seconds) * 1_000_000;
    assert!(inbox.has_pending(at(0)).await.unwrap());
    assert_eq!(inbox.select_for_run(at(0)).await.unwrap(), 3);
    assert_eq!(numbers(inbox.rows_to_commit(0, 3, 10).await.unwrap()), [2, 3]);
    // If a run dies here, a later run with the same rows completes it.
    assert_eq!(inbox.select_for_run(at(-60)).await.unwrap(), 3);
    assert_eq!(numbers(inbox.rows_to_commit(0, 3, 10).await.unwrap()), [2, 3]);
    inbox.set_drained(3).await.unwrap();
    assert!(!inbox.has_pending(at(0)).await.unwrap());
    assert_eq!(inbox.held_summary().await.unwrap(), (1, Some(NOW + 3_600)));
    assert_eq!(inbox.remove_before(3, NOW).await.unwrap(), 2);
    assert_eq!(numbers(inbox.held_rows(1, 3, 10).await.unwrap()), [1], "the overlay still finds it");
    assert_eq!(inbox.select_for_run(at(7_200)).await.unwrap(), 4);
    let moved = inbox.rows_to_commit(3, 4, 10).await.unwrap();
    assert_eq!((moved.len(), moved[0].sequence, moved[0].moved_from), (1, 4, Some(1)));
    assert_eq!(moved[0].event.item_id.as_deref(), Some("a1"));
    assert_eq!(inbox.held_summary().await.unwrap(), (0, None));
}

#[tokio::test]
async fn a_bind_assigns_the_events_of_the_openid_to_the_member() {
    let backend = Backend::new().await;
    backend.send_accepted(json!({ "type": "read", "openid": "new", "item_id": "a1", "at": NOW - 9 })).await;
    assert_eq!(backend.ask("openid=new").await.member_id, None);
    backend.send_accepted(json!({ "type": "bind", "openid": "new", "member_id": "m1", "at": NOW - 8 })).await;
    let list = backend.ask("openid=new").await;
    assert_eq!(list.member_id.as_deref(), Some("m1"));
    assert_eq!(backend.items("member_id=m1").await, ["b1"]);
}

#[tokio::test]
async fn invalid_events_are_listed_and_the_others_accepted() {
    let backend = Backend::new().await;
    let taken = backend
        .send_events(json!([
            event("read", "m1", "a1", 5),
            "not an event",
            { "type": "dance", "member_id": "m1", "at": NOW },
            { "type": "forget", "member_id": "m1", "at": NOW },
            { "type": "read", "item_id": "a1", "at": NOW },
            { "type": "read", "member_id": "m1", "at": NOW },
            { "type": "read", "member_id": "m1", "item_id": "a1", "at": "yesterday" },
            { "type": "read", "member_id": "m1", "item_id": "a1" },
            { "type": "read", "member_id": "m1", "item_id": "a1", "at": NOW + 2 * 86_400 },
            { "type": "bind", "member_id": "m1", "at": NOW },
            { "type": "feedback", "member_id": "m1", "rating": 9, "at": NOW },
            { "type": "sign_up", "member_id": "m1", "item_id": "b1", "tickets": "two", "at": NOW },
            { "type": "read", "member_id": 1e20, "item_id": "a1", "at": NOW },
            { "type": "follow", "openid": "o9", "at": NOW },
        ]))
        .await;
    let codes: Vec<(usize, &str)> = taken.rejected.iter().map(|one| (one.index, one.code.as_str())).collect();
    assert_eq!(
        codes,
        [
            (1, "bad_json"),
            (2, "unknown_type"),
            (3, "unknown_type"),
            (4, "missing_actor"),
            (5, "missing_item"),
            (6, "bad_time"),
            (7, "bad_time"),
            (8, "future_time"),
            (9, "missing_actor"),
            (10, "out_of_range"),
            (11, "bad_number"),
            (12, "bad_id"),
        ]
    );
    assert_eq!((taken.accepted, taken.duplicates), (2, 0));
    assert!(taken.rejected.iter().all(|one| !one.message.is_empty()));
}

#[tokio::test]
async fn a_repeated_event_is_a_duplicate_even_after_a_restart() {
    let backend = Backend::new().await;
    let read = json!({ "event_id": "e1", "type": "read", "member_id": "m1", "item_id": "a1", "at": NOW });
    let other = json!({ "event_id": "e1", "type": "sign_up", "member_id": "m2", "item_id": "b1", "at": NOW });
    let taken =
        backend.send_events(json!([read, read, other, event("read", "m1", "x", 3), event("read", "m1", "x", 3)])).await;
    assert_eq!((taken.accepted, taken.duplicates), (2, 3));
    let inbox = backend.inbox().await;
    let again = inbox.rows_after(0, 10).await.unwrap().into_iter().map(|row| row.event).collect();
    let appended = inbox.append(again).await.unwrap();
    assert!(appended.rows.is_empty() && appended.receipts.len() == 2);
    inbox.remove_up_to(2).await.unwrap();
    assert_eq!(backend.send_events(json!([read])).await.duplicates, 1, "even after the row moved to the lake");
}

#[tokio::test]
async fn event_limits_and_roles_are_enforced() {
    let backend = Backend::new().await;
    let many: Vec<Value> = (0..1_001).map(|at| event("read", "m1", &format!("x{at}"), 1)).collect();
    let answer = backend.fixture.post("/v1/events", &backend.key, &json!({ "events": many })).await;
    assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::BAD_REQUEST, "invalid_parameter"));
    assert_eq!(backend.send_events(Value::Array(many[..1_000].to_vec())).await.accepted, 1_000);
    assert_eq!(backend.send_events(json!([])).await.accepted, 0);
    let staff = backend.fixture.key(Role::Staff).await;
    let answer = backend.fixture.post("/v1/events", &staff, &json!({ "events": [] })).await;
    assert_eq!(answer.problem(), "forbidden");
    let answer = backend.fixture.post("/v1/events", &backend.key, &json!({})).await;
    assert_eq!(answer.problem(), "invalid_body");
}

#[tokio::test]
async fn a_new_snapshot_includes_the_events_after_it() {
    let backend = Backend::new().await;
    backend.send_accepted(event("read", "m1", "a1", 5)).await;
    backend.send_accepted(event("sign_up", "m1", "b1", 4)).await;
    let inbox = backend.inbox().await;
    let snapshot = |sequence| Snapshot { inbox: inbox.id().to_owned(), inbox_sequence: sequence, ..tiny() };
    let publish = async |snapshot| {
        backend.fixture.service.publish_with_events(PublishedEngine::new(Engine::new(snapshot))).await.unwrap();
        backend.items("member_id=m1").await
    };
    assert_eq!(publish(snapshot(0)).await, [""; 0], "both events are newer than the snapshot");
    assert_eq!(publish(snapshot(1)).await, ["a1"], "the snapshot includes the read but not the other event");
    assert_eq!(publish(snapshot(2)).await.len(), 2);
    let of_another = Snapshot { inbox: "another".into(), inbox_sequence: 2, ..tiny() };
    assert_eq!(publish(of_another).await, [""; 0], "it has no lake sequence numbers");
}

#[tokio::test]
async fn events_of_another_process_are_applied_in_order_with_the_next_event() {
    let backend = Backend::new().await;
    let inbox = backend.inbox().await;
    inbox.append(vec![Event::of_member(EventType::OptOut, "m1", NOW * 1_000_000)]).await.unwrap();
    assert!(backend.ask("member_id=m1").await.personalised, "nobody opened the page yet");
    backend.send_accepted(event("read", "m2", "a1", 5)).await;
    assert!(!backend.ask("member_id=m1").await.personalised);
}

#[tokio::test]
async fn concurrent_requests_lose_and_duplicate_no_events() {
    let backend = Backend::new().await;
    let one = async |sender: i64| {
        let batch = |at: i64| event("read", "m1", &format!("x{}", (sender * 50 + at) % 300), 1);
        backend.send_events((0..100).map(batch).collect()).await
    };
    let taken = futures_of((0..12).map(one)).await;
    let accepted: usize = taken.iter().map(|taken| taken.accepted).sum();
    let duplicates: usize = taken.iter().map(|taken| taken.duplicates).sum();
    assert_eq!((accepted, duplicates), (300, 900));
    let inbox = backend.inbox().await;
    let rows = inbox.rows_after(0, 1_000).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.sequence).collect::<Vec<_>>(), (1..=300).collect::<Vec<u64>>());
    let status = inbox.status().await.unwrap();
    assert_eq!((status.rows, status.waiting, status.last, status.drained), (300, 300, 300, 0));
}

/// Awaits all futures concurrently.
async fn futures_of<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = all.map(Box::pin).collect();
    let mut done: Vec<Option<T>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in waiting.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
            if let std::task::Poll::Ready(value) = future.as_mut().poll(context) {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn events_are_stored_before_the_first_publish() {
    let fixture = Fixture::unpublished(Settings::default()).await;
    let key = fixture.key(Role::Backend).await;
    let answer = fixture.post("/v1/events", &key, &json!({ "events": [event("read", "m1", "a1", 1)] })).await;
    assert_eq!(answer.json()["accepted"], 1);
    fixture.service.publish_with_events(PublishedEngine::new(Engine::new(tiny()))).await.unwrap();
    let list = fixture.get("/v1/recommendations?member_id=m1", &key).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_erasure_deletes_the_events_of_the_member_from_the_inbox() {
    let backend = Backend::new().await;
    backend.send_accepted(event("read", "m1", "a1", 5)).await;
    backend.send_accepted(event("read", "m2", "a1", 5)).await;
    backend.send_accepted(json!({ "type": "read", "openid": "o1", "item_id": "b1", "at": NOW })).await;
    let inbox = backend.inbox().await;
    inbox.erase_member("m1", &["o1".into()]).await.unwrap();
    let left = inbox.rows_after(0, 10).await.unwrap();
    assert_eq!(left.iter().map(|row| row.sequence).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn a_list_file_has_a_newly_bound_openid() {
    let backend = Backend::new().await;
    let staff = backend.fixture.key(Role::Staff).await;
    let list = async || backend.fixture.get("/audiences/file?item_id=a1&hold_out=0", &staff).await.text;
    assert_eq!(list().await, "Csv 1 m1 o1");
    backend.send_accepted(json!({ "type": "bind", "member_id": "m1", "openid": "o9", "at": NOW - 1 })).await;
    assert_eq!(list().await, "Csv 1 m1 o9");
}
