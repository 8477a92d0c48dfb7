//! Lists for members, items and age bands.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;
use zhihui_api::{Role, schema};

use crate::support::{Fixture, with_key};

#[tokio::test]
async fn members_are_found_by_id_or_openid_and_unknown_ones_get_the_popular_list() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Backend).await;
    for (who, member, personalised) in
        [("member_id=m1", json!("m1"), true), ("openid=o1", json!("m1"), true), ("openid=stranger", json!(null), false)]
    {
        let answer = fixture.get(&format!("/v1/recommendations?{who}"), &key).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/json");
        let body = answer.json();
        assert_eq!(body["member_id"], member);
        assert_eq!(body["personalised"], personalised);
        assert_eq!(body["version"], "v1");
        assert_eq!(body["as_of"], "2026-11-22T04:00:00Z");
        assert_eq!(body["items"].as_array().unwrap().len(), 10);
        serde_json::from_str::<schema::Recommendations>(&answer.text).unwrap();
    }
}

#[tokio::test]
async fn lists_are_filtered_by_their_parameters() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Backend).await;
    let answer = fixture
        .get("/v1/recommendations?member_id=m1&n=3&kind=service&exclude=a1,%20a2&mode=general&topic=", &key)
        .await;
    let body = answer.json();
    assert_eq!(body["personalised"], false);
    let ids: Vec<&str> =
        body["items"].as_array().unwrap().iter().map(|item| item["item_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a3", "a4", "a5"]);
    assert_eq!(body["items"][0]["kind"], "service");
}

#[tokio::test]
async fn reasons_are_in_the_language_that_the_caller_prefers() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Backend).await;
    let ask = async |language: &str| {
        let request = with_key(Request::get("/v1/popular"), &key).header(header::ACCEPT_LANGUAGE, language);
        fixture.send(request.body(Body::empty()).unwrap()).await.json()["items"][0]["reasons"][0]["text"].clone()
    };
    assert_eq!(ask("en-GB,en;q=0.9").await, "many are reading it");
    assert_eq!(ask("fr").await, "很多人在看");
}

#[tokio::test]
async fn a_batch_keeps_the_order_of_the_request() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Backend).await;
    let body = json!({ "openids": ["nobody", "o1", "nobody"], "member_ids": ["m1"], "n": 2 });
    let answer = fixture.post("/v1/recommendations", &key, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let batch: schema::Batch = serde_json::from_str(&answer.text).unwrap();
    let results: Vec<(Option<&str>, Option<&str>, bool)> = batch
        .recommendations
        .iter()
        .map(|entry| (entry.openid.as_deref(), entry.member_id.as_deref(), entry.personalised))
        .collect();
    let nobody = (Some("nobody"), None, false);
    assert_eq!(results, [nobody, (Some("o1"), Some("m1"), true), nobody, (None, Some("m1"), true)]);
    assert!(batch.recommendations.iter().all(|entry| entry.items.len() == 2));
}

#[tokio::test]
async fn similar_and_popular_items_have_the_same_shape() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Backend).await;
    for address in ["/v1/items/a7/similar?n=4", "/v1/popular?age_band=25-34&n=4", "/v1/popular?age_band=65+&n=4"] {
        let answer = fixture.get(address, &key).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.text);
        let list: schema::ItemList = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(list.items.len(), 4);
    }
}

#[tokio::test]
async fn a_preview_has_the_documented_shape() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Staff).await;
    let rule = json!({ "all": [{ "field": "age_band", "in": ["25-34"] }] });
    let body = json!({ "item_id": "a1", "rule": rule, "limit": 100, "hold_out": 0.1 });
    let answer = fixture.post("/v1/audiences/preview", &key, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let preview: schema::Preview = serde_json::from_str(&answer.text).unwrap();
    assert_eq!((preview.selected, preview.held_out), (90, 10));
}

#[tokio::test]
async fn the_next_request_sees_a_new_snapshot() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Backend).await;
    fixture.service.publish(crate::support::Small { version: "v2" });
    assert_eq!(fixture.get("/v1/popular", &key).await.json()["version"], "v2");
}
