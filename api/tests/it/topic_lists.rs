//! Push lists of a topic: frozen for a topic, sent for an article or an activity that is chosen at the export.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zhihui_api::{PublishedEngine, Role, Settings, schema};
use zhihui_data::snapshot::{Lists, NONE};
use zhihui_engine::Engine;

use crate::engine::tiny;
use crate::push_lists::{approved_list_of, get};
use crate::support::{Answer, Fixture, NOW};

/// A service over `m1` and `m2`, who both may be pushed; `a1` has the topic 亲子, `b1` the topic 户外.
async fn fixture() -> Fixture {
    let mut snapshot = tiny();
    snapshot.members.personalised = vec![true; 2];
    snapshot.items.capacity = vec![NONE; 2];
    snapshot.topics.push("户外".into());
    snapshot.items.topics = Lists::from_rows([[0_u32], [1]]);
    let model = &mut snapshot.model.preferences;
    model.band_shares = vec![0.5; 2 * model.band_shares.len()];
    model.overall_shares = vec![0.5; 2];
    zhihui_data::snapshot::encode(&snapshot).expect("the snapshot is valid");
    let fixture = Fixture::unpublished(Settings::default()).await;
    let inbox = fixture.inbox().await;
    snapshot.inbox = inbox.id().to_owned();
    fixture.service.publish_with_events(PublishedEngine::new(Engine::new(snapshot))).await.unwrap();
    fixture
}

async fn export(fixture: &Fixture, key: &str, list: &schema::PushList, query: &str) -> Answer {
    fixture.get(&format!("/v1/push-lists/{}/export?{query}", list.id), key).await
}

/// The pushes of the inbox: member, item and list.
async fn pushes(fixture: &Fixture) -> Vec<(String, String, String)> {
    let inbox = fixture.inbox().await;
    let rows = inbox.rows_after(0, 100).await.unwrap().into_iter().filter(|row| row.event.kind.as_str() == "push");
    let push = |event: zhihui_data::Event| {
        (
            event.member_id.unwrap_or_default(),
            event.item_id.unwrap_or_default(),
            event.details.push_id.unwrap_or_default(),
        )
    };
    let mut pushes: Vec<_> = rows.map(|row| push(row.event)).collect();
    pushes.sort_unstable();
    pushes
}

#[tokio::test]
async fn a_topic_list_is_sent_for_the_item_that_is_chosen_once() {
    let fixture = fixture().await;
    let (key, backend) = (fixture.key(Role::Staff).await, fixture.key(Role::Backend).await);
    let list = approved_list_of(&fixture, &key, &json!({ "topic": "亲子", "hold_out": 0 })).await;
    assert_eq!(
        (list.item_id.as_deref(), list.topic.as_deref(), list.item_title.as_str()),
        (None, Some("亲子"), "亲子")
    );
    assert_eq!(list.counts.push, 2);
    for (query, says) in [
        ("", "choose the article or activity"),
        ("item_id=b1", "does not have the topic"),
        ("item_id=z9", "does not have the topic"),
        ("item_id=a%00", "item_id"),
    ] {
        let refused = export(&fixture, &key, &list, query).await;
        assert_eq!((refused.status.as_u16(), refused.json()["parameter"].clone()), (400, json!("item_id")), "{query}");
        assert!(refused.text.contains(says), "{query}: {}", refused.text);
    }
    assert_eq!(get(&fixture, &key, &list.id).await.sent_at, None, "nothing was recorded");
    for query in ["item_id=a1", "", "item_id=a1&format=wechat"] {
        assert_eq!(export(&fixture, &key, &list, query).await.status, StatusCode::OK, "{query}");
    }
    let refused = export(&fixture, &key, &list, "item_id=b1").await;
    assert!(refused.status == StatusCode::BAD_REQUEST && refused.text.contains("for \\\"a1\\\""), "{}", refused.text);
    let push = |member: &str| (member.to_owned(), "a1".to_owned(), list.id.clone());
    assert_eq!(pushes(&fixture).await, [push("m1"), push("m2")]);
    let sent = get(&fixture, &key, &list.id).await;
    assert_eq!(
        (sent.item_id.as_deref(), sent.item_title.as_str(), sent.topic.as_deref()),
        (Some("a1"), "亲子阅读", Some("亲子"))
    );
    let at = chrono::DateTime::from_timestamp(NOW + 60, 0).unwrap().to_rfc3339();
    let read = json!({ "events": [{ "type": "read", "member_id": "m1", "item_id": "a1", "at": at }] });
    fixture.post("/v1/events", &backend, &read).await;
    let actual = get(&fixture, &key, &list.id).await.actual_responses.unwrap();
    assert_eq!((actual.value, actual.push.members), (1, 2), "responses to the item that was sent");
    let entries = fixture.store.audit().list(20, None).await.unwrap();
    let of = |action: &str| entries.iter().find(|entry| entry.action == action).unwrap().detail.clone();
    assert_eq!(
        (&of("push_list_created")["topic"], &of("push_list_created")["item_id"]),
        (&json!("亲子"), &Value::Null)
    );
    assert_eq!((&of("export")["topic"], &of("export")["item_id"]), (&json!("亲子"), &json!("a1")));
}

#[tokio::test]
async fn the_database_keeps_the_topic_and_the_chosen_item() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Staff).await;
    let list = approved_list_of(&fixture, &key, &json!({ "topic": "亲子", "hold_out": 0 })).await;
    let of_item = approved_list_of(&fixture, &key, &json!({ "item_id": "b1", "hold_out": 0 })).await;
    export(&fixture, &key, &list, "item_id=a1").await;
    for (change, id) in [
        ("update push_lists set topic = 'x' where id = ", &list.id),
        ("update push_lists set sent_item_id = 'b1' where id = ", &list.id),
        ("update push_lists set sent_item_id = 'a1' where id = ", &of_item.id),
    ] {
        assert!(fixture.execute(&format!("{change}'{id}'")).await.is_err(), "{change}");
    }
}

#[tokio::test]
async fn a_topic_list_counts_as_another_list_for_every_item_but_its_own() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Staff).await;
    let list = approved_list_of(&fixture, &key, &json!({ "topic": "亲子", "hold_out": 0 })).await;
    let others = async |item: &str| {
        let body = json!({ "item_id": item, "hold_out": 0, "one_list_at_a_time": true });
        let preview = fixture.post("/v1/audiences/preview", &key, &body).await.json();
        preview["excluded"]["other_list"].as_u64().unwrap_or(0)
    };
    assert_eq!((others("a1").await, others("b1").await), (2, 2), "its item is not chosen yet");
    export(&fixture, &key, &list, "item_id=a1").await;
    assert_eq!((others("a1").await, others("b1").await), (0, 2));
}

#[tokio::test]
async fn bad_requests_name_the_field() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Staff).await;
    for (body, code) in [
        (json!({ "topic": "亲子", "item_id": "a1" }), "invalid_parameter"),
        (json!({ "topic": "没有" }), "invalid_parameter"),
        (json!({ "topic": "亲子", "selection": "even" }), "invalid_parameter"),
        (json!({ "topic": 7 }), "invalid_body"),
    ] {
        let answer = fixture.post("/v1/push-lists", &key, &body).await;
        assert!(answer.status.is_client_error(), "{body}: {}", answer.text);
        assert_eq!(answer.problem(), code, "{body}");
    }
}

#[tokio::test]
async fn the_pages_freeze_a_topic_and_choose_the_item() {
    let fixture = fixture().await;
    let (author, approver) = (fixture.sign_in("author", Role::Staff).await, fixture.sign_in("boss", Role::Staff).await);
    let audience = "/audiences?topic=%E4%BA%B2%E5%AD%90&hold_out=0";
    let page = fixture.get_as(audience, &author).await.text;
    assert!(page.contains("冻结为推送名单") && page.contains("在导出时再选"), "{page}");
    let csrf = |page: &str| page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let token = csrf(&page);
    let created =
        fixture.post_form("/push-lists?topic=%E4%BA%B2%E5%AD%90&hold_out=0", &format!("csrf={token}"), &author).await;
    assert_eq!(created.status, StatusCode::SEE_OTHER, "{}", created.text);
    let address = created.header(axum::http::header::LOCATION).to_owned();
    fixture.post_form(&address, &format!("csrf={token}&step=submit"), &author).await;
    let token = csrf(&fixture.get_as(&address, &approver).await.text);
    fixture.post_form(&address, &format!("csrf={token}&step=approve"), &approver).await;
    let page = fixture.get_as(&address, &approver).await.text;
    assert!(page.contains("「主题：亲子」推送 2 人") && page.contains("推送哪篇文章或哪个活动"), "{page}");
    assert!(page.contains("<option value=\"a1\">亲子阅读</option>") && !page.contains("value=\"b1\""), "{page}");
    let file = fixture.get_as(&format!("/v1{address}/export?item_id=a1&format=csv"), &approver).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.text);
    let sent = fixture.get_as(&address, &approver).await.text;
    assert!(
        sent.contains("「亲子阅读」推送 2 人") && sent.contains("/items/a1") && sent.contains("再次下载"),
        "{sent}"
    );
    assert!(!sent.contains("推送哪篇文章"), "{sent}");
    let listed = fixture.get_as("/push-lists", &author).await.text;
    assert!(listed.contains("亲子阅读"), "{listed}");
}
