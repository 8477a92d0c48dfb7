//! Plans of several items, and look-alikes.

use axum::http::{StatusCode, header};
use serde_json::{Value, json};
use zhihui_api::{PublishedEngine, Role, Settings, schema};
use zhihui_data::snapshot::{History, Lists, NO_TIME, NONE, Snapshot, SparseRows, encode};
use zhihui_engine::Engine;

use crate::engine::{fixture, tiny};
use crate::support::Fixture;

const MEMBERS: usize = 80;

/// The tiny snapshot with more members: those of even rows read about the only topic, and all allow personalised lists.
fn crowd() -> Snapshot {
    let mut snapshot = tiny();
    let bands = snapshot.age_bands.count();
    let members = &mut snapshot.members;
    members.id = (0..MEMBERS).map(|row| format!("m{row:02}")).collect();
    members.openid = (0..MEMBERS).map(|row| format!("o{row:02}")).collect();
    members.memberships = Lists::from_rows(vec![[0_u32; 0]; MEMBERS]);
    members.age_band = (0..MEMBERS).map(|row| if row % 2 == 0 { 2 } else { 3 }).collect();
    members.age = (0..MEMBERS).map(|row| if row % 2 == 0 { 30 } else { 40 }).collect();
    members.gender = vec![1; MEMBERS];
    members.union = vec![0; MEMBERS];
    members.joined_at = vec![NO_TIME; MEMBERS];
    for column in [&mut members.home_district, &mut members.work_district, &mut members.segment] {
        *column = vec![NONE; MEMBERS];
    }
    for column in [&mut members.follows, &mut members.personalised] {
        *column = vec![true; MEMBERS];
    }
    members.team_match = vec![false; MEMBERS];
    members.lifecycle = vec![2; MEMBERS];
    snapshot.items.capacity = vec![NONE, 50];
    snapshot.history = History::without_events(MEMBERS);
    snapshot.sign_ups.starts = vec![0; MEMBERS + 1];
    let model = &mut snapshot.model;
    let evidence = |row: usize| vec![(0_u32, 1.0 + (row % 7) as f32)];
    model.preferences.evidence = SparseRows::from_rows((0..MEMBERS).map(evidence));
    // The article reaches more of the young, the activity more of the old.
    model.popularity.by_band = vec![0.1; 2 * bands];
    model.popularity.by_band[2 * 2] = 0.5;
    model.popularity.by_band[3 * 2 + 1] = 0.4;
    snapshot
}

async fn crowded() -> Fixture {
    let snapshot = crowd();
    encode(&snapshot).expect("the snapshot is valid");
    let fixture = Fixture::unpublished(Settings::default()).await;
    fixture.service.publish(PublishedEngine::new(Engine::new(snapshot)));
    fixture
}

async fn saved(fixture: &Fixture, key: &str, rule: Value) -> String {
    let answer = fixture.post("/v1/audiences", key, &json!({ "name": "种子", "rule": rule })).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_plan_of_the_engine_has_the_documented_shape() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Staff).await;
    let body = json!({ "item_ids": ["a1", "b1"], "by": "segment", "hold_out": 0, "purpose": "秋游" });
    let answer = fixture.post("/v1/audiences/band-plan", &key, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let plan: schema::BandPlan = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(plan.by, schema::GroupBy::Segment);
    assert!(plan.mixes_responses && plan.items[1].seats_left == Some(1));
    // With so few members all are in one group.
    let keys: Vec<&str> = plan.groups.iter().map(|group| group.key.as_str()).collect();
    assert_eq!((keys, plan.groups[0].members), (vec!["others"], 2));
    assert_eq!((plan.gain.value, plan.plan.item_id.clone()), (0.0, plan.single.unwrap().item_id));
}

#[tokio::test]
async fn invalid_plans_are_refused_at_the_field() {
    let fixture = fixture().await;
    let key = fixture.key(Role::Staff).await;
    for (body, status, code, at) in [
        (json!({ "item_ids": [] }), 400, "invalid_parameter", "item_ids"),
        (json!({ "item_ids": ["a1"] }), 400, "invalid_parameter", "item_ids"),
        (json!({ "item_ids": ["a1", "a1"] }), 400, "invalid_parameter", "item_ids"),
        (json!({ "item_ids": vec!["a1"; 30] }), 400, "invalid_parameter", "item_ids"),
        (json!({ "item_ids": ["a1", ""] }), 400, "invalid_parameter", "item_ids"),
        (json!({ "item_ids": ["a1", "b1"], "by": "union" }), 400, "invalid_parameter", "by"),
        (json!({ "item_ids": ["a1", "b1"], "hold_out": 1 }), 400, "invalid_parameter", "hold_out"),
        (json!({ "item_ids": ["a1", "b1"], "purpose": "x".repeat(201) }), 400, "invalid_parameter", "purpose"),
        (json!({ "item_ids": ["a1", "z9"] }), 404, "unknown_item", ""),
        (json!({ "item_ids": ["a1", "b1"], "rule": { "shoe": 1 } }), 400, "invalid_rule", ""),
        (json!({ "item_ids": "a1" }), 422, "invalid_body", ""),
        (json!({ "items": ["a1", "b1"] }), 422, "invalid_body", ""),
    ] {
        let answer = fixture.post("/v1/audiences/band-plan", &key, &body).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (status, code), "{body}: {}", answer.text);
        if !at.is_empty() {
            assert_eq!(answer.json()["parameter"], at, "{body}");
        }
    }
}

#[tokio::test]
async fn look_alikes_of_a_rule_a_list_and_a_saved_audience_agree() {
    let fixture = crowded().await;
    let key = fixture.key(Role::Staff).await;
    let rule = json!({ "field": "age_band", "eq": "25-34" });
    let id = saved(&fixture, &key, rule.clone()).await;
    let ids: Vec<String> = (0..MEMBERS).step_by(2).map(|row| format!("m{row:02}")).collect();
    let mut samples = Vec::new();
    for seed in [json!({ "audience": id }), json!({ "rule": rule }), json!({ "member_ids": ids })] {
        let is_saved = seed.get("audience").is_some();
        let answer = fixture.post("/v1/audiences/look-alikes", &key, &json!({ "seed": seed, "width": "wide" })).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let found: schema::LookAlikes = serde_json::from_str(&answer.text).unwrap();
        assert_eq!((found.seed.members, found.seed.usable, found.base), (40, 40, 80));
        assert_eq!(found.sizes.iter().map(|size| size.members).collect::<Vec<_>>(), [1, 4, 8]);
        assert!(found.sample.iter().all(|member| !ids.contains(&member.member_id) && !member.reasons.is_empty()));
        let written = json!({ "similar_to": { "audience": id, "width": "wide" } });
        assert_eq!(found.rule, is_saved.then_some(written));
        samples.push(found.sample.into_iter().map(|member| member.member_id).collect::<Vec<_>>());
    }
    assert!(samples[0].len() == 8 && samples[1] == samples[0] && samples[2] == samples[0], "{samples:?}");
    // The condition works wherever a rule does: in previews, in saved audiences, and in the question why.
    let similar = json!({ "similar_to": { "audience": id, "width": "wide" } });
    let body = json!({ "item_id": "a1", "rule": similar, "hold_out": 0 });
    let preview = fixture.post("/v1/audiences/preview", &key, &body).await;
    assert_eq!((preview.status, preview.json()["selected"].clone()), (StatusCode::OK, json!(8)), "{}", preview.text);
    let alike = saved(&fixture, &key, similar).await;
    assert_eq!(fixture.get(&format!("/v1/audiences/{alike}"), &key).await.json()["members"], 8);
    let why = fixture.get(&format!("/v1/audiences/{alike}/members/{}", samples[0][0]), &key).await;
    assert_eq!(why.json()["selected"], true, "{}", why.text);
    let used = fixture.get(&format!("/v1/audiences/{id}"), &key).await;
    assert_eq!(used.json()["used_in"], json!([{ "kind": "audience", "id": alike }]));
    let ring = json!({ "rule": { "similar_to": { "audience": alike, "width": "narrow" } } });
    let answer = fixture.put(&format!("/v1/audiences/{id}"), &key, &ring).await;
    assert_eq!(
        (answer.problem().as_str(), answer.json()["pointer"].clone()),
        ("invalid_rule", json!("/similar_to/audience/similar_to/audience"))
    );
}

#[tokio::test]
async fn plans_and_look_alikes_leave_out_excluded_members_and_count_them() {
    let fixture = crowded().await;
    let key = fixture.key(Role::Staff).await;
    let plan = async |body: Value| -> schema::BandPlan {
        let answer = fixture.post("/v1/audiences/band-plan", &key, &body).await;
        serde_json::from_str(&answer.text).unwrap_or_else(|error| panic!("{error}: {}", answer.text))
    };
    let body = json!({ "item_ids": ["a1", "b1"], "hold_out": 0 });
    let candidates =
        |plan: &schema::BandPlan| plan.groups.iter().map(|group| group.options[0].candidates).sum::<usize>();
    let all = plan(body.clone()).await;
    let young = json!({ "seed": { "rule": { "field": "age_band", "eq": "25-34" } }, "width": "wide" });
    let alike = fixture.post("/v1/audiences/look-alikes", &key, &young).await.json();
    let like = alike["sample"][0]["member_id"].as_str().unwrap();
    let list = json!({ "name": "投诉过", "ids": [like, "m00", "m02"], "always": true });
    assert_eq!(fixture.post("/v1/exclusion-lists", &key, &list).await.status, StatusCode::CREATED);
    let left = plan(body.clone()).await;
    assert_eq!(candidates(&left) + 3, candidates(&all));
    assert_eq!(left.items.iter().map(|item| item.excluded["exclusion_list"]).collect::<Vec<_>>(), [3, 3]);
    let found = fixture.post("/v1/audiences/look-alikes", &key, &young).await.json();
    assert_eq!((found["sizes"][2]["members"].clone(), found["sizes"][2]["excluded"].clone()), (json!(7), json!(1)));
    assert!(!found["sample"].to_string().contains(&format!("\"{like}\"")), "{found}");
    let chosen = json!({ "name": "抽样调查", "ids": ["m04"] });
    let chosen = fixture.post("/v1/exclusion-lists", &key, &chosen).await.json()["id"].clone();
    let narrowed = plan(json!({ "item_ids": ["a1", "b1"], "hold_out": 0, "exclude": [chosen] })).await;
    assert_eq!(narrowed.items[0].excluded["exclusion_list"], 4);
    for address in ["band-plan", "look-alikes"] {
        let mut unknown = if address == "band-plan" { body.clone() } else { young.clone() };
        unknown["exclude"] = json!(["xl_0"]);
        let answer = fixture.post(&format!("/v1/audiences/{address}"), &key, &unknown).await;
        assert_eq!(answer.problem(), "unknown_exclusion_list", "{}", answer.text);
    }
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let address = format!("/audiences/band-plan?item_id=a1&item_id=b1&hold_out=0&exclude={}", chosen.as_str().unwrap());
    let page = fixture.get_as(&address, &cookie).await.text;
    assert!(page.contains("在其他名单里而排除 4 人"), "{page}");
    assert!(page.contains(&format!("name=\"exclude\" value=\"{}\"", chosen.as_str().unwrap())), "{page}");
}

#[tokio::test]
async fn an_audience_can_be_read_after_its_seed_became_too_small() {
    let fixture = crowded().await;
    let key = fixture.key(Role::Staff).await;
    let seed = saved(&fixture, &key, json!({ "field": "age_band", "eq": "25-34" })).await;
    let alike = saved(&fixture, &key, json!({ "similar_to": { "audience": seed, "width": "wide" } })).await;
    let address = format!("/v1/audiences/{alike}");
    assert_eq!(fixture.get(&address, &key).await.json()["members"], 8);
    fixture.service.publish(PublishedEngine::new(Engine::new(tiny())));
    let answer = fixture.get(&address, &key).await;
    let audience: schema::SavedAudience = serde_json::from_str(&answer.text).unwrap();
    assert_eq!((answer.status, audience.members), (StatusCode::OK, None));
}

#[tokio::test]
async fn invalid_seeds_are_refused_at_the_field() {
    let fixture = crowded().await;
    let key = fixture.key(Role::Staff).await;
    let few = saved(&fixture, &key, json!({ "field": "age", "at_most": 20 })).await;
    for (body, status, code) in [
        (json!({ "seed": {} }), 400, "invalid_parameter"),
        (json!({ "seed": { "audience": few, "rule": {} } }), 400, "invalid_parameter"),
        (json!({ "seed": { "audience": few } }), 400, "too_few_seeds"),
        (json!({ "seed": { "member_ids": ["m01", "m01", "m02"] } }), 400, "too_few_seeds"),
        (json!({ "seed": { "member_ids": vec!["m01"; 10_001] } }), 400, "invalid_parameter"),
        (json!({ "seed": { "member_ids": [""] } }), 400, "invalid_parameter"),
        (json!({ "seed": { "audience": "au_0" } }), 400, "invalid_rule"),
        (json!({ "seed": { "rule": { "shoe": 1 } } }), 400, "invalid_rule"),
        (json!({ "seed": { "rule": {} }, "width": "huge" }), 400, "invalid_parameter"),
        (json!({ "seed": { "rule": {} }, "n": 3 }), 422, "invalid_body"),
        (json!({ "seed": { "rule": {}, "n": 3 } }), 422, "invalid_body"),
        (json!({}), 422, "invalid_body"),
    ] {
        let answer = fixture.post("/v1/audiences/look-alikes", &key, &body).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (status, code), "{}", answer.text);
    }
    let similar = json!({ "similar_to": { "audience": few, "width": "wide" } });
    let body = json!({ "item_id": "a1", "rule": { "not": similar } });
    let answer = fixture.post("/v1/audiences/preview", &key, &body).await;
    assert_eq!(
        (answer.problem().as_str(), answer.json()["pointer"].clone()),
        ("too_few_seeds", json!("/not/similar_to"))
    );
    // A rule that cannot be evaluated is not saved either.
    let answer = fixture.post("/v1/audiences", &key, &json!({ "name": "x", "rule": similar })).await;
    assert_eq!(answer.problem(), "too_few_seeds");
}

#[tokio::test]
async fn the_plan_page_chooses_items_without_scripts_and_opens_audiences() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let page = fixture.get_as("/audiences/band-plan?item_id=b1", &cookie).await.text;
    assert!(page.contains("选择 2 到 20 项内容") && page.contains("亲子采摘 &#38; 野餐"), "{page}");
    let found = fixture.get_as("/audiences/band-plan?item_id=b1&q.item_id=1&op=find%3Aitem_id", &cookie).await.text;
    assert!(found.contains("value=\"pick:item_id:a1\""), "{found}");
    let picked =
        fixture.get_as("/audiences/band-plan?item_id=b1&by=segment&hold_out=20&op=pick%3Aitem_id%3Aa1", &cookie).await;
    let to = picked.header(header::LOCATION).to_owned();
    assert_eq!(
        (picked.status, to.as_str()),
        (StatusCode::SEE_OTHER, "/audiences/band-plan?item_id=b1&item_id=a1&by=segment&hold_out=20")
    );
    let dropped = fixture.get_as(&format!("{to}&op=drop%3Aitem_id%3Ab1"), &cookie).await;
    assert_eq!(dropped.header(header::LOCATION), "/audiences/band-plan?item_id=a1&by=segment&hold_out=20");
    let page = fixture.get_as(&to, &cookie).await.text;
    assert!(page.contains("<h1 class=\"summary\">按年龄段分别推送</h1>") && page.contains("✓ 选用"), "{page}");
    assert!(page.contains("其他会员") && page.contains("65+、未知") && page.contains("受名额限制"), "{page}");
    assert!(page.contains("活动 &#60;b1&#62;"), "titles are escaped");
    assert!(
        page.contains("name=\"rule\" value=\"{&#34;field&#34;:&#34;age_band&#34;,&#34;eq&#34;:&#34;25-34&#34;}\""),
        "{page}"
    );
    let english = fixture.get_as(&format!("{to}&lang=en"), &cookie).await.text;
    assert!(english.contains("An item for each age band") && english.contains("Open audience: 25-34"), "{english}");
}

#[tokio::test]
async fn the_plan_page_keeps_the_conditions_of_the_audience_page() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let audience = fixture.get_as("/audiences?item_id=b1&gender=female", &cookie).await.text;
    let link = audience.split("href=\"").find(|rest| rest.starts_with("/audiences/band-plan")).unwrap();
    let link = link.split('"').next().unwrap().replace("&#38;", "&");
    let page = fixture.get_as(&link, &cookie).await.text;
    assert!(page.contains("性别：女") && page.contains("name=\"rule\""), "{page}");
    let bad = fixture.get_as("/audiences/band-plan?item_id=a1&item_id=b1&rule=%7B", &cookie).await.text;
    assert!(bad.contains("role=\"alert\""), "{bad}");
    let bad = fixture.get_as("/audiences/band-plan?item_id=a1&item_id=b1&hold_out=all", &cookie).await.text;
    assert!(bad.contains("role=\"alert\""), "{bad}");
}

#[tokio::test]
async fn the_form_offers_look_alikes_of_saved_audiences() {
    let fixture = Fixture::new().await;
    let (cookie, key) = (fixture.sign_in("staff", Role::Staff).await, fixture.key(Role::Staff).await);
    let id = saved(&fixture, &key, json!({ "field": "gender", "eq": "female" })).await;
    let page = fixture.get_as("/audiences?item_id=b1&r.is=all&op=add%3Ar%3Asimilar_to", &cookie).await;
    let page = fixture.get_as(page.header(header::LOCATION).split('#').next().unwrap(), &cookie).await.text;
    assert!(page.contains("name=\"r-0.width\"") && page.contains("最相似的 5%"), "{page}");
    let sent = format!("/audiences?item_id=b1&r.is=all&r-0.is=similar_to&r-0.v={id}&r-0.width=narrow");
    let to = fixture.get_as(&sent, &cookie).await.header(header::LOCATION).to_owned();
    assert!(to.contains("similar_to") && to.contains("narrow"), "{to}");
    let list = fixture.get_as("/audiences/saved", &cookie).await.text;
    assert!(list.contains("相似会员") && list.contains("similar_to"), "{list}");
}
