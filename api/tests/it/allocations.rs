//! Allocations of tickets over the real engine: a seed is committed, drawn with once, and the results become sign-ups.

use axum::http::{StatusCode, header};
use serde_json::json;
use sha2::{Digest, Sha256};
use zhihui_api::{AuditEntry, PublishedEngine, Role, Settings};
use zhihui_engine::Engine;

use crate::engine::tiny;
use crate::support::{Fixture, HOUR, NOW, with_key};

const PAGE: &str = "/items/b1/allocation";

/// A service over an activity with one seat. Sign-up closes in a minute.
pub(crate) async fn fixture() -> Fixture {
    let mut snapshot = tiny();
    snapshot.items.closes_at[1] = NOW + 60;
    let fixture = Fixture::unpublished(Settings::default()).await;
    let inbox = fixture.inbox().await;
    snapshot.inbox = inbox.id().to_owned();
    fixture.service.publish_with_events(PublishedEngine::new(Engine::new(snapshot))).await.unwrap();
    fixture
}

/// Both members sign up, `m2` first.
pub(crate) async fn sign_up(fixture: &Fixture) {
    let backend = fixture.key(Role::Backend).await;
    let event = |member: &str, minutes: i64| {
        let at = chrono::DateTime::from_timestamp(NOW - HOUR + 60 * minutes, 0).unwrap().to_rfc3339();
        json!({ "event_id": member, "type": "sign_up", "member_id": member, "item_id": "b1", "at": at })
    };
    let events = json!({ "events": [event("m2", 1), event("m1", 2)] });
    let answer = fixture.post("/v1/events", &backend, &events).await;
    assert_eq!(answer.json()["accepted"], 2, "{}", answer.text);
}

async fn step(fixture: &Fixture, cookie: &str, step: &str, allocation: &str) -> StatusCode {
    let page = fixture.get_as(PAGE, cookie).await.text;
    let csrf = value_after(&page, "name=\"csrf\" value=\"").unwrap_or_default();
    fixture.post_form(PAGE, &format!("csrf={csrf}&step={step}&allocation={allocation}"), cookie).await.status
}

fn value_after<'a>(page: &'a str, before: &str) -> Option<&'a str> {
    page.split(before).nth(1)?.split('"').next()
}

fn text_after<'a>(page: &'a str, before: &str) -> &'a str {
    page.split(before).nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_else(|| panic!("{before} in {page}"))
}

/// Entries of the audit log about allocations, newest first.
async fn entries(fixture: &Fixture) -> Vec<AuditEntry> {
    let all = fixture.store.audit().list(100, None).await.unwrap();
    all.into_iter().filter(|entry| entry.action == "allocation").collect()
}

#[tokio::test]
async fn a_seed_is_committed_before_the_draw_and_revealed_by_it() {
    let fixture = fixture().await;
    sign_up(&fixture).await;
    let staff = fixture.sign_in("staff", Role::Staff).await;
    assert!(fixture.get_as(PAGE, &staff).await.text.contains("「亲子采摘」有 2 人报名，共申请 2 个名额，可分配 1 个"));
    assert_eq!(step(&fixture, &staff, "commit", "").await, StatusCode::SEE_OTHER);
    let waiting = fixture.get_as(PAGE, &staff).await.text;
    let commitment = text_after(&waiting, "<p><code>").to_owned();
    assert!(commitment.len() == 64 && waiting.contains("才能抽签") && !waiting.contains("开始抽签"), "{waiting}");
    let id = entries(&fixture).await[0].detail["allocation"].as_str().unwrap().to_owned();
    assert_eq!(step(&fixture, &staff, "draw", &id).await, StatusCode::UNPROCESSABLE_ENTITY, "sign-up is open");
    let another = step(&fixture, &staff, "commit", "").await;
    assert_eq!(another, StatusCode::UNPROCESSABLE_ENTITY, "a second seed while one is committed");
    fixture.clock.fetch_add(120, std::sync::atomic::Ordering::Relaxed);
    assert!(fixture.get_as(PAGE, &staff).await.text.contains("开始抽签"));
    assert_eq!(step(&fixture, &staff, "draw", &id).await, StatusCode::SEE_OTHER);
    let drawn = fixture.get_as(PAGE, &staff).await.text;
    assert!(drawn.contains("抽签结果：1 人获得 1 个名额，1 人候补。"), "{drawn}");
    let seed = text_after(&drawn, "<dt>抽签种子</dt><dd>");
    assert_eq!(hex::encode(Sha256::digest(seed)), commitment, "the seed is the one that was committed");
    let lot = |member: &str| Sha256::digest(format!("{seed}\nb1\n{member}\n"));
    let (first, second) = if lot("m1") < lot("m2") { ("m1", "m2") } else { ("m2", "m1") };
    assert!(drawn.find(&format!(">{first}</a>")) < drawn.find(&format!(">{second}</a>")), "{drawn}");
    assert_eq!(step(&fixture, &staff, "draw", &id).await, StatusCode::UNPROCESSABLE_ENTITY, "one draw for a seed");
    let file = fixture.get_as(&format!("{PAGE}/file?allocation={id}&format=csv"), &staff).await;
    assert_eq!(file.text, format!("Csv 1 {first} 2 {second}"));
}

#[tokio::test]
async fn results_become_sign_ups_once() {
    let fixture = fixture().await;
    sign_up(&fixture).await;
    let staff = fixture.sign_in("staff", Role::Staff).await;
    assert_eq!(step(&fixture, &staff, "first_come", "").await, StatusCode::SEE_OTHER);
    let page = fixture.get_as(&format!("{PAGE}?lang=en"), &staff).await.text;
    assert!(page.contains("By order of sign-ups: 1 person gets 1 ticket, 1 waits."), "{page}");
    let id = entries(&fixture).await[0].detail["allocation"].as_str().unwrap().to_owned();
    let inbox = fixture.inbox().await;
    let before = inbox.last().await.unwrap();
    assert_eq!(step(&fixture, &staff, "record", &id).await, StatusCode::SEE_OTHER);
    let after = inbox.last().await.unwrap();
    assert_ne!(before, after);
    assert_eq!(step(&fixture, &staff, "record", &id).await, StatusCode::SEE_OTHER);
    assert_eq!(inbox.last().await.unwrap(), after, "the same events count once");
    let page = fixture.get_as(PAGE, &staff).await.text;
    assert!(page.contains("<dt>记为报名结果</dt>") && !page.contains("value=\"record\""), "{page}");
    let steps: Vec<String> = entries(&fixture).await.iter().map(|entry| entry.detail["step"].to_string()).collect();
    assert_eq!(steps.iter().filter(|step| step.contains("record")).count(), 2, "{steps:?}");
}

#[tokio::test]
async fn an_erased_member_leaves_the_results_and_results_cannot_be_changed() {
    let fixture = fixture().await;
    sign_up(&fixture).await;
    let staff = fixture.sign_in("staff", Role::Staff).await;
    step(&fixture, &staff, "first_come", "").await;
    let admin = fixture.key(Role::Admin).await;
    let request = axum::http::Request::delete("/v1/members/m2");
    fixture.send(with_key(request, &admin).body(axum::body::Body::empty()).unwrap()).await;
    let page = fixture.get_as(PAGE, &staff).await.text;
    assert!(page.contains("m1") && !page.contains("m2"), "{page}");
    let error = fixture.execute("update allocations set rules = '{}'").await.unwrap_err().to_string();
    assert!(error.contains("an allocation is final"), "{error}");
}

#[tokio::test]
async fn invalid_steps_say_what_to_do() {
    let fixture = fixture().await;
    let staff = fixture.sign_in("staff", Role::Staff).await;
    assert!(fixture.get_as(PAGE, &staff).await.text.contains("还没有人报名"));
    assert_eq!(fixture.get_as("/items/a1/allocation", &staff).await.status, StatusCode::NOT_FOUND, "an article");
    assert_eq!(fixture.get_as("/items/none/allocation", &staff).await.status, StatusCode::NOT_FOUND);
    let page = fixture.get_as(PAGE, &staff).await.text;
    let csrf = value_after(&page, "name=\"csrf\" value=\"").unwrap_or_default().to_owned();
    for (form, status) in [
        ("step=first_come", StatusCode::UNPROCESSABLE_ENTITY),
        ("step=draw&allocation=none", StatusCode::UNPROCESSABLE_ENTITY),
        ("step=record&allocation=none", StatusCode::NOT_FOUND),
        ("step=give_all_to_me", StatusCode::BAD_REQUEST),
    ] {
        let answer = fixture.post_form(PAGE, &format!("csrf={csrf}&{form}"), &staff).await;
        assert_eq!(answer.status, status, "{form}: {}", answer.text);
    }
    let forged = fixture.post_form(PAGE, "csrf=x&step=first_come", &staff).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let missing = fixture.get_as(&format!("{PAGE}/file?allocation=none"), &staff).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(missing.header(header::CONTENT_DISPOSITION), "");
}
