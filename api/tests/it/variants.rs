//! Variants of push lists over the real engine: divided once, frozen, exported, and compared by their responses.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zhihui_api::{PublishedEngine, Role, Settings, schema};
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::Engine;

use crate::push_lists::{approved_request, get};
use crate::sending::followers;
use crate::support::{Fixture, HOUR, NOW};

const MEMBERS: usize = 240;

async fn serving(mut snapshot: Snapshot) -> Fixture {
    let fixture = Fixture::unpublished(Settings::default()).await;
    let inbox = fixture.inbox().await;
    snapshot.inbox = inbox.id().to_owned();
    fixture.service.publish_with_events(PublishedEngine::new(Engine::new(snapshot))).await.unwrap();
    fixture
}

/// The activity `b1` has room for everybody and is for people of at least 30.
fn snapshot() -> Snapshot {
    let mut snapshot = followers(MEMBERS);
    snapshot.items.capacity[1] = 10_000;
    snapshot
}

fn body() -> Value {
    json!({ "item_id": "a1", "hold_out": 0.25, "variants": [
        { "name": "甲", "title": "标题甲", "share": 0.6 },
        { "name": "乙", "title": "标题乙", "item_id": "b1", "share": 0.4 },
    ] })
}

async fn members(fixture: &Fixture, key: &str, id: &str) -> Vec<schema::PushListMember> {
    let page = fixture.get(&format!("/v1/push-lists/{id}/members?n=10000"), key).await;
    serde_json::from_str::<schema::PushListMembers>(&page.text).unwrap().members
}

async fn create(fixture: &Fixture, key: &str, body: &Value) -> schema::PushList {
    let answer = fixture.post("/v1/push-lists", key, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    serde_json::from_str(&answer.text).unwrap()
}

#[tokio::test]
async fn both_arms_are_divided_and_the_division_is_frozen_and_hashed() {
    let fixture = serving(snapshot()).await;
    let key = fixture.key(Role::Staff).await;
    let list = create(&fixture, &key, &body()).await;
    let shown: Vec<_> = list.variants.iter().map(|of| (of.name.as_str(), of.item_id.as_str(), of.share)).collect();
    assert_eq!(shown, [("甲", "a1", 0.6), ("乙", "b1", 0.4)]);
    assert_eq!((list.variants[1].item_title.as_str(), list.variants[1].title.as_deref()), ("亲子采摘", Some("标题乙")));
    assert_eq!(list.variants.iter().map(|of| of.push).sum::<usize>(), list.counts.push);
    assert_eq!(list.variants.iter().map(|of| of.hold_out).sum::<usize>(), list.counts.hold_out);
    let members = members(&fixture, &key, &list.id).await;
    let mut lines: Vec<String> = Vec::new();
    for member in &members {
        let (item, title) =
            if member.variant.as_deref() == Some("甲") { ("a1", "标题甲") } else { ("b1", "标题乙") };
        let variant = member.variant.as_deref().unwrap();
        lines.push(format!("{}\t{}\t{variant}\t{item}\t{title}\n", member.member_id, member.arm));
    }
    for of in &list.variants {
        let count = |arm: &str| {
            members.iter().filter(|member| member.variant.as_ref() == Some(&of.name) && member.arm == arm).count()
        };
        assert_eq!((of.push, of.hold_out), (count("push"), count("hold_out")));
        // Five standard deviations of 240 members are less than 38.
        assert!((of.push + of.hold_out) as f64 - MEMBERS as f64 * of.share < 38.0, "{of:?}");
    }
    lines.sort_unstable();
    assert_eq!(list.variants_sha256, Some(hex::encode(Sha256::digest(lines.concat().as_bytes()))));
    let again = get(&fixture, &key, &list.id).await;
    assert_eq!((again.variants_sha256, again.variants.len()), (list.variants_sha256.clone(), 2));
    let entries = fixture.store.audit().list(10, None).await.unwrap();
    let created = entries.iter().find(|entry| entry.action == "push_list_created").unwrap();
    assert_eq!(created.detail["variants"][1]["name"], "乙");
    assert_eq!(created.detail["variants_sha256"], json!(list.variants_sha256));
    // Another list of the same members has the same hold-out, and another division.
    let other = create(&fixture, &key, &body()).await;
    assert_eq!(other.members_sha256, list.members_sha256);
    assert_ne!(other.variants_sha256, list.variants_sha256);
    let plain = create(&fixture, &key, &json!({ "item_id": "a1", "hold_out": 0.25 })).await;
    assert_eq!(plain.members_sha256, list.members_sha256, "variants do not change who is held out");
    assert_eq!((plain.variants.len(), plain.variants_sha256), (0, None));
}

#[tokio::test]
async fn members_who_cannot_join_the_item_of_a_variant_are_left_out_and_counted() {
    let mut snapshot = snapshot();
    snapshot.items.min_age[1] = 40;
    snapshot.members.age.iter_mut().take(200).for_each(|age| *age = 45);
    let fixture = serving(snapshot).await;
    let key = fixture.key(Role::Staff).await;
    let preview = fixture.post("/v1/audiences/preview", &key, &body()).await.json();
    assert_eq!(preview["excluded"]["variant_item"], 40, "{preview}");
    let list = create(&fixture, &key, &body()).await;
    assert_eq!(list.counts.push + list.counts.hold_out, 200);
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let page = fixture.get_as(&format!("/push-lists/{}", list.id), &cookie).await.text;
    assert!(page.contains("不能参加或已参加另一分组的内容"), "{page}");
}

#[tokio::test]
async fn invalid_variants_are_refused_at_the_field() {
    let mut snapshot = snapshot();
    snapshot.items.ends_at[1] = NOW - HOUR;
    let fixture = serving(snapshot).await;
    let key = fixture.key(Role::Staff).await;
    let halves = |first: Value, second: Value| json!([first, second]);
    let long = "长".repeat(10_000);
    for (variants, says) in [
        (json!([{ "name": "A" }]), "2 to 4"),
        (json!([{ "name": "A" }, { "name": "B" }, { "name": "C" }, { "name": "D" }, { "name": "E" }]), "2 to 4"),
        (halves(json!({ "name": "A", "share": 0.5 }), json!({ "name": "B", "share": 0.4 })), "add up to 1"),
        (halves(json!({ "name": "A", "share": 1.2 }), json!({ "name": "B", "share": -0.2 })), "share"),
        (halves(json!({ "name": "A" }), json!({ "name": "A" })), "named \"A\""),
        (halves(json!({ "name": "A" }), json!({ "name": " " })), "name"),
        (halves(json!({ "name": "A" }), json!({ "name": "B", "title": long })), "100 characters"),
        (halves(json!({ "name": "A" }), json!({ "name": "B", "item_id": "b1" })), "ended"),
        (halves(json!({ "name": "A", "item_id": "b1" }), json!({ "name": "B", "item_id": "b1" })), "item of the list"),
    ] {
        for address in ["/v1/push-lists", "/v1/audiences/preview"] {
            let answer = fixture.post(address, &key, &json!({ "item_id": "a1", "variants": variants })).await;
            assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (400, "invalid_parameter"), "{variants}");
            assert_eq!(answer.json()["parameter"], "variants");
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(says), "{detail}");
        }
    }
    let unknown = json!({ "item_id": "a1", "variants": [{ "name": "A" }, { "name": "B", "item_id": "z9" }] });
    assert_eq!(fixture.post("/v1/push-lists", &key, &unknown).await.problem(), "unknown_item");
    let surplus = json!({ "item_id": "a1", "variants": [{ "name": "A", "colour": "red" }, { "name": "B" }] });
    assert_eq!(fixture.post("/v1/push-lists", &key, &surplus).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let of_topic = json!({ "topic": "亲子", "variants": [{ "name": "A" }, { "name": "B" }] });
    assert_eq!(fixture.post("/v1/audiences/preview", &key, &of_topic).await.json()["parameter"], "variants");
    let plan = json!({ "item_id": "b1", "variants": [{ "name": "A" }, { "name": "B" }] });
    assert_eq!(fixture.post("/v1/audiences/seat-plan", &key, &plan).await.json()["parameter"], "variants");
}

#[tokio::test]
async fn a_response_is_one_to_what_the_member_got_and_variants_are_compared() {
    let fixture = serving(snapshot()).await;
    let (key, backend) = (fixture.key(Role::Staff).await, fixture.key(Role::Backend).await);
    let list = approved_request(&fixture, &key, &body()).await;
    let exported = fixture.get(&format!("/v1/push-lists/{}/export?format=wechat", list.id), &key).await.json();
    assert_eq!(exported["batches"], json!([]), "one message to all would be wrong");
    let sizes: Vec<usize> = exported["variants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| of["batches"][0]["touser"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [list.variants[0].push, list.variants[1].push]);
    assert_eq!(
        (&exported["variants"][1]["item_id"], &exported["variants"][1]["title"]),
        (&json!("b1"), &json!("标题乙"))
    );
    assert_ne!(
        exported["variants"][0]["batches"][0]["clientmsgid"],
        exported["variants"][1]["batches"][0]["clientmsgid"]
    );
    // Every second member reads the article and signs up for the activity; only one of the two is a response.
    let members = members(&fixture, &key, &list.id).await;
    let at = chrono::DateTime::from_timestamp(NOW + 60, 0).unwrap().to_rfc3339();
    let mut expected: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut events = Vec::new();
    for (place, member) in members.iter().enumerate() {
        let variant = member.variant.as_deref().unwrap();
        if place % 2 == 0 {
            events.push(json!({ "type": "read", "member_id": member.member_id, "item_id": "a1", "at": at }));
        }
        if place % 8 == 0 {
            events.push(json!({ "type": "sign_up", "member_id": member.member_id, "item_id": "b1", "at": at }));
        }
        let responds = if variant == "甲" { place % 2 == 0 } else { place % 8 == 0 };
        *expected.entry((variant, member.arm.as_str())).or_default() += usize::from(responds);
    }
    for events in events.chunks(100) {
        let answer = fixture.post("/v1/events", &backend, &json!({ "events": events })).await.json();
        assert_eq!(answer["accepted"], events.len(), "{answer}");
    }
    let actual = get(&fixture, &key, &list.id).await.actual_responses.unwrap();
    for (of, frozen) in actual.variants.iter().zip(&list.variants) {
        assert_eq!((of.push.members, of.hold_out.members), (frozen.push, frozen.hold_out));
        let count = |arm: &str| expected[&(of.name.as_str(), arm)];
        assert_eq!((of.push.responded, of.hold_out.responded), (count("push"), count("hold_out")));
    }
    let uplifts: Vec<bool> = actual.variants.iter().map(|of| of.uplift.is_some()).collect();
    assert_eq!(uplifts, list.variants.iter().map(|of| of.hold_out >= 30).collect::<Vec<_>>());
    assert_eq!(actual.value, expected[&("甲", "push")] + expected[&("乙", "push")]);
    let difference = actual.variants[1].against_first.as_ref().unwrap();
    assert!(difference.clear && difference.points < -10.0 && actual.variants[1].more_members.is_none());
    assert!(actual.variants[0].against_first.is_none());
    let until = chrono::DateTime::from_timestamp(NOW + 7 * 24 * HOUR, 0).unwrap();
    assert_eq!(
        chrono::DateTime::parse_from_rfc3339(&actual.until.unwrap()).unwrap(),
        until,
        "the longer of 3 and 7 days"
    );
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let page = fixture.get_as(&format!("/push-lists/{}", list.id), &cookie).await.text;
    for text in [
        "标题甲",
        "标题乙",
        "哪一组更好",
        "「乙」与「甲」相比：−",
        "差别明确。",
        "先别下结论",
        "不宜直接比较",
        "比不推送多",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let page = fixture.get_as(&format!("/push-lists/{}?lang=en", list.id), &cookie).await.text;
    let actual_bars = "<rect class=\"bar\" y=\"10\"";
    assert!(page.contains("Until then the actual numbers cannot be compared") && !page.contains(actual_bars), "{page}");
    fixture.clock.fetch_add(8 * 24 * HOUR, std::sync::atomic::Ordering::Relaxed);
    let cookie = fixture.sign_in("later", Role::Staff).await;
    let later = fixture.get_as(&format!("/push-lists/{}?lang=en", list.id), &cookie).await.text;
    assert!(!later.contains("Until then the actual numbers") && later.contains(actual_bars), "{later}");
    for of in &actual.variants {
        let row = page.split("<tr>").find(|row| row.contains(&format!(">{}<", of.name)) && row.contains('–')).unwrap();
        let shown = match &of.uplift {
            Some(uplift) => format!("{:.1} (", uplift.points.abs()),
            None => "not enough data".to_owned(),
        };
        assert!(row.contains(&shown), "{shown}: {row}");
    }
    assert!(page.contains("a clear difference") && page.contains("“乙” against “甲”: −"), "{page}");
}

#[tokio::test]
async fn a_second_push_is_for_those_who_did_not_respond_to_what_they_got() {
    let fixture = serving(snapshot()).await;
    let (key, backend) = (fixture.key(Role::Staff).await, fixture.key(Role::Backend).await);
    let list = approved_request(&fixture, &key, &body()).await;
    fixture.get(&format!("/v1/push-lists/{}/export", list.id), &key).await;
    fixture.clock.fetch_add(60, std::sync::atomic::Ordering::Relaxed);
    let members = members(&fixture, &key, &list.id).await;
    let pushed = |variant: &str| {
        let of_variant = members.iter().filter(move |member| member.variant.as_deref() == Some(variant));
        of_variant.filter(|member| member.arm == "push").map(|member| member.member_id.clone()).collect::<Vec<_>>()
    };
    let (first, second) = (pushed("甲"), pushed("乙"));
    let event = |kind: &str, member: &str, item: &str| json!({ "type": kind, "member_id": member, "item_id": item, "at": NOW + 30 });
    // One of each variant responds; another reads the page of the activity without signing up for it.
    let events = [event("read", &first[0], "a1"), event("sign_up", &second[0], "b1"), event("read", &second[1], "b1")];
    assert_eq!(fixture.post("/v1/events", &backend, &json!({ "events": events })).await.json()["accepted"], 3);
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let page = fixture.get_as(&format!("/push-lists/{}", list.id), &cookie).await.text;
    let link = page.split("href=\"").find(|rest| rest.starts_with("/audiences?item_id=a1&")).expect("a link");
    let link = link.split('"').next().unwrap().replace("&#38;", "&");
    let page = fixture.get_as(&link, &cookie).await.text;
    assert!(page.contains(&format!("「亲子阅读」可推送 {} 人", first.len() + second.len() - 2)), "{page}");
}

#[tokio::test]
async fn small_variants_are_not_judged() {
    let fixture = serving(followers(12)).await;
    let key = fixture.key(Role::Staff).await;
    let body =
        json!({ "item_id": "a1", "hold_out": 0, "variants": [{ "name": "A" }, { "name": "B" }, { "name": "C" }] });
    let list = approved_request(&fixture, &key, &body).await;
    fixture.get(&format!("/v1/push-lists/{}/export", list.id), &key).await;
    let actual = get(&fixture, &key, &list.id).await.actual_responses.unwrap();
    assert!(
        actual.variants.iter().all(|of| of.rate.is_none() && of.against_first.is_none() && of.more_members.is_none())
    );
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let page = fixture.get_as(&format!("/push-lists/{}", list.id), &cookie).await.text;
    assert!(page.contains("数据不足，每组") && page.contains("分组越多"), "{page}");
    assert_eq!(page.matches(">数据不足<").count(), 3, "no variant has a hold-out: {page}");
}

#[tokio::test]
async fn the_audience_page_takes_variants_without_scripts() {
    let fixture = serving(snapshot()).await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let form = "item_id=a1&hold_out=0&variant-0.title=%E6%A0%87%E9%A2%98%E7%94%B2&variant-0.share=30\
                &variant-1.name=%E4%B9%99&variant-1.share=70";
    // The button that finds an item, and then the one that picks it.
    let found = fixture
        .get_as(
            &format!("/audiences?{form}&r.is=all&op=find%3Avariant-1.item_id&q.variant-1.item_id=%E9%87%87%E6%91%98"),
            &cookie,
        )
        .await;
    let address = found.header(axum::http::header::LOCATION).to_owned();
    let page = fixture.get_as(&address, &cookie).await.text;
    assert!(page.contains("value=\"pick:variant-1.item_id:b1\""), "{page}");
    let picked = fixture.get_as(&format!("/audiences?{form}&r.is=all&op=pick%3Avariant-1.item_id%3Ab1"), &cookie).await;
    let address = picked.header(axum::http::header::LOCATION).to_owned();
    let page = fixture.get_as(&address, &cookie).await.text;
    for text in
        ["<details class=\"behind\" open>", "value=\"标题甲\"", "name=\"variant-1.item_id\" value=\"b1\"", "亲子采摘"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    let freeze = address.replacen("/audiences", "/push-lists", 1);
    let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let created = fixture.post_form(&freeze, &format!("csrf={token}"), &cookie).await;
    assert_eq!(created.status, StatusCode::SEE_OTHER, "{}", created.text);
    let page = fixture.get_as(created.header(axum::http::header::LOCATION), &cookie).await.text;
    for text in ["A/B 分组", "<th scope=\"row\">A</th>", "<th scope=\"row\">乙</th>", "30.0%", "分组指纹"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let wrong = fixture.get_as("/audiences?item_id=a1&variant-0.share=30&variant-1.share=60", &cookie).await.text;
    assert!(wrong.contains("加起来要等于 100%"), "{wrong}");
    let alone = fixture.get_as("/audiences?item_id=a1&variant-0.title=x", &cookie).await.text;
    assert!(alone.contains("再填一组"), "{alone}");
}
