//! Seat plans: the route, the choice on the audience page, and the selection of a push list.

use axum::http::{StatusCode, header};
use serde_json::json;
use sqlx::Connection as _;
use zhihui_api::{PublishedEngine, Role, Settings, schema};
use zhihui_data::SignUpStatus;
use zhihui_data::snapshot::{History, Lists, NO_TIME, NONE, Snapshot, SparseRows, encode};
use zhihui_engine::Engine;

use crate::engine::tiny;
use crate::support::{Fixture, HOUR, NOW};

/// Members of each union, the largest first. All members are alike.
const SIZES: [usize; 14] = [40, 30, 20, 10, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5];

/// The tiny snapshot with members of 14 unions, and 12 seats for `b1`. Every tenth member does not follow the account.
fn snapshot() -> Snapshot {
    let mut snapshot = tiny();
    let unions: Vec<u32> = SIZES.iter().zip(0..).flat_map(|(&size, union)| std::iter::repeat_n(union, size)).collect();
    let n = unions.len();
    snapshot.unions.id = (0..SIZES.len()).map(|union| format!("u{union:02}")).collect();
    snapshot.unions.name = (0..SIZES.len()).map(|union| format!("第{union}工会")).collect();
    snapshot.unions.district = vec![NONE; SIZES.len()];
    snapshot.unions.parent = vec![NONE; SIZES.len()];
    let members = &mut snapshot.members;
    members.id = (0..n).map(|member| format!("m{member:03}")).collect();
    members.openid = (0..n).map(|member| format!("o{member:03}")).collect();
    members.union = unions;
    members.memberships = Lists::from_rows(vec![[0_u32; 0]; n]);
    members.age = vec![30; n];
    members.age_band = vec![2; n];
    members.gender = vec![1; n];
    for column in [&mut members.home_district, &mut members.work_district, &mut members.segment] {
        *column = vec![NONE; n];
    }
    members.joined_at = vec![NO_TIME; n];
    members.follows = (0..n).map(|member| member % 10 != 9).collect();
    members.personalised = vec![true; n];
    members.team_match = vec![false; n];
    members.lifecycle = vec![2; n];
    snapshot.history = History::without_events(n);
    snapshot.sign_ups.starts = vec![0; n + 1];
    snapshot.model.preferences.evidence = SparseRows::from_rows(vec![[(0_u32, 0.0_f32); 0]; n]);
    let items = &mut snapshot.items;
    items.capacity[1] = 12;
    items.per_union_cap[1] = 4;
    items.own_session_at[1] = 10;
    snapshot
}

async fn serving(snapshot: Snapshot) -> Fixture {
    encode(&snapshot).expect("the snapshot is valid");
    let fixture = Fixture::unpublished(Settings::default()).await;
    fixture.service.publish(PublishedEngine::new(Engine::new(snapshot)));
    fixture
}

async fn plan(fixture: &Fixture, key: &str, body: serde_json::Value) -> schema::SeatPlan {
    let answer = fixture.post("/v1/audiences/seat-plan", key, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    serde_json::from_str(&answer.text).unwrap()
}

#[tokio::test]
async fn a_seat_plan_compares_both_lists_and_shows_the_demand_of_unions() {
    let fixture = serving(snapshot()).await;
    let key = fixture.key(Role::Staff).await;
    let plan = plan(&fixture, &key, json!({ "item_id": "b1", "hold_out": 0 })).await;
    assert_eq!((plan.item_id.as_str(), plan.version.as_str(), plan.show_up.is_none()), ("b1", "t1", true));
    assert_eq!((plan.seats.capacity, plan.seats.taken, plan.seats.left), (12, 0, 12));
    let [likeliest, even] = &plan.lists[..] else { panic!("{:?}", plan.lists) };
    assert_eq!((likeliest.selection.as_str(), even.selection.as_str()), ("likeliest", "even"));
    // All members are equally likely, so that the likeliest are those of the first unions.
    assert!(likeliest.unions < even.unions && even.unions == SIZES.len(), "{likeliest:?} {even:?}");
    assert!(even.seats_per_candidate.lowest > likeliest.seats_per_candidate.lowest);
    assert!((even.expected_seats - likeliest.expected_seats).abs() < 1.0);
    assert!(likeliest.expected_attendance.is_none() && likeliest.fills_seats, "{likeliest:?}");
    assert!(plan.sentence.zh.contains("还剩 12 个名额") && plan.sentence.en.contains("12 seats left"));
    assert_eq!(plan.demand.len(), SIZES.len());
    let first = &plan.demand[0];
    assert_eq!((first.union_id.as_deref(), first.union_name.as_deref()), (Some("u00"), Some("第0工会")));
    assert_eq!((first.members, first.candidates, first.seats_left, first.signed_up), (40, 36, Some(4), Some(0)));
    assert_eq!((first.own_session, plan.demand[13].own_session), (Some(true), Some(false)), "{first:?}");
    assert_eq!((plan.to_phone[0].union_id.as_str(), plan.to_phone[0].members), ("u00", 4));
    let entry = fixture.store.audit().list(1, None).await.unwrap().remove(0);
    assert_eq!((entry.action.as_str(), &entry.detail["seat_plan"]), ("preview", &json!(true)));
}

#[tokio::test]
async fn attendance_is_expected_from_past_sign_ups() {
    let mut past = snapshot();
    past.items.starts_at[1] = NOW - 48 * HOUR;
    past.items.ends_at[1] = NOW - 24 * HOUR;
    past.items.kind[0] = past.items.kind[1];
    past.items.published_at[0] = NO_TIME;
    past.items.starts_at[0] = NOW + 48 * HOUR;
    past.items.capacity[0] = 6;
    let n = past.members.id.len();
    past.sign_ups.item = vec![1; 10];
    past.sign_ups.status = vec![SignUpStatus::Attended; 10];
    past.sign_ups.status[0] = SignUpStatus::NoShow;
    past.sign_ups.tickets = vec![1; 10];
    past.sign_ups.children = vec![0; 10];
    past.sign_ups.starts = (0..=n as u64).map(|member| member.min(10)).collect();
    let fixture = serving(past).await;
    let key = fixture.key(Role::Staff).await;
    let plan = plan(&fixture, &key, json!({ "item_id": "a1", "hold_out": 0 })).await;
    let show_up = plan.show_up.expect("known");
    assert_eq!((show_up.rate, show_up.sign_ups, show_up.sign_ups_of_all_kinds), (0.9, 10, 10));
    for list in &plan.lists {
        assert!((list.expected_attendance.unwrap() - 0.9 * list.expected_seats).abs() < 1e-9, "{list:?}");
    }
}

#[tokio::test]
async fn a_plan_or_an_even_list_without_seats_is_refused_at_the_field() {
    let fixture = serving(snapshot()).await;
    let key = fixture.key(Role::Staff).await;
    for (address, body, parameter) in [
        ("/v1/audiences/seat-plan", json!({ "item_id": "a1" }), "item_id"),
        ("/v1/audiences/seat-plan", json!({ "topic": "亲子" }), "item_id"),
        ("/v1/audiences/seat-plan", json!({}), "item_id"),
        ("/v1/audiences/seat-plan", json!({ "item_id": "b1", "hold_out": 1 }), "hold_out"),
        ("/v1/audiences/seat-plan", json!({ "item_id": "a1", "selection": "even" }), "selection"),
        ("/v1/audiences/preview", json!({ "item_id": "a1", "selection": "even" }), "selection"),
        ("/v1/audiences/preview", json!({ "topic": "亲子", "selection": "even" }), "selection"),
        ("/v1/push-lists", json!({ "item_id": "a1", "selection": "even" }), "selection"),
    ] {
        let answer = fixture.post(address, &key, &body).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (400, "invalid_parameter"), "{}", answer.text);
        assert_eq!(answer.json()["parameter"], parameter, "{address} {body}: {}", answer.text);
    }
    for selection in [json!("fair"), json!(""), json!(1), json!(["even"]), json!({ "even": 1 })] {
        let answer =
            fixture.post("/v1/audiences/preview", &key, &json!({ "item_id": "b1", "selection": selection })).await;
        assert_eq!(answer.problem(), "invalid_body", "{selection}: {}", answer.text);
    }
    let unknown = fixture.post("/v1/audiences/seat-plan", &key, &json!({ "item_id": "z9" })).await;
    assert_eq!((unknown.status.as_u16(), unknown.problem().as_str()), (404, "unknown_item"));
    let rule = json!({ "item_id": "b1", "rule": { "field": "shoe", "eq": 1 } });
    assert_eq!(fixture.post("/v1/audiences/seat-plan", &key, &rule).await.problem(), "invalid_rule");
}

#[tokio::test]
async fn the_selection_is_frozen_with_a_push_list() {
    let fixture = serving(snapshot()).await;
    let (key, cookie) = (fixture.key(Role::Staff).await, fixture.sign_in("staff", Role::Staff).await);
    let create = async |selection: Option<&str>| -> schema::PushList {
        let mut body = json!({ "item_id": "b1", "hold_out": 0 });
        if let Some(selection) = selection {
            body["selection"] = json!(selection);
        }
        let answer = fixture.post("/v1/push-lists", &key, &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    };
    let (default, likeliest, even) = (create(None).await, create(Some("likeliest")).await, create(Some("even")).await);
    let selections = [&default, &likeliest, &even].map(|list| list.selection.as_str());
    assert_eq!(selections, ["likeliest", "likeliest", "even"]);
    assert_eq!(default.members_sha256, likeliest.members_sha256);
    assert_ne!(likeliest.members_sha256, even.members_sha256);
    let plan = plan(&fixture, &key, json!({ "item_id": "b1", "hold_out": 0 })).await;
    assert_eq!([likeliest.counts.push, even.counts.push], [plan.lists[0].selected, plan.lists[1].selected]);
    let again = fixture.get(&format!("/v1/push-lists/{}", even.id), &key).await.json();
    assert_eq!(again["selection"], "even");
    let page = fixture.get_as(&format!("/push-lists/{}", even.id), &cookie).await.text;
    assert!(page.contains("<dt>选人方式</dt><dd>各工会均衡</dd>"), "{page}");
    // A list that was frozen before there was a choice.
    let mut database =
        sqlx::SqliteConnection::connect(&format!("sqlite://{}", fixture.home.path().join("zhihui.db").display()))
            .await
            .unwrap();
    sqlx::query("drop trigger if exists push_lists_are_frozen").execute(&mut database).await.unwrap();
    let changed = sqlx::query("update push_lists set frozen = json_remove(frozen, '$.selection') where id = ?");
    changed.bind(&even.id).execute(&mut database).await.unwrap();
    let old = fixture.get(&format!("/v1/push-lists/{}", even.id), &key).await.json();
    assert_eq!(old["selection"], "likeliest");
}

#[tokio::test]
async fn the_page_shows_both_lists_and_keeps_the_choice() {
    let fixture = serving(snapshot()).await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let page = fixture.get_as("/audiences?item_id=b1&hold_out=0", &cookie).await.text;
    for text in ["推送给多少人", "最可能报名", "改用「各工会均衡」", "没有到场记录", "建议电话联系的工会", "第0工会"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(
        page.contains("form=\"builder\" name=\"selection\" value=\"even\"") && page.contains("显示全部 14 家工会"),
        "{page}"
    );
    // The button sends the form with the selection; the response leads to its URL.
    let pressed = "/audiences?item_id=b1&hold_out=0&r.is=all&selection=even";
    let to = fixture.get_as(pressed, &cookie).await.header(header::LOCATION).to_owned();
    assert!(to.contains("selection=even"), "{to}");
    let even = fixture.get_as(&to, &cookie).await.text;
    assert!(even.contains("name=\"selection\" value=\"even\">") && even.contains("改用「最可能报名」"), "{even}");
    assert!(even.contains("/audiences/file?item_id=b1&#38;selection=even"), "the file has the chosen list: {even}");
    assert!(even.contains("/push-lists?item_id=b1&#38;selection=even"), "{even}");
    let all = fixture.get_as(&format!("{to}&unions=all"), &cookie).await.text;
    assert!(all.contains("第13工会") && !all.contains("显示全部"), "{all}");
    // Back to the likeliest: the button's value follows that of the form.
    let back = "/audiences?item_id=b1&hold_out=0&r.is=all&selection=even&selection=likeliest";
    let back = fixture.get_as(back, &cookie).await.header(header::LOCATION).to_owned();
    assert!(!back.contains("selection"), "{back}");
    // Another item has no seats, so the selection does not stay.
    let other = "/audiences?item_id=b1&hold_out=0&r.is=all&selection=even&op=pick:item_id:a1";
    let other = fixture.get_as(other, &cookie).await.header(header::LOCATION).to_owned();
    assert!(other.contains("item_id=a1") && !other.contains("selection"), "{other}");
    let article = fixture.get_as(&other, &cookie).await.text;
    assert!(!article.contains("推送给多少人"), "{article}");
    let english = fixture.get_as("/audiences?item_id=b1&hold_out=0&lang=en", &cookie).await.text;
    assert!(english.contains("How many to push to") && english.contains("Even across unions"), "{english}");
}

#[tokio::test]
async fn the_page_says_what_is_wrong_with_a_selection() {
    let fixture = serving(snapshot()).await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    for (query, says) in [
        ("item_id=b1&selection=fair", "选人方式只能是"),
        ("item_id=a1&selection=even", "没有设定名额"),
        ("topic=%E4%BA%B2%E5%AD%90&selection=even", "没有设定名额"),
    ] {
        let page = fixture.get_as(&format!("/audiences?{query}"), &cookie).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains(says), "{query}: {}", page.text);
    }
    let file = fixture.get_as("/audiences/file?item_id=b1&selection=fair", &cookie).await;
    assert_eq!(file.status, StatusCode::BAD_REQUEST, "{}", file.text);
}

#[tokio::test]
async fn staff_of_a_union_do_not_learn_about_others_from_a_plan() {
    let fixture = serving(snapshot()).await;
    let key = fixture.store.keys().add_within("test", Role::Staff, Some("u03"), NOW).await.unwrap().key;
    fixture.service.reload_keys().await.unwrap();
    let plan = plan(&fixture, &key, json!({ "item_id": "b1", "hold_out": 0 })).await;
    let named: Vec<Option<&str>> = plan.demand.iter().map(|union| union.union_id.as_deref()).collect();
    assert_eq!(named, [Some("u03")]);
    assert_eq!(plan.demand[0].members, SIZES[3]);
}
