//! Saved audiences: versions, references between them, and why a member is in one.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use zhihui_api::{Role, schema};

use crate::engine::fixture;
use crate::support::{Answer, Fixture, with_key};

async fn save(fixture: &Fixture, key: &str, name: &str, rule: Value) -> schema::SavedAudience {
    let answer = fixture.post("/v1/audiences", key, &json!({ "name": name, "rule": rule })).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    serde_json::from_str(&answer.text).unwrap()
}

async fn delete(fixture: &Fixture, key: &str, id: &str) -> Answer {
    let request = Request::delete(format!("/v1/audiences/{id}"));
    fixture.send(with_key(request, key).body(Body::empty()).unwrap()).await
}

fn band(label: &str) -> Value {
    json!({ "field": "age_band", "eq": label })
}

#[tokio::test]
async fn a_saved_audience_is_counted_versioned_and_used_in_rules() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Staff).await;
    let saved = save(&fixture, &key, "三十岁上下", band("25-34")).await;
    assert_eq!((saved.version, saved.members, saved.versions.len()), (1, Some(1), 1));
    let preview = json!({ "item_id": "b1", "rule": { "audience": saved.id }, "hold_out": 0 });
    let answer = fixture.post("/v1/audiences/preview", &key, &preview).await;
    assert_eq!((answer.status, answer.json()["selected"].clone()), (StatusCode::OK, json!(1)), "{}", answer.text);
    let change = json!({ "rule": band("35-44"), "note": "改为四十岁上下", "version": 1 });
    let answer = fixture.put(&format!("/v1/audiences/{}", saved.id), &key, &change).await;
    let changed: schema::SavedAudience = serde_json::from_str(&answer.text).unwrap();
    assert_eq!((changed.version, changed.versions[1].rule.clone()), (2, band("25-34")));
    assert_eq!(changed.versions[0].note.as_deref(), Some("改为四十岁上下"));
    let answer = fixture.put(&format!("/v1/audiences/{}", saved.id), &key, &change).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (409, "audience_changed"));
    let listed = fixture.get("/v1/audiences", &key).await;
    let listed: schema::SavedAudienceList = serde_json::from_str(&listed.text).unwrap();
    assert_eq!(listed.audiences.len(), 1);
}

#[tokio::test]
async fn references_are_checked_and_an_audience_in_use_stays() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Staff).await;
    let inner = save(&fixture, &key, "内", band("25-34")).await;
    let outer = save(&fixture, &key, "外", json!({ "all": [{ "audience": inner.id }] })).await;
    let ring = json!({ "rule": { "not": { "audience": outer.id } } });
    let answer = fixture.put(&format!("/v1/audiences/{}", inner.id), &key, &ring).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (400, "invalid_rule"));
    assert_eq!(answer.json()["pointer"], "/not/audience/all/0/audience");
    let unknown = json!({ "name": "x", "rule": { "any": [{ "audience": "au_0" }] } });
    let answer = fixture.post("/v1/audiences", &key, &unknown).await;
    assert_eq!(answer.json()["pointer"], "/any/0/audience");
    let answer = delete(&fixture, &key, &inner.id).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (409, "audience_in_use"));
    assert_eq!(answer.json()["used_in"][0], json!({ "kind": "audience", "id": outer.id }));
    for id in [&outer.id, &inner.id] {
        assert_eq!(delete(&fixture, &key, id).await.status, StatusCode::OK);
    }
    assert_eq!(fixture.get(&format!("/v1/audiences/{}", inner.id), &key).await.problem(), "unknown_audience");
}

#[tokio::test]
async fn membership_is_explained_condition_by_condition() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Staff).await;
    let rule = json!({ "all": [band("25-34"), { "not": { "field": "gender", "eq": "male" } }] });
    let saved = save(&fixture, &key, "一", rule).await;
    let answer = fixture.get(&format!("/v1/audiences/{}/members/m1", saved.id), &key).await;
    let found: schema::Membership = serde_json::from_str(&answer.text).unwrap();
    assert!(!found.selected);
    let holds: Vec<(&str, bool)> = found.conditions.iter().map(|part| (part.path.as_str(), part.holds)).collect();
    assert_eq!(holds, [("", false), ("/all/0", true), ("/all/1", false), ("/all/1/not", true)]);
    let answer = fixture.get(&format!("/v1/audiences/{}/members/nobody", saved.id), &key).await;
    assert_eq!(answer.problem(), "unknown_member");
}

#[tokio::test]
async fn names_and_fields_are_checked() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Staff).await;
    for (body, status, code) in [
        (json!({ "name": " ", "rule": {} }), 400, "invalid_parameter"),
        (json!({ "name": "x".repeat(101), "rule": {} }), 400, "invalid_parameter"),
        (json!({ "name": "x" }), 422, "invalid_body"),
        (json!({ "name": "x", "rule": {}, "members": [] }), 422, "invalid_body"),
        (json!({ "name": "x", "rule": { "field": "shoe_size", "eq": 1 } }), 400, "invalid_rule"),
    ] {
        let answer = fixture.post("/v1/audiences", &key, &body).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (status, code), "{body}");
    }
}
