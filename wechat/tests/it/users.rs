//! Followers, template messages and subscription notices.

use serde_json::{Value, json};
use zhihui_wechat::simulator::SimulatorSettings;

use crate::account::{Account, code};

#[tokio::test]
async fn last_page_of_followers_names_a_next_openid_too() {
    let settings = SimulatorSettings { followers: 10_001, ..SimulatorSettings::default() };
    let account = Account::new(settings).await;
    let page = async |after: &str| account.get("/cgi-bin/user/get", &format!("next_openid={after}")).await;
    let next = |answer: &Value| answer["next_openid"].as_str().unwrap().to_owned();
    let first = page("").await;
    assert_eq!((&first["total"], &first["count"]), (&json!(10_001), &json!(10_000)));
    let second = page(&next(&first)).await;
    assert_eq!(second["count"], 1);
    let third = page(&next(&second)).await;
    assert_eq!((&third["count"], &third["data"]), (&json!(0), &Value::Null));
}

#[tokio::test]
async fn generated_openids_have_the_usual_form_and_depend_on_the_seed() {
    let list = async |seed: u64| {
        let account = Account::new(SimulatorSettings { seed, followers: 50, ..SimulatorSettings::default() }).await;
        account.get("/cgi-bin/user/get", "").await["data"]["openid"].clone()
    };
    let openids = list(1).await;
    for openid in openids.as_array().unwrap() {
        let openid = openid.as_str().unwrap();
        assert!(openid.len() == 28 && openid.starts_with('o'), "{openid}");
    }
    assert_eq!(openids, list(1).await);
    assert_ne!(openids, list(2).await);
}

#[tokio::test]
async fn someone_who_left_has_no_further_fields() {
    let account = Account::new(SimulatorSettings { followers: 2, ..SimulatorSettings::default() }).await;
    let openids = account.get("/cgi-bin/user/get", "").await["data"]["openid"].clone();
    let openid = openids[0].as_str().unwrap();
    let info = account.get("/cgi-bin/user/info", &format!("openid={openid}&lang=zh_CN")).await;
    assert_eq!((&info["subscribe"], &info["nickname"]), (&json!(1), &json!("")));
    account.act(openid, "unsubscribe").await;
    let info = account.get("/cgi-bin/user/info", &format!("openid={openid}")).await;
    assert_eq!((&info["subscribe"], &info["subscribe_time"]), (&json!(0), &Value::Null));
    assert_eq!(account.get("/cgi-bin/user/get", "").await["total"], 1);
}

#[tokio::test]
async fn at_most_100_users_are_asked_for_in_one_request() {
    let account = Account::new(SimulatorSettings::default()).await;
    let ask = async |count: usize| {
        let users: Vec<Value> = (0..count).map(|number| json!({ "openid": format!("o{number}") })).collect();
        account.post("/cgi-bin/user/info/batchget", &json!({ "user_list": users })).await
    };
    assert_eq!(ask(100).await["user_info_list"].as_array().unwrap().len(), 100);
    assert_eq!(code(&ask(101).await), 40_032);
}

#[tokio::test]
async fn template_message_checks_follower_template_and_values() {
    let account = Account::new(SimulatorSettings::default()).await;
    account.act("oLeft", "unsubscribe").await;
    for (openid, template, thing, expected) in [
        ("oA", "T1", "活动通知", 0),
        ("oLeft", "T1", "活动通知", 43_004),
        ("oA", "", "活动通知", 40_037),
        ("oA", "T1", "超过二十个字符的内容在模板消息里是不被允许的", 47_003),
    ] {
        let body = json!({ "touser": openid, "template_id": template, "data": { "thing1": { "value": thing } } });
        let answer = account.post("/cgi-bin/message/template/send", &body).await;
        assert_eq!(code(&answer), expected, "{answer}");
    }
}

#[tokio::test]
async fn subscription_notice_uses_one_consent() {
    let account = Account::new(SimulatorSettings::default()).await;
    let body = json!({ "touser": "oA", "template_id": "T1", "data": { "thing1": { "value": "通知" } } });
    let send = async || code(&account.post("/cgi-bin/message/subscribe/bizsend", &body).await);
    assert_eq!(send().await, 43_101);
    account.request("POST", "/sim/followers/oA/agree", r#"{"template_id": "T1", "times": 1}"#).await;
    assert_eq!((send().await, send().await), (0, 43_101));
}
