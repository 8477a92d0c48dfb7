//! The page of a saved audience: its size by day, and who entered and who left.

use axum::http::StatusCode;
use serde_json::json;
use zhihui_api::{Role, Settings};

use crate::support::Fixture;
use crate::town::{OLDER, YOUNG, publish, town};

async fn saved(fixture: &Fixture, key: &str) -> String {
    let rule = json!({ "field": "age_band", "eq": "25-34" });
    let answer = fixture.post("/v1/audiences", key, &json!({ "name": "年轻人", "rule": rule })).await;
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn change_rule(fixture: &Fixture, key: &str, id: &str) {
    let rule = json!({ "field": "age_band", "in": ["25-34", "35-44"] });
    let body = json!({ "rule": rule, "note": "也包括四十岁上下" });
    assert_eq!(fixture.put(&format!("/v1/audiences/{id}"), key, &body).await.status, StatusCode::OK);
}

/// The main part of a page, without what differs between two runs and without empty lines.
fn main_of(page: &str, id: &str) -> String {
    let main = page.split("<main").nth(1).unwrap().split("</main>").next().unwrap().replace(id, "AUDIENCE");
    let key = |line: &str| match line.split_once("<td>key ") {
        Some((before, _)) => format!("{before}<td>KEY</td>"),
        None => line.to_owned(),
    };
    main.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(key).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_page_shows_the_days_in_both_languages() {
    let fixture = Fixture::unpublished(Settings::default()).await;
    let key = fixture.key(Role::Staff).await;
    publish(&fixture, town(0, "a", &[("m1", YOUNG, 1), ("m2", YOUNG, 1)])).await;
    let id = saved(&fixture, &key).await;
    fixture.service.compute_audience_days().await.unwrap();
    publish(&fixture, town(1, "a", &[("m1", YOUNG, 1), ("m3", YOUNG, 1), ("m4", YOUNG, 1), ("m5", OLDER, 1)])).await;
    change_rule(&fixture, &key, &id).await;
    publish(&fixture, town(3, "a", &[("m1", YOUNG, 1), ("m3", YOUNG, 1), ("m5", OLDER, 1)])).await;
    let address = format!("/audiences/saved/{id}?day=2026-11-23&change=entered");
    let page = fixture.get(&address, &key).await.text;
    insta::assert_snapshot!("audience_days_zh", main_of(&page, &id));
    let page = fixture.get(&format!("{address}&lang=en"), &key).await.text;
    insta::assert_snapshot!("audience_days_en", main_of(&page, &id));
    let list = fixture.get("/audiences/saved", &key).await.text;
    assert!(list.contains(&format!("href=\"/audiences/saved/{id}\"")), "{list}");
}

#[tokio::test]
async fn the_page_says_what_is_missing() {
    let fixture = Fixture::unpublished(Settings::default()).await;
    let key = fixture.key(Role::Staff).await;
    publish(&fixture, town(0, "a", &[("m1", YOUNG, 1)])).await;
    let id = saved(&fixture, &key).await;
    let open = async || fixture.get(&format!("/audiences/saved/{id}"), &key).await.text;
    let page = open().await;
    assert!(page.contains("还没有每日人数") && page.contains("截至 2026-11-22 12:00 的数据还没有统计"), "{page}");
    fixture.service.compute_audience_days().await.unwrap();
    let page = open().await;
    assert!(page.contains("今日 1 人") && page.contains("这是有人数的第一天"), "{page}");
    assert!(!page.contains("data-chart"), "one day is no line");
    change_rule(&fixture, &key, &id).await;
    assert!(open().await.contains("条件已改为第 2 版，从下次发布起按新条件统计。"));
    publish(&fixture, town(1, "a", &[("m2", OLDER, 1)])).await;
    let page = open().await;
    assert!(page.contains("今日 1 人，较昨日 +0 / −1"), "{page}");
    assert!(page.contains("另有 +1 / −0 由改动带来") && !page.contains("条件已改为"), "{page}");
    fixture.clock.fetch_add(24 * 3600, std::sync::atomic::Ordering::Relaxed);
    assert!(open().await.contains("2026-11-23 1 人，较前一日 +0 / −1"));
}

#[tokio::test]
async fn lists_of_members_are_paged_and_recorded() {
    let fixture = Fixture::unpublished(Settings::default()).await;
    let key = fixture.key(Role::Staff).await;
    publish(&fixture, town(0, "a", &[("m1", YOUNG, 1)])).await;
    let id = saved(&fixture, &key).await;
    fixture.service.compute_audience_days().await.unwrap();
    let names: Vec<String> = (0..120).map(|at| format!("n{at:03}")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), YOUNG, 1)).collect();
    publish(&fixture, town(1, "a", &many)).await;
    let recorded = async || {
        let entries = fixture.store.audit().list(100, None).await.unwrap();
        entries.iter().filter(|entry| entry.action == "preview").count()
    };
    let page = fixture.get(&format!("/audiences/saved/{id}"), &key).await.text;
    assert!(page.contains("今日 120 人，较昨日 +120 / −1") && !page.contains("n001"), "{page}");
    assert_eq!(recorded().await, 0, "the page names no member");
    let list = format!("/audiences/saved/{id}?day=2026-11-23&change=entered");
    let page = fixture.get(&list, &key).await.text;
    assert!(page.contains("2026-11-23 进入：120 人") && page.contains("/members/n099") && !page.contains("n100"));
    assert!(page.contains("&#38;after=100#list") || page.contains("&amp;after=100#list"), "{page}");
    let page = fixture.get(&format!("{list}&after=100"), &key).await.text;
    assert!(page.contains("/members/n119") && !page.contains("n099") && !page.contains("after=120"), "{page}");
    assert_eq!(recorded().await, 2);
    let gone = fixture.get(&format!("/audiences/saved/{id}?day=2026-11-21&change=left"), &key).await;
    assert!(gone.status == StatusCode::OK && gone.text.contains("名单保留 35 天"), "{}", gone.text);
    for bad in ["day=yesterday&change=left", "day=2026-11-23", "day=2026-11-23&change=left&after=x"] {
        let refused = fixture.get(&format!("/audiences/saved/{id}?{bad}"), &key).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert_eq!(fixture.get("/audiences/saved/au_0", &key).await.status, StatusCode::NOT_FOUND);
}
