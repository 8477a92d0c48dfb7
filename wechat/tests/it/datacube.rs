//! Statistics interfaces.

use serde_json::{Value, json};
use zhihui_wechat::simulator::SimulatorSettings;

use crate::account::{Account, NOON, code};

const DAY: i64 = 86_400;

async fn account() -> Account {
    Account::new(SimulatorSettings { followers: 1_000, ..SimulatorSettings::default() }).await
}

async fn ask(account: &Account, name: &str, begin: &str, end: &str) -> Value {
    account.post(&format!("/datacube/{name}"), &json!({ "begin_date": begin, "end_date": end })).await
}

#[tokio::test]
async fn spans_are_limited_and_today_has_no_figures() {
    let account = account().await;
    for (name, begin, end, expected) in [
        ("getarticleread", "2026-03-09", "2026-03-09", 0),
        ("getarticleread", "2026-03-08", "2026-03-09", 61_501),
        ("getarticleread", "2026-03-10", "2026-03-10", 61_501),
        ("getarticleread", "2026-3-9", "2026-03-09", 61_500),
        ("getarticleread", "2026-02-30", "2026-02-30", 61_500),
        ("getarticleread", "", "", 61_500),
        ("getbizsummary", "2026-02-08", "2026-03-09", 0),
        ("getbizsummary", "2026-02-07", "2026-03-09", 61_501),
        ("getbizsummary", "2026-03-09", "2026-03-08", 61_501),
        ("getuserread", "2026-03-07", "2026-03-09", 0),
        ("getuserread", "2026-03-06", "2026-03-09", 61_501),
        ("getusershare", "2026-03-03", "2026-03-09", 0),
        ("getusercumulate", "2026-03-02", "2026-03-09", 61_501),
        ("getarticletotal", "2026-03-08", "2026-03-09", 61_501),
    ] {
        assert_eq!(code(&ask(&account, name, begin, end).await), expected, "{name} {begin} {end}");
    }
}

#[tokio::test]
async fn newer_interfaces_have_no_data_before_november_2025() {
    let settings = SimulatorSettings { followers: 1_000, article_days: 200, ..SimulatorSettings::default() };
    let account = Account::new(settings).await;
    let rows = async |name: &str, day: &str| ask(&account, name, day, day).await["list"].as_array().unwrap().len();
    assert_eq!(rows("getarticleread", "2025-10-31").await, 0);
    assert!(rows("getarticleread", "2025-11-01").await > 0);
    assert!(rows("getarticlesummary", "2025-10-31").await > 0);
    let summary = ask(&account, "getbizsummary", "2025-10-25", "2025-11-05").await;
    assert_eq!(summary["list"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn figures_of_an_article_grow_from_day_to_day() {
    let account = account().await;
    let detail = ask(&account, "getarticletotaldetail", "2026-03-01", "2026-03-01").await;
    let article = &detail["list"][0];
    let days = article["detail_list"].as_array().unwrap();
    assert_eq!(days.len(), 9);
    let reads: Vec<u64> = days.iter().map(|day| day["read_user"].as_u64().unwrap()).collect();
    assert!(reads.is_sorted() && reads[0] > 0, "{reads:?}");
    let sources = days[0]["read_user_source"].as_array().unwrap();
    let parts: u64 = sources[1..].iter().map(|source| source["user_count"].as_u64().unwrap()).sum();
    assert_eq!((sources[0]["scene_desc"].as_str(), parts), (Some("全部"), reads[0]));
}

#[tokio::test]
async fn mass_send_appears_under_its_msg_data_id_on_the_next_day() {
    let mut account = account().await;
    let list = account.get("/cgi-bin/user/get", "").await["data"]["openid"].clone();
    let body = json!({ "touser": list, "mpnews": { "media_id": "M1" }, "msgtype": "mpnews", "clientmsgid": "c1" });
    let sent = account.post("/cgi-bin/message/mass/send", &body).await;
    account.set_time(NOON + DAY);
    account.renew_token().await;
    let read = ask(&account, "getarticleread", "2026-03-10", "2026-03-10").await;
    let msgid = format!("{}_1", sent["msg_data_id"]);
    let has_it = |list: &Value| list.as_array().unwrap().iter().any(|row| row["msgid"] == *msgid);
    assert!(has_it(&read["list"]), "{read}");
    let old = ask(&account, "getarticlesummary", "2026-03-10", "2026-03-10").await;
    assert!(has_it(&old["list"]), "{old}");
}

#[tokio::test]
async fn yesterday_is_delayed_before_eight_in_the_morning() {
    let mut account = account().await;
    account.set_time(NOON + DAY - 4 * 3_600 - 1);
    account.renew_token().await;
    assert_eq!(ask(&account, "getarticleread", "2026-03-10", "2026-03-10").await["is_delay"], true);
    for older in ["getusercumulate", "getuserread", "getuserreadhour"] {
        assert_eq!(code(&ask(&account, older, "2026-03-10", "2026-03-10").await), 61_503, "{older}");
    }
    account.wait(1);
    assert_eq!(ask(&account, "getarticleread", "2026-03-10", "2026-03-10").await["is_delay"], false);
}

#[tokio::test]
async fn both_generations_report_the_same_readers_and_hours_sum_to_the_day() {
    let account = account().await;
    let day = "2026-03-05";
    let newer = ask(&account, "getbizsummary", day, day).await["list"][0]["detail"]["read_user"].as_u64().unwrap();
    let older = ask(&account, "getuserread", day, day).await["list"][0].clone();
    assert_eq!((older["user_source"].as_u64(), older["int_page_read_user"].as_u64()), (Some(99_999_999), Some(newer)));
    let articles = ask(&account, "getarticleread", day, day).await;
    let of_articles =
        articles["list"].as_array().unwrap().iter().map(|row| row["detail"]["read_user"].as_u64().unwrap());
    assert_eq!(of_articles.sum::<u64>(), newer);
    let hours = ask(&account, "getuserreadhour", day, day).await;
    let hours = hours["list"].as_array().unwrap();
    let readers: u64 = hours.iter().map(|row| row["int_page_read_user"].as_u64().unwrap()).sum();
    assert!(hours.len() > 12 && readers <= newer && readers + 24 > newer, "{readers} of {newer}");
    assert_eq!(code(&ask(&account, "getusersharehour", "2026-03-04", day).await), 61_501);
}

#[tokio::test]
async fn growth_and_number_of_followers_agree() {
    let mut account = account().await;
    account.act("oNew", "unsubscribe").await;
    account.act("oNew", "subscribe").await;
    account.act("oGone", "unsubscribe").await;
    account.set_time(NOON + DAY);
    account.renew_token().await;
    let cumulated = ask(&account, "getusercumulate", "2026-03-09", "2026-03-10").await;
    let total = |place: usize| cumulated["list"][place]["cumulate_user"].as_i64().unwrap();
    let growth = ask(&account, "getusersummary", "2026-03-10", "2026-03-10").await;
    let sum =
        |name: &str| -> i64 { growth["list"].as_array().unwrap().iter().map(|row| row[name].as_i64().unwrap()).sum() };
    assert_eq!((sum("new_user"), sum("cancel_user")), (1, 2));
    assert_eq!(total(1) - total(0), -1);
}
