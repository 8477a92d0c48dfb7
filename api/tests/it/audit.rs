//! Every audited action adds exactly one entry to the audit log.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::json;
use sha2::Digest as _;
use sqlx::Connection as _;
use zhihui_api::{PublishedEngine, Role, Settings};
use zhihui_engine::Engine;

use crate::engine::tiny;
use crate::support::{Answer, Fixture, with_key};

async fn fixture() -> Fixture {
    let fixture = Fixture::unpublished(Settings::default()).await;
    fixture.service.publish_with_events(PublishedEngine::new(Engine::new(tiny()))).await.unwrap();
    fixture
}

/// Asserts that one entry with this action was added to `before` entries. Returns the new number.
async fn one_more(fixture: &Fixture, before: usize, action: &str) -> usize {
    let entries = fixture.store.audit().list(1_000, None).await.unwrap();
    let new: Vec<&str> = entries.iter().rev().skip(before).map(|entry| entry.action.as_str()).collect();
    assert_eq!(new, [action]);
    entries.len()
}

async fn with(fixture: &Fixture, method: Method, address: &str, key: &str, body: &str) -> Answer {
    let request = with_key(Request::builder().method(method).uri(address), key);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    fixture.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn actions_on_pages_are_recorded_once() {
    let fixture = fixture().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let mut count = one_more(&fixture, 0, "sign_in").await;
    fixture.post_form("/login", "name=staff&password=wrong", "").await;
    assert_eq!(fixture.store.audit().list(10, None).await.unwrap().len(), count, "one wrong password is only counted");
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
async fn actions_of_api_keys_are_recorded_once() {
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
    assert_eq!(fixture.store.audit().verify(None).await.unwrap().entries, 6, "list requests are not audited");
}

#[tokio::test]
async fn an_export_entry_has_rule_purpose_and_digest_but_no_member_ids() {
    let fixture = fixture().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let address = "/audiences/file?item_id=a1&hold_out=0&gender=male&purpose=%E9%80%9A%E7%9F%A5&format=csv";
    let file = fixture.get_as(address, &cookie).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.text);
    let entry = fixture.store.audit().list(1, None).await.unwrap().remove(0);
    let (detail, list) = (&entry.detail, &entry.detail["list"]);
    assert_eq!((entry.action.as_str(), entry.source.as_deref()), ("export", Some("unknown")));
    assert_eq!(detail["rule"], json!({ "all": [{ "field": "gender", "eq": "male" }] }));
    assert_eq!((&detail["purpose"], &detail["hold_out"]), (&json!("通知"), &json!(0.0)));
    let lines: Vec<&str> = file.text.split_whitespace().collect();
    let members: Vec<&str> = lines.iter().copied().filter(|word| word.starts_with('m')).collect();
    let hashed: String = members.iter().map(|id| format!("{id}\tpush\n")).collect();
    assert_eq!((&list["push"], &list["hold_out"]), (&json!(members.len()), &json!(0)));
    assert_eq!(list["members_sha256"], hex::encode(sha2::Sha256::digest(hashed.as_bytes())), "{}", file.text);
    assert!(!detail.to_string().contains("m1"), "{detail}");
    let long = format!("{address}&purpose={}", "x".repeat(201));
    assert_eq!(fixture.get_as(&long, &cookie).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn uploads_runs_and_settings_are_recorded() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Admin).await;
    let form = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"reads.csv\"\r\n\r\na,b\r\n--x--\r\n";
    let request = with_key(Request::post("/data/files"), &key);
    let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
    assert_eq!(fixture.send(request.body(Body::from(form)).unwrap()).await.status, StatusCode::SEE_OTHER);
    let count = one_more(&fixture, 0, "upload").await;
    let entry = fixture.store.audit().list(1, None).await.unwrap().remove(0);
    let sha256 = hex::encode(sha2::Sha256::digest(b"a,b"));
    assert_eq!(entry.detail, json!({ "name": "reads.csv", "bytes": 3, "sha256": sha256 }));
    let audit = fixture.store.audit();
    for (settings, entries) in [("zone = 1", 1), ("zone = 1", 1), ("zone = 2", 2), ("zone = 1", 3)] {
        audit.note_configuration(settings.as_bytes(), "command line", 0).await.unwrap();
        assert_eq!(audit.list(100, None).await.unwrap().len(), count + entries, "{settings}");
    }
}

/// The hash of an entry as computed by versions without the source address.
fn hash_of_old(previous: &[u8], fields: &serde_json::Value) -> Vec<u8> {
    let mut hash = sha2::Sha256::new();
    hash.update(previous);
    hash.update(fields.to_string().as_bytes());
    hash.finalize().to_vec()
}

#[tokio::test]
async fn a_log_of_an_earlier_version_verifies_and_detects_changes() {
    let fixture = fixture().await;
    let address = format!("sqlite://{}", fixture.home.path().join("zhihui.db").display());
    let mut old = sqlx::SqliteConnection::connect(&address).await.unwrap();
    let mut previous = vec![0; 32];
    for seq in 1..=2 {
        let hash = hash_of_old(&previous, &json!([seq, 5, "user a", "staff", "sign_in", null, "{}"]));
        let insert = "insert into audit (seq, at, actor, role, action, detail, previous, hash) \
                      values (?, 5, 'user a', 'staff', 'sign_in', '{}', ?, ?)";
        sqlx::query(insert).bind(seq).bind(&previous).bind(&hash).execute(&mut old).await.unwrap();
        previous = hash;
    }
    fixture.sign_in("staff", Role::Staff).await;
    let audit = fixture.store.audit();
    assert_eq!(audit.verify(None).await.unwrap().entries, 3);
    let sources: Vec<Option<String>> =
        audit.list(3, None).await.unwrap().into_iter().map(|entry| entry.source).collect();
    assert_eq!(sources, [Some("unknown".to_owned()), None, None]);
    sqlx::query("drop trigger audit_is_never_changed").execute(&mut old).await.unwrap();
    for (change, broken) in [
        ("update audit set source = '192.0.2.1' where seq = 2", true),
        ("update audit set source = null where seq = 2", false),
        ("update audit set source = null where seq = 3", true),
    ] {
        sqlx::query(change).execute(&mut old).await.unwrap();
        assert_eq!(audit.verify(None).await.is_err(), broken, "{change}");
    }
}
