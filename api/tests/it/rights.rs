//! The rights of members: consent, export and erasure, and their audit entries.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use sqlx::Connection as _;
use zhihui_api::{AuditAction, LOCAL, NewAuditEntry, PublishedEngine, Role, Settings, StoreError, schema};
use zhihui_data::snapshot::{SparseRows, encode};
use zhihui_engine::Engine;

use crate::engine::tiny;
use crate::support::{Answer, Fixture, NOW, with_key};

/// `m1` has read items of the topic 亲子. A second union is a sibling of the union of both members.
async fn fixture() -> Fixture {
    let mut snapshot = tiny();
    snapshot.model.preferences.evidence = SparseRows::from_rows([vec![(0_u32, 3.0_f32)], vec![]]);
    snapshot.unions.id.push("u2".into());
    snapshot.unions.name.push("二厂工会".into());
    snapshot.unions.district.push(zhihui_data::snapshot::NONE);
    snapshot.unions.parent.push(0);
    snapshot.members.union = vec![1, 0];
    encode(&snapshot).expect("the snapshot is valid");
    let fixture = Fixture::unpublished(Settings::default()).await;
    fixture.service.publish(PublishedEngine::new(Engine::new(snapshot)));
    fixture
}

async fn ask(fixture: &Fixture, method: Method, address: &str, key: &str, body: Option<Value>) -> Answer {
    let request = with_key(Request::builder().method(method).uri(address), key);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    fixture.send(request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).unwrap()).await
}

async fn personalised(fixture: &Fixture, key: &str, who: &str) -> bool {
    let answer = fixture.get(&format!("/v1/recommendations?{who}"), key).await;
    serde_json::from_str::<schema::Recommendations>(&answer.text).unwrap().personalised
}

#[tokio::test]
async fn an_opt_out_applies_to_the_next_response_and_can_be_reverted() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Backend).await;
    assert!(personalised(&fixture, &key, "openid=o1").await);
    for allowed in [false, true] {
        let answer =
            ask(&fixture, Method::PUT, "/v1/members/m1/personalised", &key, Some(json!({ "personalised": allowed })))
                .await;
        let switched: schema::MemberSwitched = serde_json::from_str(&answer.text).unwrap();
        assert_eq!((switched.member_id.as_str(), switched.personalised), ("m1", allowed));
        assert_eq!(personalised(&fixture, &key, "openid=o1").await, allowed);
        assert_eq!(personalised(&fixture, &key, "member_id=m1").await, allowed);
    }
    let refused = ask(&fixture, Method::PUT, "/v1/members/m1/personalised", &key, Some(json!({ "on": true }))).await;
    assert_eq!(refused.problem(), "invalid_body");
}

#[tokio::test]
async fn rights_of_unknown_members_are_stored_and_reported_as_unknown() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Backend).await;
    let off = || Some(json!({ "personalised": false }));
    for (member, known) in [("m1", true), ("nobody", false)] {
        let switched = ask(&fixture, Method::PUT, &format!("/v1/members/{member}/personalised"), &key, off()).await;
        assert_eq!((switched.status, &switched.json()["known"]), (StatusCode::OK, &json!(known)), "{member}");
        let deleted = ask(&fixture, Method::DELETE, &format!("/v1/members/{member}/topics/亲子"), &key, None).await;
        assert_eq!((deleted.status, &deleted.json()["known"]), (StatusCode::OK, &json!(known)), "{member}");
    }
    let held = fixture.get("/v1/members/nobody", &key).await.json();
    assert_eq!(held["personalised"]["allowed"], false, "it holds once a roster names the member: {held}");
    for (member, known) in [("m1", true), ("nobody", false)] {
        let erased = ask(&fixture, Method::DELETE, &format!("/v1/members/{member}"), &key, None).await;
        assert_eq!((erased.status, &erased.json()["known"]), (StatusCode::OK, &json!(known)), "{member}");
    }
    let unpublished = Fixture::unpublished(Settings::default()).await;
    let key = unpublished.key(Role::Backend).await;
    let switched = ask(&unpublished, Method::PUT, "/v1/members/m1/personalised", &key, off()).await;
    assert_eq!((switched.status, &switched.json()["known"]), (StatusCode::OK, &Value::Null));
}

#[tokio::test]
async fn an_opt_out_also_excludes_from_audiences() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Admin).await;
    let body = json!({ "item_id": "b1", "hold_out": 0 });
    let before = fixture.post("/v1/audiences/preview", &key, &body).await.json();
    assert_eq!(before["selected"], 1, "{before}");
    ask(&fixture, Method::PUT, "/v1/members/m1/personalised", &key, Some(json!({ "personalised": false }))).await;
    let after = fixture.post("/v1/audiences/preview", &key, &body).await.json();
    assert_eq!((&after["selected"], &after["excluded"]["opted_out"]), (&json!(0), &json!(2)), "{after}");
}

#[tokio::test]
async fn consent_changed_by_another_process_is_reloaded() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Backend).await;
    let note = NewAuditEntry {
        at: NOW,
        actor: "command line",
        role: None,
        source: LOCAL,
        action: AuditAction::OptOut,
        member_id: Some("m1"),
        detail: json!({}),
    };
    fixture.store.consent().set_personalised("m1", false, &note).await.unwrap();
    fixture.service.reload_consent().await.unwrap();
    assert!(!personalised(&fixture, &key, "member_id=m1").await);
    let clock_behind = NewAuditEntry { at: NOW - 60, action: AuditAction::OptIn, ..note };
    fixture.store.consent().set_personalised("m1", true, &clock_behind).await.unwrap();
    fixture.service.reload_consent().await.unwrap();
    assert!(personalised(&fixture, &key, "member_id=m1").await, "the last change applies");
}

#[tokio::test]
async fn a_member_can_export_data_and_delete_a_topic() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Backend).await;
    let answer = fixture.get("/v1/members/m1", &key).await;
    let held: schema::MemberData = serde_json::from_str(&answer.text).unwrap();
    let profile = held.profile.unwrap();
    assert_eq!((profile.union_id.as_deref(), profile.age_band.as_str()), (Some("u2"), "25-34"));
    let topics: Vec<&str> = profile.preferences.iter().map(|preference| preference.topic.as_str()).collect();
    assert_eq!(topics, ["亲子"]);
    let address = "/v1/members/m1/topics/%E4%BA%B2%E5%AD%90";
    let answer = ask(&fixture, Method::DELETE, address, &key, None).await;
    let deleted: schema::TopicDeleted = serde_json::from_str(&answer.text).unwrap();
    assert!(deleted.deleted && deleted.topic == "亲子" && deleted.member_id == "m1");
    let held: schema::MemberData = serde_json::from_str(&fixture.get("/v1/members/m1", &key).await.text).unwrap();
    assert!(held.profile.unwrap().preferences.is_empty());
    assert_eq!(held.deleted_topics[0].topic, "亲子");
    assert_eq!(fixture.get("/v1/members/nobody", &key).await.problem(), "unknown_member");
}

#[tokio::test]
async fn an_erased_member_is_removed_from_responses_and_the_database() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Admin).await;
    ask(&fixture, Method::PUT, "/v1/members/m1/personalised", &key, Some(json!({ "personalised": true }))).await;
    assert_eq!(fixture.get("/v1/members/m1", &key).await.status, StatusCode::OK);
    let answer = ask(&fixture, Method::DELETE, "/v1/members/m1", &key, None).await;
    let erased: schema::MemberErased = serde_json::from_str(&answer.text).unwrap();
    assert!(erased.erased_from_answers && !erased.left.is_empty() && erased.member_id == "m1");
    let list = fixture.get("/v1/recommendations?openid=o1", &key).await.json();
    assert_eq!((&list["member_id"], &list["personalised"]), (&Value::Null, &json!(false)));
    let list = fixture.get("/v1/recommendations?member_id=m1", &key).await.json();
    let stranger = fixture.get("/v1/recommendations?member_id=nobody", &key).await.json();
    assert_eq!((&list["personalised"], &list["items"]), (&json!(false), &stranger["items"]));
    assert_eq!(fixture.get("/v1/members/m1", &key).await.problem(), "unknown_member");
    let preview = fixture.post("/v1/audiences/preview", &key, &json!({ "item_id": "b1", "hold_out": 0 })).await.json();
    assert_eq!(preview["funnel"][0]["left"], 1, "{preview}");
    let forgotten = fixture.service.erased_members();
    assert!(forgotten.has_member("m1") && forgotten.has_openid("o1") && !forgotten.has_member("m2"));
    let erasures = fixture.store.erasures();
    let waiting = erasures.pending().await.unwrap();
    assert_eq!((waiting[0].member_id.as_str(), waiting[0].openids.as_slice()), ("m1", &["o1".to_owned()][..]));
    erasures.finish(&waiting).await.unwrap();
    let entries = fixture.store.audit().list(100, None).await.unwrap();
    assert!(entries.iter().any(|entry| entry.action == "member_erased" && entry.member.is_some()));
    assert!(entries.iter().all(|entry| entry.member_id.as_deref() != Some("m1")), "a pseudonym matches no member");
    fixture.store.audit().verify(None).await.unwrap();
    fixture.service.reload_consent().await.unwrap();
    assert!(fixture.service.erased_members().has_member("m1"), "the erasure keeps the hash");
    assert_eq!(fixture.get("/v1/members/m1", &key).await.problem(), "unknown_member");
    let latest = fixture.store.audit().list(1, None).await.unwrap().remove(0);
    assert_eq!((latest.action.as_str(), latest.member_id), ("member_exported", None), "a later page view leaves no id");
}

#[tokio::test]
async fn a_newly_bound_openid_is_erased_with_its_member() {
    let fixture = Fixture::unpublished(Settings::default()).await;
    fixture.service.publish_with_events(PublishedEngine::new(Engine::new(tiny()))).await.unwrap();
    let key = fixture.key(Role::Admin).await;
    let events = json!([
        { "type": "bind", "member_id": "m1", "openid": "o9", "at": NOW - 2 },
        { "type": "read", "openid": "o9", "item_id": "a1", "at": NOW - 1 },
        { "type": "read", "openid": "o2", "item_id": "a1", "at": NOW - 1 },
    ]);
    assert_eq!(fixture.post("/v1/events", &key, &json!({ "events": events })).await.json()["accepted"], 3);
    let held = fixture.get("/v1/members/m1", &key).await.json();
    assert_eq!(held["database"]["events"].as_array().map(Vec::len), Some(2), "{held}");
    ask(&fixture, Method::DELETE, "/v1/members/m1", &key, None).await;
    assert!(fixture.service.erased_members().has_openid("o9"));
    let inbox = fixture.inbox().await;
    let left = inbox.rows_after(0, 10).await.unwrap();
    assert_eq!(left.iter().filter_map(|row| row.event.openid.as_deref()).collect::<Vec<_>>(), ["o2"]);
}

#[tokio::test]
async fn an_openid_of_another_member_is_not_erased_with_its_former_member() {
    let fixture = Fixture::unpublished(Settings::default()).await;
    fixture.service.publish_with_events(PublishedEngine::new(Engine::new(tiny()))).await.unwrap();
    let key = fixture.key(Role::Admin).await;
    let events = json!([
        { "type": "bind", "member_id": "m1", "openid": "o9", "at": NOW - 5 },
        { "type": "read", "openid": "o1", "item_id": "a1", "at": NOW - 4 },
        { "type": "bind", "member_id": "m2", "openid": "o1", "at": NOW - 3 },
        { "type": "bind", "member_id": "m2", "openid": "o9", "at": NOW - 2 },
    ]);
    assert_eq!(fixture.post("/v1/events", &key, &json!({ "events": events })).await.json()["accepted"], 4);
    ask(&fixture, Method::DELETE, "/v1/members/m1", &key, None).await;
    let forgotten = fixture.service.erased_members();
    assert!(forgotten.has_member("m1") && !forgotten.has_openid("o1") && !forgotten.has_openid("o9"));
    assert_eq!(fixture.get("/v1/recommendations?openid=o1", &key).await.json()["member_id"], "m2");
    let inbox = fixture.inbox().await;
    let left = inbox.rows_after(0, 10).await.unwrap();
    assert_eq!(left.iter().filter_map(|row| row.event.openid.as_deref()).collect::<Vec<_>>(), ["o1", "o1", "o9"]);
}

#[tokio::test]
async fn staff_of_a_union_export_only_its_members() {
    let fixture = fixture().await;
    let key = fixture.store.keys().add_within("u2", Role::Staff, Some("u2"), NOW).await.unwrap().key;
    let whole = fixture.key(Role::Staff).await;
    let body = json!({ "item_id": "b1", "hold_out": 0 });
    let everybody = fixture.post("/v1/audiences/preview", &whole, &body).await.json();
    let own = fixture.post("/v1/audiences/preview", &key, &body).await.json();
    assert_eq!((&everybody["funnel"][0]["left"], &own["funnel"][0]["left"]), (&json!(2), &json!(1)));
    let status = |answer: Answer| answer.status;
    assert_eq!(status(fixture.get("/v1/reports/engagement?union=u2", &key).await), StatusCode::OK);
    assert_eq!(status(fixture.get("/v1/reports/engagement", &key).await), StatusCode::OK);
    assert_eq!(fixture.get("/v1/reports/engagement?union=u1", &key).await.problem(), "forbidden");
    assert_eq!(status(fixture.get("/v1/reports/engagement?union=u1", &whole).await), StatusCode::OK);
    let refused = fixture.store.keys().add_within("leader", Role::Leader, Some("u2"), NOW).await;
    assert!(matches!(refused, Err(StoreError::UnionForStaff)));
}

#[tokio::test]
async fn the_audit_log_records_actions_and_detects_changes() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Admin).await;
    fixture.sign_in("staff", Role::Staff).await;
    for name in ["staff", "oCANARY"] {
        for _ in 0..5 {
            fixture.post_form("/login", &format!("name={name}&password=wrong"), "").await;
        }
    }
    fixture.get("/v1/members/m1", &key).await;
    fixture.post("/v1/audiences/preview", &key, &json!({ "item_id": "b1", "hold_out": 0 })).await;
    let audit = fixture.store.audit();
    let entries = audit.list(100, None).await.unwrap();
    let actions: Vec<&str> = entries.iter().rev().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["sign_in", "sign_in_locked", "sign_in_locked", "member_exported", "preview"]);
    assert_eq!((entries[4].actor.as_str(), entries[2].actor.as_str()), ("user staff", "user unknown"));
    assert!(!serde_json::to_string(&entries).unwrap().contains("CANARY"));
    assert_eq!(audit.list(100, Some("m1")).await.unwrap().len(), 1);
    let head = audit.verify(None).await.unwrap();
    assert_eq!(head.entries, 5);
    audit.verify(Some((5, &head.head))).await.unwrap();
    assert!(audit.verify(Some((6, &head.head))).await.is_err(), "a recorded entry is missing");
    let address = format!("sqlite://{}", fixture.home.path().join("zhihui.db").display());
    let mut other = sqlx::SqliteConnection::connect(&address).await.unwrap();
    let change = "update audit set actor = 'user nobody' where seq = 2";
    assert!(sqlx::query(change).execute(&mut other).await.is_err(), "the table rejects changes");
    sqlx::query("drop trigger audit_is_never_changed").execute(&mut other).await.unwrap();
    sqlx::query(change).execute(&mut other).await.unwrap();
    assert!(matches!(audit.verify(None).await, Err(StoreError::AuditBroken { seq: 2, .. })));
    sqlx::query("update audit set actor = 'user staff' where seq = 2").execute(&mut other).await.unwrap();
    audit.verify(None).await.unwrap();
    sqlx::query("drop trigger audit_is_never_deleted").execute(&mut other).await.unwrap();
    sqlx::query("delete from audit where seq = 5").execute(&mut other).await.unwrap();
    assert!(matches!(audit.verify(None).await, Err(StoreError::AuditBroken { seq: 5, .. })), "the end is missing");
}

#[tokio::test]
async fn the_explanation_is_public() {
    let fixture = fixture().await;
    let answer = fixture.get("/v1/explanation", "").await;
    let explanation: schema::Explanation = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(explanation.language, "zh");
    assert!(!explanation.title.is_empty() && explanation.sections.iter().all(|section| !section.paragraphs.is_empty()));
    assert!(explanation.sections.iter().any(|section| section.heading.contains("不想要")));
    let page = fixture.get("/how-it-works?lang=en", "").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("How are recommendations made?") && !page.text.contains("<script"), "{}", page.text);
}
