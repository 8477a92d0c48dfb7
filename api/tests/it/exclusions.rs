//! Exclusion lists, standing hold-outs, and members who are in another list, over the real engine.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zhihui_api::{PublishedEngine, PushPolicy, Role, Settings, schema};
use zhihui_engine::Engine;
use zhihui_engine::audience::StandingHoldOut;

use crate::engine::tiny;
use crate::push_lists::{approved_list, get};
use crate::support::{Fixture, HOUR, NOW};

/// A service over a snapshot of `m1` and `m2`, who both may be pushed.
async fn fixture(policy: PushPolicy) -> Fixture {
    let mut snapshot = tiny();
    snapshot.members.personalised = vec![true; 2];
    let fixture = Fixture::unpublished(Settings::default()).await;
    let inbox = fixture.inbox().await;
    snapshot.inbox = inbox.id().to_owned();
    let engine = PublishedEngine::new(Engine::new(snapshot)).with_push_policy(policy);
    fixture.service.publish_with_events(engine).await.unwrap();
    fixture
}

async fn add(fixture: &Fixture, key: &str, body: &Value) -> schema::ExclusionList {
    let answer = fixture.post("/v1/exclusion-lists", key, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    serde_json::from_str(&answer.text).unwrap()
}

async fn preview(fixture: &Fixture, key: &str, extra: Value) -> schema::Preview {
    let mut body = json!({ "item_id": "a1", "hold_out": 0 });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let answer = fixture.post("/v1/audiences/preview", key, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    serde_json::from_str(&answer.text).unwrap()
}

async fn refusal(fixture: &Fixture, key: &str, body: Value) -> (u16, String) {
    let answer = fixture.post("/v1/exclusion-lists", key, &body).await;
    (answer.status.as_u16(), answer.json()["detail"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_list_takes_member_ids_and_openids_and_returns_the_unknown_ones() {
    let fixture = fixture(PushPolicy::default()).await;
    let key = fixture.key(Role::Staff).await;
    let body = json!({ "name": "已到场", "purpose": "不再打扰", "until": "2027-03-31",
        "ids": ["m1", "o1", "nobody", "o2", "m1", "o9"] });
    let list = add(&fixture, &key, &body).await;
    assert_eq!((list.members, list.unknown, list.always, list.ended), (2, 2, false, false));
    assert_eq!(
        (list.unknown_ids, list.until.as_deref()),
        (vec!["nobody".to_owned(), "o9".to_owned()], Some("2027-03-31"))
    );
    let lists: schema::ExclusionLists =
        serde_json::from_str(&fixture.get("/v1/exclusion-lists", &key).await.text).unwrap();
    assert_eq!(lists.exclusion_lists.len(), 1);
    let entries = fixture.store.audit().list(10, None).await.unwrap();
    let entry = entries.iter().find(|entry| entry.action == "exclusion_list_added").unwrap();
    assert_eq!((entry.detail["members"].clone(), entry.detail["purpose"].clone()), (json!(2), json!("不再打扰")));
    assert!(!entry.detail.to_string().contains("\"m1\""), "the audit log holds no ids");
}

#[tokio::test]
async fn invalid_lists_are_refused_at_the_field() {
    let fixture = fixture(PushPolicy::default()).await;
    let key = fixture.key(Role::Staff).await;
    let ids = json!(["m1"]);
    for (body, says) in [
        (json!({ "name": " ", "ids": ids }), "name: must be 1 to 100 characters"),
        (json!({ "name": "x", "ids": [] }), "ids: no id found"),
        (json!({ "name": "x", "ids": ["m7", "m8"] }), "ids: none of the 2 ids"),
        (json!({ "name": "x", "ids": ids, "until": "31.3.2027" }), "such as 2027-03-31"),
        (json!({ "name": "x", "ids": ids, "until": "2026-11-21" }), "until: 2026-11-21 has passed"),
        (json!({ "name": "x", "ids": ids, "purpose": "" }), "purpose: must be 1 to 200 characters"),
    ] {
        let (status, detail) = refusal(&fixture, &key, body).await;
        assert!(status == 400 && detail.contains(says), "{status} {detail}");
    }
    let many: Vec<String> = (0..=1_000_000).map(|id| id.to_string()).collect();
    let (status, detail) = refusal(&fixture, &key, json!({ "name": "x", "ids": many })).await;
    assert!(status == 400 && detail.contains("more than 1000000 ids"), "{status} {detail}");
    assert_eq!(refusal(&fixture, &key, json!({ "name": "x", "ids": "m1" })).await.0, 422);
    let unknown = fixture.post("/v1/audiences/preview", &key, &json!({ "item_id": "a1", "exclude": ["xl_0"] })).await;
    assert_eq!((unknown.status.as_u16(), unknown.problem().as_str()), (404, "unknown_exclusion_list"));
}

#[tokio::test]
async fn lists_apply_where_they_are_chosen_or_always_and_are_frozen_with_a_push_list() {
    let fixture = fixture(PushPolicy::default()).await;
    let key = fixture.key(Role::Staff).await;
    let list = add(&fixture, &key, &json!({ "name": "已到场", "ids": ["m1"] })).await;
    let plain = preview(&fixture, &key, json!({})).await;
    assert_eq!((plain.selected, plain.exclusions.len()), (2, 0));
    let chosen = preview(&fixture, &key, json!({ "exclude": [list.id] })).await;
    assert_eq!((chosen.selected, chosen.excluded["exclusion_list"]), (1, 1));
    let count = &chosen.exclusions[0];
    assert_eq!((count.name.as_deref(), count.members, count.applied), (Some("已到场"), 1, true));
    let caps = chosen.funnel.iter().find(|step| step.step == "caps").unwrap();
    assert_eq!(caps.left, 1);
    let always = add(&fixture, &key, &json!({ "name": "投诉过", "ids": ["m2"], "always": true })).await;
    assert_eq!(preview(&fixture, &key, json!({ "exclude": [list.id] })).await.selected, 0);
    assert_eq!(preview(&fixture, &key, json!({})).await.excluded["exclusion_list"], 1);
    let frozen = fixture.post("/v1/push-lists", &key, &json!({ "item_id": "a1", "hold_out": 0 })).await;
    let frozen: schema::PushList = serde_json::from_str(&frozen.text).unwrap();
    assert_eq!((frozen.counts.push, frozen.exclusions[0].id.clone()), (1, always.id.clone()));
    assert!(frozen.send_hours.is_some());
    let deleted = fixture.send(with_delete(&format!("/v1/exclusion-lists/{}", always.id), &key)).await;
    assert_eq!((deleted.status, deleted.json()["deleted"].clone()), (StatusCode::OK, json!(true)));
    assert_eq!(preview(&fixture, &key, json!({})).await.selected, 2);
    assert_eq!(get(&fixture, &key, &frozen.id).await.exclusions.len(), 1, "the frozen list says what it excluded");
    let again = fixture.send(with_delete(&format!("/v1/exclusion-lists/{}", always.id), &key)).await;
    assert_eq!(again.problem(), "unknown_exclusion_list");
}

#[tokio::test]
async fn a_seat_plan_leaves_out_the_same_members_as_a_preview() {
    let fixture = fixture(PushPolicy::default()).await;
    let key = fixture.key(Role::Staff).await;
    let list = add(&fixture, &key, &json!({ "name": "已到场", "ids": ["m1"] })).await;
    let candidates = async |body: Value| {
        let plan = fixture.post("/v1/audiences/seat-plan", &key, &body).await.json();
        plan["demand"].as_array().unwrap().iter().map(|union| union["candidates"].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!(candidates(json!({ "item_id": "b1", "hold_out": 0 })).await, 2);
    assert_eq!(candidates(json!({ "item_id": "b1", "hold_out": 0, "exclude": [list.id] })).await, 1);
}

fn with_delete(address: &str, key: &str) -> axum::http::Request<axum::body::Body> {
    let request = axum::http::Request::builder().method("DELETE").uri(address);
    crate::support::with_key(request, key).body(axum::body::Body::empty()).unwrap()
}

#[tokio::test]
async fn only_who_uploaded_a_list_and_admins_delete_and_restore_it() {
    let fixture = fixture(PushPolicy::default()).await;
    let (own, admin) = (fixture.sign_in("own", Role::Staff).await, fixture.sign_in("admin", Role::Admin).await);
    let other = fixture.sign_in("other", Role::Staff).await;
    for (name, union) in [("of u1", "u1"), ("also of u1", "u1")] {
        fixture.store.users().add_within(name, Role::Staff, Some(union), "a long password", NOW).await.unwrap();
    }
    let mut cookies = Vec::new();
    for name in ["of+u1", "also+of+u1"] {
        let answer = fixture.post_form("/login", &format!("name={name}&password=a+long+password"), "").await;
        cookies.push(answer.header(axum::http::header::SET_COOKIE).split(';').next().unwrap().to_owned());
    }
    let csrf = async |cookie: &str| {
        let page = fixture.get_as("/exclusions", cookie).await.text;
        page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let press = async |cookie: &str, id: &str, button: &str| {
        let form = format!("csrf={}", csrf(cookie).await);
        fixture.post_form(&format!("/exclusions/{id}/{button}"), &form, cookie).await.status.as_u16()
    };
    let delete = async |cookie: &str, id: &str| {
        let request = axum::http::Request::delete(format!("/v1/exclusion-lists/{id}")).header("cookie", cookie);
        fixture.send(request.body(axum::body::Body::empty()).unwrap()).await
    };
    for (owner, strangers) in [(&own, [&other, &cookies[0]]), (&cookies[0], [&cookies[1], &other])] {
        let upload = format!(
            "--x\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n--x\r\ncontent-disposition: form-data; \
             name=\"name\"\r\n\r\n名单\r\n--x\r\ncontent-disposition: form-data; name=\"ids\"\r\n\r\nm1\r\n--x--\r\n",
            csrf(owner).await
        );
        let request = axum::http::Request::post("/exclusions")
            .header("cookie", owner)
            .header("content-type", "multipart/form-data; boundary=x");
        let added = fixture.send(request.body(axum::body::Body::from(upload)).unwrap()).await;
        let id = added.header(axum::http::header::LOCATION).split("added=").nth(1).unwrap().to_owned();
        let has_button =
            async |cookie: &str| fixture.get_as("/exclusions", cookie).await.text.contains(&format!("{id}/delete"));
        for stranger in strangers {
            assert!(!has_button(stranger).await);
            assert_eq!(press(stranger, &id, "delete").await, 403);
            let refused = delete(stranger, &id).await;
            assert!(refused.status == 403 && refused.problem() == "forbidden", "{}", refused.text);
        }
        assert!(has_button(owner).await && has_button(&admin).await);
        for by in [owner, &admin] {
            assert_eq!(press(by, &id, "delete").await, 303);
            for stranger in strangers {
                assert_eq!(press(stranger, &id, "restore").await, 403);
            }
            assert_eq!(press(by, &id, "restore").await, 303);
        }
        assert_eq!(delete(owner, &id).await.status, 200);
    }
}

#[tokio::test]
async fn a_list_ends_after_its_last_day() {
    let fixture = fixture(PushPolicy::default()).await;
    let key = fixture.key(Role::Staff).await;
    add(&fixture, &key, &json!({ "name": "今天", "ids": ["m1"], "always": true, "until": "2026-11-22" })).await;
    assert_eq!(preview(&fixture, &key, json!({})).await.selected, 1);
    fixture.clock.fetch_add(11 * HOUR, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(preview(&fixture, &key, json!({})).await.selected, 2, "it is midnight in Shanghai");
}

#[tokio::test]
async fn an_erased_member_leaves_all_lists_and_an_export_names_them() {
    let fixture = fixture(PushPolicy::default()).await;
    let key = fixture.key(Role::Staff).await;
    add(&fixture, &key, &json!({ "name": "已到场", "ids": ["m1", "m2"] })).await;
    let rows = fixture.store.erasures().member_rows("m1", &[]).await.unwrap();
    assert_eq!(rows["exclusion_lists"][0]["name"], "已到场");
    let admin = fixture.key(Role::Admin).await;
    let erased = fixture.send(with_delete("/v1/members/m1", &admin)).await;
    assert!(erased.status.is_success(), "{}", erased.text);
    assert!(!fixture.store.erasures().member_rows("m1", &[]).await.unwrap().contains_key("exclusion_lists"));
    assert!(fixture.store.erasures().member_rows("m2", &[]).await.unwrap().contains_key("exclusion_lists"));
    let lists: schema::ExclusionLists =
        serde_json::from_str(&fixture.get("/v1/exclusion-lists", &key).await.text).unwrap();
    assert_eq!(lists.exclusion_lists[0].members, 1);
    let (status, detail) = refusal(&fixture, &key, json!({ "name": "x", "ids": ["m1"] })).await;
    assert!(status == 400 && detail.contains("none of the 1 ids"), "an erased member stays unknown: {detail}");
}

#[tokio::test]
async fn members_are_in_one_list_at_a_time_if_the_home_or_the_request_says_so() {
    let fixture = fixture(PushPolicy { one_list_at_a_time: true, ..PushPolicy::default() }).await;
    let author = fixture.key(Role::Staff).await;
    let other = approved_list(&fixture, &author).await;
    let activity = async |extra: Value| {
        let mut body = json!({ "item_id": "b1" });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        preview(&fixture, &author, body).await
    };
    assert_eq!(activity(json!({})).await.excluded["other_list"], 2);
    assert!(!activity(json!({ "one_list_at_a_time": false })).await.excluded.contains_key("other_list"));
    assert_eq!(preview(&fixture, &author, json!({})).await.selected, 2, "the same item may be pushed again");
    fixture.clock.fetch_add(8 * 24 * HOUR, std::sync::atomic::Ordering::Relaxed);
    assert!(!activity(json!({})).await.excluded.contains_key("other_list"), "a week has passed");
    fixture.clock.fetch_sub(8 * 24 * HOUR, std::sync::atomic::Ordering::Relaxed);
    fixture.post(&format!("/v1/push-lists/{}/close", other.id), &author, &json!({})).await;
    assert!(!activity(json!({})).await.excluded.contains_key("other_list"), "the other list is closed");
}

#[tokio::test]
async fn members_of_a_standing_hold_out_are_facts_but_not_compared() {
    let until = chrono::NaiveDate::from_ymd_opt(2027, 3, 31).unwrap();
    let hold_out = |share| StandingHoldOut { topic: None, share, until };
    // A share that holds out exactly one of the two members, whatever their hashes are.
    let holds = |share: f64| ["m1", "m2"].into_iter().filter(|id| hold_out(share).contains("", id)).count();
    let share = (1..1_000).map(|step| f64::from(step) / 1_000.0).find(|&share| holds(share) == 1).unwrap();
    let held = ["m1", "m2"].into_iter().find(|id| hold_out(share).contains("", id)).unwrap();
    let fixture = fixture(PushPolicy { standing_hold_outs: vec![hold_out(share)], ..PushPolicy::default() }).await;
    let author = fixture.key(Role::Staff).await;
    let list = approved_list(&fixture, &author).await;
    assert_eq!((list.counts.push, list.counts.hold_out), (1, 1));
    assert_eq!(list.held_out_by, std::collections::BTreeMap::from([("global".to_owned(), 1)]));
    let members = fixture.get(&format!("/v1/push-lists/{}/members", list.id), &author).await;
    let members: schema::PushListMembers = serde_json::from_str(&members.text).unwrap();
    let of = members.members.iter().find(|member| member.member_id == held).unwrap();
    assert_eq!((of.arm.as_str(), of.hold_out.as_deref()), ("hold_out", Some("global")));
    let file = fixture.get(&format!("/v1/push-lists/{}/export?format=csv", list.id), &author).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.text);
    let sent = get(&fixture, &author, &list.id).await.actual_responses.unwrap();
    assert_eq!((sent.push.members, sent.hold_out.members, sent.standing_hold_out.members), (1, 0, 1));
    let cookie = fixture.sign_in("reader", Role::Staff).await;
    let page = fixture.get_as(&format!("/push-lists/{}", list.id), &cookie).await;
    assert!(page.text.contains("列入全局对照组") && page.text.contains("另有 1 人在全局或主题对照组"), "{}", page.text);
}

#[tokio::test]
async fn the_pages_upload_choose_and_restore_lists() {
    let fixture = fixture(PushPolicy::default()).await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let page = fixture.get_as("/exclusions", &cookie).await;
    assert!(page.status == StatusCode::OK && page.text.contains("还没有排除名单"), "{}", page.text);
    let csrf = page.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let upload = |token: &str, name: &str, file: &str| {
        let part = |name: &str, text: &str| {
            format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
        };
        let head = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"list.csv\"\r\n\r\n";
        let body = [part("csrf", token), part("name", name), part("always", ""), format!("{head}{file}\r\n--x--\r\n")];
        axum::http::Request::builder()
            .method("POST")
            .uri("/exclusions")
            .header("cookie", &cookie)
            .header("content-type", "multipart/form-data; boundary=x")
            .body(axum::body::Body::from(body.concat()))
            .unwrap()
    };
    assert_eq!(fixture.send(upload("wrong", "名单", "m1")).await.status, StatusCode::FORBIDDEN);
    let refused = fixture.send(upload(&csrf, "名单", "member_id\nm9\n")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("这 1 个编号都不属于"), "{}", refused.text);
    let added = fixture.send(upload(&csrf, "已到场 <1>", "姓名,会员编号\n李明,m1\n王芳,m9\n")).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.text);
    let page = fixture.get_as(added.header(axum::http::header::LOCATION), &cookie).await;
    assert!(page.text.contains("共 1 人") && page.text.contains("另有 1 个编号"), "{}", page.text);
    let id = page.text.split("/exclusions/xl_").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let audiences = fixture.get_as("/audiences?item_id=a1&hold_out=0", &cookie).await;
    assert!(audiences.text.contains(&format!("id=\"exclude_xl_{id}\"")), "{}", audiences.text);
    assert!(audiences.text.contains("已到场 &#60;1&#62;") && audiences.text.contains("几点推送"), "{}", audiences.text);
    let chosen = fixture.get_as(&format!("/audiences?item_id=a1&hold_out=0&exclude=xl_{id}"), &cookie).await;
    assert!(chosen.text.contains("在排除名单里"), "{}", chosen.text);
    let deleted = fixture.post_form(&format!("/exclusions/xl_{id}/delete"), &format!("csrf={csrf}"), &cookie).await;
    let page = fixture.get_as(deleted.header(axum::http::header::LOCATION), &cookie).await;
    assert!(page.text.contains("已删除") && page.text.contains("还没有排除名单"), "{}", page.text);
    let old = fixture.get_as(&format!("/audiences?item_id=a1&hold_out=0&exclude=xl_{id}"), &cookie).await;
    assert_eq!(old.status, StatusCode::OK, "the page of an old link leaves out the deleted list");
    fixture.post_form(&format!("/exclusions/xl_{id}/restore"), &format!("csrf={csrf}"), &cookie).await;
    assert!(fixture.get_as("/exclusions", &cookie).await.text.contains("已到场 &#60;1&#62;"));
}
