//! Callbacks of WeChat: verified, stored once, and applied at once.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use zhihui_api::{ItemLinks, PublishedEngine, Role, Settings, WechatSettings};
use zhihui_engine::Engine;
use zhihui_wechat::callback::{
    CallbackEvent, CallbackMessage, CallbackReceiver, CallbackSender, MassSendResult, MassSendStatus,
};

use crate::engine::tiny;
use crate::support::{Answer, Fixture, NOW};

const TOKEN: &str = "callbacktoken";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const APP_ID: &str = "wx0123456789abcdef";

async fn fixture() -> Fixture {
    let wechat = WechatSettings {
        receiver: Some(CallbackReceiver::new(TOKEN, Some(KEY), APP_ID).unwrap()),
        links: ItemLinks::parse("https://h5.example.org/items/{item_id}"),
    };
    let mut snapshot = tiny();
    snapshot.members.personalised = vec![true; 2];
    let fixture = Fixture::unpublished(Settings { wechat, ..Settings::default() }).await;
    let inbox = fixture.inbox().await;
    snapshot.inbox = inbox.id().to_owned();
    fixture.service.publish_with_events(PublishedEngine::new(Engine::new(snapshot))).await.unwrap();
    fixture
}

fn message(event: CallbackEvent) -> CallbackMessage {
    let (to_user_name, from_user_name) = ("gh_1".to_owned(), "o1".to_owned());
    CallbackMessage { to_user_name, from_user_name, create_time: NOW - 60, msg_id: None, event }
}

async fn post(fixture: &Fixture, message: &CallbackMessage, change: impl Fn(String) -> String) -> Answer {
    let sender = CallbackSender::new(TOKEN, Some(KEY), APP_ID).unwrap();
    let sealed = sender.seal(&message.to_xml(), "gh_1", NOW, [7; 16]);
    let address = format!("/wechat/callback?{}", change(sealed.query_text()));
    fixture.send(Request::post(address).body(Body::from(sealed.body)).unwrap()).await
}

async fn send(fixture: &Fixture, event: CallbackEvent) -> Answer {
    post(fixture, &message(event), |query| query).await
}

async fn stored(fixture: &Fixture) -> u64 {
    fixture.inbox().await.last().await.unwrap()
}

#[tokio::test]
async fn the_server_is_checked_and_strangers_are_refused() {
    let fixture = fixture().await;
    let sender = CallbackSender::new(TOKEN, Some(KEY), APP_ID).unwrap();
    let query: Vec<String> =
        sender.handshake(NOW, "nonce", "4711").into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let answer = fixture.get(&format!("/wechat/callback?{}", query.join("&")), "").await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "4711"));
    let wrong = fixture.get("/wechat/callback?signature=00&timestamp=1&nonce=2&echostr=3", "").await;
    assert_eq!((wrong.status, wrong.problem()), (StatusCode::FORBIDDEN, "wrong_signature".to_owned()));
    let missing = fixture.get("/wechat/callback?signature=00", "").await;
    assert_eq!((missing.status, missing.problem()), (StatusCode::BAD_REQUEST, "invalid_parameter".to_owned()));
    let off = Fixture::new().await;
    assert_eq!(off.get("/wechat/callback", "").await.problem(), "not_found");
}

#[tokio::test]
async fn a_follower_who_leaves_is_out_of_audiences_at_once() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Staff).await;
    let selected = async || {
        let body = json!({ "item_id": "a1", "hold_out": 0 });
        fixture.post("/v1/audiences/preview", &key, &body).await.json()["selected"].clone()
    };
    assert_eq!(selected().await, 2);
    let answer = send(&fixture, CallbackEvent::Unsubscribe).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "success"));
    assert_eq!(selected().await, 1);
    // WeChat repeats a callback whose answer it missed.
    assert_eq!(send(&fixture, CallbackEvent::Unsubscribe).await.text, "success");
    assert_eq!(stored(&fixture).await, 1);
}

#[tokio::test]
async fn a_use_of_the_menu_is_a_read_and_other_callbacks_store_nothing() {
    let fixture = fixture().await;
    let view = |url: &str| CallbackEvent::View { url: url.to_owned(), menu_id: None };
    send(&fixture, view("https://h5.example.org/items/a1?from=menu")).await;
    assert_eq!(stored(&fixture).await, 1);
    let others = [
        view("https://h5.example.org/help"),
        CallbackEvent::Click { key: "help".to_owned() },
        CallbackEvent::Other { msg_type: "text".to_owned(), event: None },
    ];
    for other in others {
        assert_eq!(send(&fixture, other).await.text, "success");
    }
    assert_eq!(stored(&fixture).await, 1);
}

#[tokio::test]
async fn a_changed_callback_changes_nothing() {
    let fixture = fixture().await;
    let unsubscribe = message(CallbackEvent::Unsubscribe);
    let wrong = post(&fixture, &unsubscribe, |query| query.replace("msg_signature=", "msg_signature=0")).await;
    assert_eq!(wrong.problem(), "wrong_signature");
    let address = "/wechat/callback?signature=1&msg_signature=1&timestamp=1&nonce=1";
    for body in ["", "<xml>", "<xml><Encrypt>AAAA</Encrypt></xml>", "{}"] {
        let answer = fixture.send(Request::post(address).body(Body::from(body)).unwrap()).await;
        assert!(answer.status.is_client_error(), "{body}: {}", answer.status);
    }
    let long = "x".repeat(200_000);
    let answer = fixture.send(Request::post(address).body(Body::from(long)).unwrap()).await;
    assert_eq!(answer.problem(), "body_too_large");
    assert_eq!(stored(&fixture).await, 0);
}

#[tokio::test]
async fn the_result_of_a_message_of_nobody_is_accepted_and_ignored() {
    let fixture = fixture().await;
    let result = MassSendResult {
        msg_id: 4711,
        status: MassSendStatus::Success,
        total_count: 2,
        filter_count: 2,
        sent_count: 2,
        error_count: 0,
        copyright_check: None,
        article_urls: Vec::new(),
    };
    assert_eq!(send(&fixture, CallbackEvent::MassSendFinished(result)).await.text, "success");
    assert_eq!(stored(&fixture).await, 0);
}

fn revoked(openid: &str, codes: Option<&str>) -> CallbackEvent {
    CallbackEvent::AuthorizationRevoked { openid: openid.to_owned(), revoke_info: codes.map(str::to_owned) }
}

#[tokio::test]
async fn a_member_who_withdraws_a_permission_for_stored_data_is_erased_once() {
    for event in [
        revoked("o1", Some("205")),
        revoked("o1", Some("301")),
        revoked("o1", None),
        CallbackEvent::AuthorizationCancelled { openid: "o1".to_owned() },
    ] {
        let fixture = fixture().await;
        let key = fixture.key(Role::Backend).await;
        for _ in 0..3 {
            assert_eq!(send(&fixture, event.clone()).await.text, "success");
        }
        let list = fixture.get("/v1/recommendations?openid=o1", &key).await.json();
        assert_eq!((&list["member_id"], &list["personalised"]), (&json!(null), &json!(false)), "{event:?}");
        let pending = fixture.store.erasures().pending().await.unwrap();
        assert_eq!((pending.len(), pending[0].member_id.as_str()), (1, "m1"));
        assert_eq!(pending[0].openids, ["o1"]);
        let audit = fixture.store.audit().list(20, None).await.unwrap();
        let erased: Vec<_> = audit.iter().filter(|entry| entry.action == "member_erased").collect();
        assert_eq!((erased.len(), erased[0].actor.as_str()), (1, "wechat"), "{event:?}");
    }
}

#[tokio::test]
async fn a_withdrawal_about_data_that_is_never_stored_or_by_a_stranger_is_an_opt_out_in_the_audit_log() {
    for (openid, codes, known) in [("o1", "202", true), ("o1", "203,207", true), ("stranger", "205", false)] {
        let fixture = fixture().await;
        let key = fixture.key(Role::Backend).await;
        for _ in 0..2 {
            assert_eq!(send(&fixture, revoked(openid, Some(codes))).await.text, "success");
        }
        assert!(fixture.store.erasures().pending().await.unwrap().is_empty(), "{codes}");
        assert_eq!(stored(&fixture).await, 1, "the opt-out");
        let audit = fixture.store.audit().list(20, None).await.unwrap();
        let entries: Vec<_> = audit.iter().filter(|entry| entry.action == "authorization_revoked").collect();
        assert_eq!(entries.len(), 1, "{codes}");
        let detail = format!("{:?}", entries[0].detail);
        assert!(detail.contains(codes) && !detail.contains(openid), "no openid in the log: {detail}");
        let list = fixture.get(&format!("/v1/recommendations?openid={openid}"), &key).await.json();
        assert_eq!((list["member_id"] == "m1", &list["personalised"]), (known, &json!(false)));
        // Whoever the openid turns out to belong to has opted out.
        if !known {
            let bind = json!({ "events": [{ "type": "bind", "openid": openid, "member_id": "m2", "at": NOW }] });
            fixture.post("/v1/events", &key, &bind).await;
            let list = fixture.get("/v1/recommendations?member_id=m2", &key).await.json();
            assert_eq!(list["personalised"], json!(false));
        }
    }
}

fn event(kind: &str, member: Option<&str>, id: &str) -> serde_json::Value {
    json!({ "events": [{ "event_id": id, "type": kind, "openid": "stranger", "member_id": member, "at": NOW }] })
}

#[tokio::test]
async fn whom_a_revoked_openid_is_bound_to_later_is_erased() {
    for codes in [Some("205"), None] {
        let fixture = fixture().await;
        let key = fixture.key(Role::Backend).await;
        assert_eq!(send(&fixture, revoked("stranger", codes)).await.text, "success");
        assert!(fixture.store.erasures().pending().await.unwrap().is_empty());
        let database = fixture.stored().await;
        assert!(!String::from_utf8_lossy(&database).contains("stranger"), "only a hash is stored");
        for _ in 0..2 {
            let answer = fixture.post("/v1/events", &key, &event("bind", Some("m2"), "b")).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        }
        let pending = fixture.store.erasures().pending().await.unwrap();
        assert_eq!((pending.len(), pending[0].member_id.as_str()), (1, "m2"), "{codes:?}");
        assert!(pending[0].openids.contains(&"stranger".to_owned()), "{pending:?}");
        let list = fixture.get("/v1/recommendations?openid=stranger", &key).await.json();
        assert_eq!((&list["member_id"], &list["personalised"]), (&json!(null), &json!(false)));
        let audit = fixture.store.audit().list(20, None).await.unwrap();
        let erased: Vec<_> = audit.iter().filter(|entry| entry.action == "member_erased").collect();
        assert_eq!((erased.len(), erased[0].actor.as_str()), (1, "wechat"));
        assert!(!format!("{:?}", erased[0].detail).contains("stranger"));
    }
}

#[tokio::test]
async fn who_follows_again_before_the_bind_is_not_erased() {
    for by_callback in [true, false] {
        let fixture = fixture().await;
        let key = fixture.key(Role::Backend).await;
        send(&fixture, revoked("stranger", Some("301"))).await;
        if by_callback {
            let mut follow = message(CallbackEvent::Subscribe { scene: None, ticket: None });
            follow.from_user_name = "stranger".to_owned();
            assert_eq!(post(&fixture, &follow, |query| query).await.text, "success");
        } else {
            fixture.post("/v1/events", &key, &event("follow", None, "f")).await;
        }
        fixture.post("/v1/events", &key, &event("bind", Some("m2"), "b")).await;
        assert!(fixture.store.erasures().pending().await.unwrap().is_empty(), "by callback: {by_callback}");
    }
}

#[tokio::test]
async fn a_bind_of_another_openid_and_a_withdrawal_of_nothing_stored_erase_nobody() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Backend).await;
    send(&fixture, revoked("somebody", Some("205"))).await;
    send(&fixture, revoked("stranger", Some("202"))).await;
    fixture.post("/v1/events", &key, &event("bind", Some("m2"), "b")).await;
    assert!(fixture.store.erasures().pending().await.unwrap().is_empty());
}

#[tokio::test]
async fn whom_a_roster_binds_to_a_revoked_openid_is_erased() {
    let fixture = fixture().await;
    send(&fixture, revoked("stranger", Some("205"))).await;
    assert_eq!(fixture.service.erase_owners_of_revoked_openids().await.unwrap(), 0);
    let mut snapshot = tiny();
    snapshot.members.openid[1] = "stranger".to_owned();
    fixture.service.publish_with_events(PublishedEngine::new(Engine::new(snapshot))).await.unwrap();
    for erased in [1, 0] {
        assert_eq!(fixture.service.erase_owners_of_revoked_openids().await.unwrap(), erased);
    }
    let pending = fixture.store.erasures().pending().await.unwrap();
    assert_eq!((pending.len(), pending[0].member_id.as_str()), (1, "m2"));
}
