//! The real engine over a tiny snapshot: responses have the documented shapes.

use axum::http::StatusCode;
use serde_json::json;
use zhihui_api::{PublishedEngine, Role, Settings, schema};
use zhihui_data::ItemKind;
use zhihui_data::snapshot::{History, Lists, NO_TIME, NONE, Snapshot, SparseRows, encode};
use zhihui_engine::Engine;

use crate::support::{Fixture, HOUR, NOW};

/// Two members, `m1` of age 30 with openid `o1` and `m2` who opted out; an article `a1` and an activity `b1` of one seat.
pub fn tiny() -> Snapshot {
    let mut snapshot =
        Snapshot { version: "t1".into(), as_of: NOW - HOUR, topics: vec!["亲子".into()], ..Snapshot::default() };
    let bands = snapshot.age_bands.count();
    let members = &mut snapshot.members;
    members.id = vec!["m1".into(), "m2".into()];
    members.openid = vec!["o1".into(), "o2".into()];
    members.union = vec![0, 0];
    members.memberships = Lists::from_rows([[0_u32; 0]; 2]);
    members.age = vec![30, 40];
    members.age_band = vec![2, 3];
    members.gender = vec![1, 2];
    members.home_district = vec![NONE; 2];
    members.work_district = vec![NONE; 2];
    members.joined_at = vec![NO_TIME; 2];
    members.follows = vec![true; 2];
    members.personalised = vec![true, false];
    members.team_match = vec![false; 2];
    members.lifecycle = vec![2; 2];
    members.segment = vec![NONE; 2];
    snapshot.unions.id = vec!["u1".into()];
    snapshot.unions.name = vec!["一厂工会".into()];
    snapshot.unions.district = vec![NONE];
    snapshot.unions.parent = vec![NONE];
    let items = &mut snapshot.items;
    items.id = vec!["a1".into(), "b1".into()];
    items.kind = vec![ItemKind::Article, ItemKind::Activity];
    items.title = vec!["亲子阅读".into(), "亲子采摘".into()];
    items.topics = Lists::from_rows([[0_u32], [0]]);
    items.published_at = vec![NOW - 24 * HOUR, NO_TIME];
    items.starts_at = vec![NO_TIME, NOW + 48 * HOUR];
    for column in [&mut items.ends_at, &mut items.opens_at, &mut items.closes_at] {
        *column = vec![NO_TIME; 2];
    }
    items.capacity = vec![NONE, 1];
    for column in [
        &mut items.union,
        &mut items.per_union_cap,
        &mut items.per_member_cap,
        &mut items.child_tickets,
        &mut items.own_session_at,
        &mut items.team_size,
        &mut items.min_age,
        &mut items.max_age,
        &mut items.district,
        &mut items.announces,
    ] {
        *column = vec![NONE; 2];
    }
    items.gender = vec![0; 2];
    items.limited_to_unions = vec![false; 2];
    items.limited_to_districts = vec![false; 2];
    items.open_to_unions = Lists::from_rows([[0_u32; 0]; 2]);
    items.open_to_districts = Lists::from_rows([[0_u32; 0]; 2]);
    items.price = vec![-1.0; 2];
    items.urgent = vec![false; 2];
    items.seats_taken = vec![0; 2];
    items.seats_by_union = SparseRows::from_rows([[(0_u32, 0.0_f32); 0]; 2]);
    snapshot.history = History::without_events(2);
    snapshot.sign_ups.starts = vec![0; 3];
    let model = &mut snapshot.model;
    model.name = "popular".into();
    model.popularity.half_life_days = [7.0, 14.0];
    model.popularity.overall = vec![2.0, 1.0];
    model.popularity.by_band = vec![0.5; 2 * bands];
    model.preferences.evidence = SparseRows::from_rows([[(0_u32, 0.0_f32); 0]; 2]);
    model.preferences.band_shares = vec![1.0; bands];
    model.preferences.prior_weight = vec![1.0; bands];
    model.preferences.overall_shares = vec![1.0];
    model.preferences.half_life_days = 30.0;
    model.neighbours = SparseRows::from_rows([[(1_u32, 0.5_f32)], [(0, 0.5)]]);
    snapshot
}

pub async fn fixture() -> Fixture {
    let snapshot = tiny();
    encode(&snapshot).expect("the tiny snapshot is valid");
    let fixture = Fixture::unpublished(Settings::default()).await;
    fixture.service.publish(PublishedEngine::new(Engine::new(snapshot)));
    fixture
}

#[tokio::test]
async fn lists_of_the_engine_have_the_documented_shape() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Backend).await;
    let ask = async |who: &str| -> schema::Recommendations {
        let answer = fixture.get(&format!("/v1/recommendations?{who}"), &key).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    };
    let known = ask("openid=o1").await;
    assert_eq!((known.member_id.as_deref(), known.personalised, known.version.as_str()), (Some("m1"), true, "t1"));
    assert!(!known.items.is_empty() && known.items.iter().all(|item| !item.reasons.is_empty()));
    assert!(!ask("member_id=m2").await.personalised, "m2 opted out");
    let stranger = ask("openid=nobody").await;
    assert_eq!((stranger.member_id, stranger.personalised), (None, false));
    let activities = ask("member_id=m1&kind=activity").await;
    assert_eq!(activities.items.len(), 1);
    assert_eq!((activities.items[0].item_id.as_str(), activities.items[0].seats_left), ("b1", Some(1)));
}

#[tokio::test]
async fn similar_and_popular_lists_of_the_engine_are_filtered_by_kind() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Backend).await;
    let ask = async |address: &str| -> schema::ItemList {
        let answer = fixture.get(address, &key).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    };
    let ids = |list: &schema::ItemList| list.items.iter().map(|item| item.item_id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&ask("/v1/items/a1/similar").await), ["b1"]);
    assert!(ids(&ask("/v1/items/a1/similar?kind=article").await).is_empty());
    assert_eq!(ask("/v1/popular?age_band=25-34").await.items.len(), 2);
    let activities = ask("/v1/popular?kind=activity&n=1").await;
    assert_eq!((ids(&activities), activities.items[0].rank), (vec!["b1".to_owned()], 1));
    assert_eq!(fixture.get("/v1/items/z9/similar", &key).await.problem(), "unknown_item");
    assert_eq!(fixture.get("/v1/popular?age_band=1-2", &key).await.json()["parameter"], "age_band");
}

#[tokio::test]
async fn previews_of_the_engine_have_the_documented_shape_and_rule_errors_have_a_pointer() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Staff).await;
    let rule = json!({ "all": [{ "field": "age_band", "in": ["25-34"] }] });
    let answer =
        fixture.post("/v1/audiences/preview", &key, &json!({ "item_id": "b1", "rule": rule, "hold_out": 0 })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let preview: schema::Preview = serde_json::from_str(&answer.text).unwrap();
    assert_eq!((preview.selected, preview.held_out), (1, 0));
    assert_eq!(preview.sample[0].member_id, "m1");
    assert_eq!(preview.funnel[0].left, 2);
    let wrong = json!({ "item_id": "b1", "rule": { "all": [{ "field": "shoe_size", "eq": 42 }] } });
    let answer = fixture.post("/v1/audiences/preview", &key, &wrong).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (400, "invalid_rule"));
    assert!(answer.json()["pointer"].as_str().unwrap().starts_with("/all/0"), "{}", answer.text);
    let answer = fixture.post("/v1/audiences/preview", &key, &json!({ "item_id": "z9" })).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (404, "unknown_item"));
}
