//! Links to reports: what they show, to whom, until when, and what the audit log says of them.

use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use zhihui_api::Role;

use crate::answer::Answer;
use crate::support::{Fixture, NOW};

const DAY: i64 = 86_400;

/// The token of the forms of a page.
fn csrf(page: &str) -> String {
    page.split("name=\"csrf\" value=\"").nth(1).expect("a form").split('"').next().unwrap().to_owned()
}

/// Creates a link and returns its path and the page.
async fn shared(fixture: &Fixture, cookie: &str, fields: &str) -> (String, Answer) {
    let token = csrf(&fixture.get_as("/reports", cookie).await.text);
    let answer = fixture.post_form("/reports/links", &format!("csrf={token}&{fields}"), cookie).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let path = answer.text.split("/shared/").nth(1).expect("an address").split('"').next().unwrap();
    (format!("/shared/{path}"), answer)
}

async fn actions(fixture: &Fixture) -> Vec<String> {
    let entries = fixture.store.audit().list(50, None).await.unwrap();
    let entries = entries.into_iter().filter(|entry| entry.action.starts_with("report_link"));
    let mut found: Vec<String> = entries.map(|entry| entry.action).collect();
    found.reverse();
    found
}

#[tokio::test]
async fn a_link_shows_the_memo_and_the_tables_to_people_without_an_account() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("leader", Role::Leader).await;
    let (path, created) = shared(&fixture, &cookie, "days=30&label=%E5%85%9A%E7%BB%84%E4%BC%9A").await;
    assert!(created.text.contains("只") && created.text.contains("党组会"), "{}", created.text);
    let again = fixture.get_as("/reports/links", &cookie).await.text;
    assert!(!again.contains("/shared/") && again.contains("还没有人打开"), "the address is shown once: {again}");
    let memo = fixture.get(&path, "").await;
    assert_eq!(memo.status, StatusCode::OK, "{}", memo.text);
    assert!(memo.text.contains("10月23日至11月21日") && memo.text.contains("有效期至 2026-12-22"), "{}", memo.text);
    let explore = fixture.get(&format!("{path}/explore"), "").await;
    assert!(explore.text.contains("<table") && explore.text.contains(&format!("href=\"{path}\"")), "{}", explore.text);
    for page in [&memo, &explore] {
        assert!(!page.text.contains("/export") && !page.text.contains("<form"), "read-only: {}", page.text);
        assert_eq!(page.header("x-robots-tag".parse().unwrap()), "noindex, nofollow");
        assert_eq!(page.header(header::REFERRER_POLICY), "no-referrer");
        assert_eq!(page.header(header::CACHE_CONTROL), "no-store");
    }
    let list = fixture.get_as("/reports/links", &cookie).await.text;
    assert!(list.contains("2026-11-22 13:00，共 2 次"), "{list}");
    assert_eq!(actions(&fixture).await, ["report_link_created", "report_link_used", "report_link_used"]);
    let entries = fixture.store.audit().list(50, None).await.unwrap();
    let secret = path.rsplit('/').next().unwrap();
    assert!(entries.iter().all(|entry| !entry.detail.to_string().contains(secret) && !entry.actor.contains(secret)));
    assert!(entries.iter().any(|entry| entry.actor.starts_with("link rl_")), "the link is the actor");
}

#[tokio::test]
async fn the_secret_of_a_link_is_stored_only_as_a_hash() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("leader", Role::Leader).await;
    let (path, _) = shared(&fixture, &cookie, "days=7").await;
    let secret = path.rsplit('/').next().unwrap().to_owned();
    let bytes = fixture.stored().await;
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"report_link_created") && !holds(secret.as_bytes()));
    assert!(!holds(&hex::decode(&secret).unwrap()));
}

#[tokio::test]
async fn an_expired_or_revoked_link_says_that_it_has_ended() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("leader", Role::Leader).await;
    let (ended, _) = shared(&fixture, &cookie, "days=90&label=first").await;
    let (other, page) = shared(&fixture, &cookie, "days=90&label=second").await;
    let before = page.text.split("撤销：first").next().unwrap();
    let id = before.rsplit("/reports/links/").next().unwrap().split('/').next().unwrap();
    let token = csrf(&page.text);
    let done = fixture.post_form(&format!("/reports/links/{id}/revoke"), &format!("csrf={token}"), &cookie).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let answer = fixture.get(&ended, "").await;
    assert_eq!(answer.status, StatusCode::GONE);
    assert!(answer.text.contains("链接已失效") && answer.text.contains("lang=\"zh-CN\""), "{}", answer.text);
    assert_eq!(answer.header(header::REFERRER_POLICY), "no-referrer");
    assert_eq!(answer.header("x-robots-tag".parse().unwrap()), "noindex, nofollow");
    assert_eq!(fixture.get(&other, "").await.status, StatusCode::OK);
    fixture.clock.store(NOW + 90 * DAY, Ordering::Relaxed);
    assert_eq!(fixture.get(&format!("{other}/explore"), "").await.status, StatusCode::GONE);
    assert_eq!(fixture.get(&format!("/shared/{}", "0".repeat(64)), "").await.status, StatusCode::NOT_FOUND);
    assert!(actions(&fixture).await.contains(&"report_link_revoked".to_owned()));
}

#[tokio::test]
async fn a_link_ends_with_the_account_that_created_it() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("leader", Role::Leader).await;
    let (path, _) = shared(&fixture, &cookie, "days=30").await;
    fixture.store.users().remove("leader").await.unwrap();
    assert_eq!(fixture.get(&path, "").await.status, StatusCode::GONE);
    fixture.store.users().add("leader", Role::Leader, "a long password", NOW + 60).await.unwrap();
    assert_eq!(fixture.get(&path, "").await.status, StatusCode::GONE, "a new account of the name has no part in it");
    assert_eq!(actions(&fixture).await, ["report_link_created", "report_link_revoked"]);
}

#[tokio::test]
async fn a_link_has_the_scope_of_its_creator() {
    let fixture = Fixture::new().await;
    fixture.store.users().add_within("clerk", Role::Staff, Some("u2"), "a long password", NOW).await.unwrap();
    let answer = fixture.post_form("/login", "name=clerk&password=a+long+password", "").await;
    let cookie = answer.header(header::SET_COOKIE).split(';').next().unwrap().to_owned();
    let (path, _) = shared(&fixture, &cookie, "days=7").await;
    let page = fixture.get(&path, "").await.text;
    assert!(page.contains("只看 u2"), "{page}");
    // The query string of a shared page changes nothing.
    let asked = fixture.get(&format!("{path}?union=u1&from=2020-01-01&to=2020-02-01"), "").await.text;
    assert!(asked.contains("只看 u2"), "{asked}");
}

#[tokio::test]
async fn only_the_owner_and_admins_see_and_revoke_a_link() {
    let fixture = Fixture::new().await;
    let owner = fixture.sign_in("leader", Role::Leader).await;
    let (path, page) = shared(&fixture, &owner, "days=7&label=mine").await;
    let id = page.text.split("/reports/links/rl_").nth(1).unwrap().split('/').next().unwrap();
    let revoke = format!("/reports/links/rl_{id}/revoke");
    let other = fixture.sign_in("other", Role::Staff).await;
    let seen = fixture.get_as("/reports/links", &other).await.text;
    assert!(!seen.contains("mine"), "{seen}");
    let token = csrf(&fixture.get_as("/reports", &other).await.text);
    assert_eq!(fixture.post_form(&revoke, &format!("csrf={token}"), &other).await.status, StatusCode::NOT_FOUND);
    assert_eq!(fixture.post_form(&revoke, "csrf=0", &owner).await.status, StatusCode::FORBIDDEN);
    let admin = fixture.sign_in("root", Role::Admin).await;
    let seen = fixture.get_as("/reports/links", &admin).await.text;
    assert!(seen.contains("mine") && seen.contains("user leader"), "{seen}");
    let done = fixture.post_form(&revoke, &format!("csrf={}", csrf(&seen)), &admin).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(fixture.get(&path, "").await.status, StatusCode::GONE);
}

#[tokio::test]
async fn a_link_is_refused_for_another_time_or_a_long_label() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Leader).await;
    for (fields, field) in [("days=365", "days"), ("", "days"), (&*format!("days=7&label={}", "x".repeat(81)), "label")]
    {
        let request = Request::post("/reports/links")
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = fixture.send(request.body(Body::from(fields.to_owned())).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.json()["parameter"].as_str()), (400, Some(field)), "{fields}");
    }
    assert_eq!(actions(&fixture).await, [""; 0]);
}

#[tokio::test]
async fn a_link_that_is_opened_too_often_waits_and_others_do_not() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("leader", Role::Leader).await;
    let (often, _) = shared(&fixture, &cookie, "days=30&label=first").await;
    let (other, _) = shared(&fixture, &cookie, "days=30&label=second").await;
    for view in 0..600 {
        assert_eq!(fixture.get(&often, "").await.status, StatusCode::OK, "view {view}");
    }
    let refused = fixture.get(&often, "").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{}", refused.text);
    let wait: i64 = refused.header(header::RETRY_AFTER).parse().expect("seconds");
    assert!((1..=3_600).contains(&wait), "{wait}");
    assert_eq!(fixture.get(&other, "").await.status, StatusCode::OK);
    fixture.clock.fetch_add(wait, Ordering::Relaxed);
    assert_eq!(fixture.get(&often, "").await.status, StatusCode::OK);
}
