//! Mass sends: limits, repetitions, delivery and the monthly cap.

use serde_json::{Value, json};
use zhihui_wechat::simulator::{AccountKind, SimulatorSettings};

use crate::account::{Account, code};

async fn service() -> Account {
    Account::new(SimulatorSettings::default()).await
}

fn openids(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("o{number:027}")).collect()
}

async fn counts(account: &Account, place: usize) -> (u64, u64, u64, u64) {
    let state = account.simulator.state();
    let send = &state["overview"]["mass_sends"][place];
    let count = |name: &str| send[name].as_u64().unwrap();
    (count("total_count"), count("filter_count"), count("sent_count"), count("error_count"))
}

#[tokio::test]
async fn number_of_openids_is_limited() {
    let account = service().await;
    let send = async |touser: Value| {
        let body = json!({ "touser": touser, "text": { "content": "x" }, "msgtype": "text" });
        code(&account.post("/cgi-bin/message/mass/send", &body).await)
    };
    assert_eq!(send(json!([])).await, 40_130);
    assert_eq!(send(json!(openids(1))).await, 40_130);
    assert_eq!(send(json!("o1")).await, 40_130, "no list");
    assert_eq!(send(json!(openids(2))).await, 0);
    assert_eq!(send(json!(openids(10_000))).await, 0);
    assert_eq!(send(json!(openids(10_001))).await, 40_032);
    assert_eq!(send(json!(["o1", "no openid!"])).await, 40_003);
    let misspelled = json!({ "toUsers": openids(2), "text": { "content": "x" }, "msgtype": "text" });
    assert_eq!(code(&account.post("/cgi-bin/message/mass/send", &misspelled).await), 40_130);
}

#[tokio::test]
async fn unknown_openids_are_refused_if_the_account_knows_its_followers() {
    let settings = SimulatorSettings { accept_unknown_openids: false, followers: 3, ..SimulatorSettings::default() };
    let account = Account::new(settings).await;
    assert_eq!(code(&account.send(&["oA", "oB"], "c1").await), 49_003);
}

#[tokio::test]
async fn content_must_fit_the_type() {
    let account = service().await;
    for (msg_type, key, content, expected) in [
        ("poem", "poem", json!({}), 40_008),
        ("mpnews", "mpnews", json!({}), 40_007),
        ("mpnews", "text", json!({ "content": "x" }), 40_007),
        ("text", "text", json!({ "content": "" }), 44_004),
        ("text", "text", json!({ "content": "长".repeat(1_000) }), 45_002),
        ("image", "images", json!({ "media_ids": ["a"] }), 0),
        ("mpvideo", "mpvideo", json!({ "media_id": "v" }), 0),
    ] {
        let body = json!({ "touser": openids(2), "msgtype": msg_type, key: content });
        assert_eq!(code(&account.post("/cgi-bin/message/mass/send", &body).await), expected, "{body}");
    }
}

#[tokio::test]
async fn only_articles_have_a_msg_data_id() {
    let account = service().await;
    let article = account.send(&["oA", "oB"], "c1").await;
    assert_eq!(article["errmsg"], "send job submission success");
    assert!(article["msg_id"].is_u64() && article["msg_data_id"].is_u64());
    let text = json!({ "touser": ["oA", "oB"], "text": { "content": "x" }, "msgtype": "text" });
    let text = account.post("/cgi-bin/message/mass/send", &text).await;
    assert!(text["msg_id"].is_u64() && text["msg_data_id"].is_null());
}

#[tokio::test]
async fn repeated_clientmsgid_is_refused_for_24_hours_and_names_the_first_send() {
    let mut account = service().await;
    let first = account.send(&["oA", "oB"], "c1").await;
    let fast = account.send(&["oA", "oB"], "c1").await;
    assert_eq!((code(&fast), &fast["msg_id"]), (45_066, &first["msg_id"]));
    account.wait(3);
    let repeated = account.send(&["oC", "oD"], "c1").await;
    assert_eq!((code(&repeated), &repeated["msg_id"]), (45_065, &first["msg_id"]));
    assert!(repeated["msg_data_id"].is_null());
    account.wait(86_400);
    account.renew_token().await;
    assert_eq!(code(&account.send(&["oA", "oB"], "c1").await), 0);
    assert_eq!(code(&account.send(&["oA", "oB"], &"c".repeat(64)).await), 0);
    assert_eq!(code(&account.send(&["oA", "oB"], &"c".repeat(65)).await), 45_067);
}

#[tokio::test]
async fn default_clientmsgid_is_a_digest_of_recipients_and_content() {
    let account = service().await;
    let send = async |openid: &str, text: &str| {
        let body = json!({ "touser": ["oA", openid], "text": { "content": text }, "msgtype": "text" });
        code(&account.post("/cgi-bin/message/mass/send", &body).await)
    };
    assert_eq!((send("oB", "x").await, send("oC", "x").await, send("oB", "y").await), (0, 0, 0));
    account.wait(10);
    assert_eq!(send("oB", "x").await, 45_065);
}

#[tokio::test]
async fn calls_are_limited_by_minute_and_day() {
    let mut account = service().await;
    for number in 0..60 {
        assert_eq!(code(&account.send(&["oA", "oB"], &format!("c{number}")).await), 0);
    }
    assert_eq!(code(&account.send(&["oA", "oB"], "c60").await), 45_011);
    account.wait(60);
    for number in 60..100 {
        assert_eq!(code(&account.send(&["oA", "oB"], &format!("c{number}")).await), 0);
    }
    assert_eq!(code(&account.send(&["oA", "oB"], "c100").await), 45_009);
    let clear = json!({ "appid": "wx00000000simulator" });
    assert_eq!(code(&account.post("/cgi-bin/clear_quota", &clear).await), 0);
    assert_eq!(code(&account.send(&["oA", "oB"], "c100").await), 0);
    account.wait(86_400);
    account.renew_token().await;
    assert_eq!(code(&account.send(&["oA", "oB"], "c101").await), 0);
}

#[tokio::test]
async fn status_changes_when_the_send_ends() {
    let account = service().await;
    let sent = account.send(&["oA", "oB"], "c1").await;
    let status = async || account.post("/cgi-bin/message/mass/get", &json!({ "msg_id": sent["msg_id"] })).await;
    assert_eq!(status().await["msg_status"], "SENDING");
    account.wait(2);
    assert_eq!(status().await["msg_status"], "SEND_SUCCESS");
    let id = json!({ "msg_id": sent["msg_id"], "article_idx": 0 });
    assert_eq!(code(&account.post("/cgi-bin/message/mass/delete", &id).await), 0);
    assert_eq!(status().await["msg_status"], "DELETE");
    assert_eq!(code(&account.post("/cgi-bin/message/mass/get", &json!({ "msg_id": 1 })).await), 40_059);
}

#[tokio::test]
async fn fifth_message_of_a_month_is_filtered_and_the_month_ends_in_shanghai() {
    let mut account = service().await;
    for number in 0..4 {
        account.send(&["oA", "oB"], &format!("c{number}")).await;
    }
    account.wait(10);
    account.send(&["oA", "oC"], "c4").await;
    account.wait(10);
    assert_eq!(counts(&account, 3).await, (2, 2, 2, 0));
    assert_eq!(counts(&account, 4).await, (2, 1, 1, 0), "oA has received four");
    // 2026-03-31 23:59:50 and 2026-04-01 00:00:00 in Shanghai.
    account.set_time(1_774_972_790);
    account.renew_token().await;
    account.send(&["oA", "oB"], "c5").await;
    account.wait(9);
    assert_eq!(counts(&account, 5).await, (2, 0, 0, 0));
    account.wait(1);
    account.send(&["oA", "oB"], "c6").await;
    account.wait(2);
    assert_eq!(counts(&account, 6).await, (2, 2, 2, 0), "a new month");
}

#[tokio::test]
async fn those_who_left_refuse_or_are_blacklisted_are_filtered_and_repetitions_count_once() {
    let account = service().await;
    account.act("oA", "unsubscribe").await;
    account.act("oB", "refuse").await;
    account.post("/cgi-bin/tags/members/batchblacklist", &json!({ "openid_list": ["oC"] })).await;
    account.send(&["oA", "oB", "oC", "oD", "oD", "oE"], "c1").await;
    account.wait(2);
    assert_eq!(counts(&account, 0).await, (5, 2, 2, 0));
    let state = account.simulator.state();
    assert_eq!(state["most_received_of_one_message"], 1);
    assert!(state["received"]["oD"].is_object() && state["received"]["oA"].is_null());
}

#[tokio::test]
async fn message_sent_under_two_ids_is_visible_as_sent_twice() {
    let account = service().await;
    account.send(&["oA", "oB"], "c1").await;
    account.send(&["oB", "oC"], "c2").await;
    account.wait(2);
    assert_eq!(account.simulator.state()["most_received_of_one_message"], 2);
}

#[tokio::test]
async fn filtered_people_are_those_sent_and_those_failed() {
    let settings = SimulatorSettings { delivery_error_rate: 0.3, ..SimulatorSettings::default() };
    let account = Account::new(settings).await;
    let body = json!({ "touser": openids(500), "mpnews": { "media_id": "M1" }, "msgtype": "mpnews" });
    account.post("/cgi-bin/message/mass/send", &body).await;
    account.wait(2);
    let (total, filter, sent, errors) = counts(&account, 0).await;
    assert_eq!((total, filter), (500, 500));
    assert_eq!(filter, sent + errors);
    assert!((100..200).contains(&errors), "{errors}");
}

#[tokio::test]
async fn subscription_account_sends_to_all_or_a_tag_once_a_day() {
    let settings =
        SimulatorSettings { account_kind: AccountKind::Subscription, followers: 10, ..SimulatorSettings::default() };
    let mut account = Account::new(settings).await;
    assert_eq!(code(&account.send(&["oA", "oB"], "c1").await), 48_001);
    let sendall = async |account: &Account, filter: Value, text: &str| {
        let body = json!({ "filter": filter, "text": { "content": text }, "msgtype": "text" });
        code(&account.post("/cgi-bin/message/mass/sendall", &body).await)
    };
    assert_eq!(sendall(&account, json!({ "is_to_all": false, "tag_id": 999 }), "a").await, 45_159);
    assert_eq!(sendall(&account, json!({ "is_to_all": false, "tag_id": "2" }), "a").await, 0);
    assert_eq!(sendall(&account, json!({ "is_to_all": true }), "b").await, 45_028);
    account.wait(86_400);
    account.renew_token().await;
    assert_eq!(sendall(&account, json!({ "is_to_all": true }), "b").await, 0);
    account.wait(5);
    assert_eq!(counts(&account, 1).await, (10, 10, 10, 0));
}

#[tokio::test]
async fn bodies_that_are_no_json_are_refused() {
    let account = service().await;
    let send = async |path: &str, body: &str| {
        code(&account.request("POST", &format!("{path}?access_token={}", account.token), body).await.1)
    };
    assert_eq!(send("/cgi-bin/message/mass/send", "").await, 44_002);
    assert_eq!(send("/cgi-bin/message/mass/send", "{").await, 40_130);
    assert_eq!(send("/cgi-bin/message/mass/get", "{").await, 47_001);
    assert_eq!(code(&account.get("/cgi-bin/message/mass/get", "").await), 43_002);
}

#[tokio::test]
async fn speed_and_preview_answer_as_documented() {
    let account = service().await;
    assert_eq!(
        account.post("/cgi-bin/message/mass/speed/get", &json!({})).await,
        json!({ "speed": 3, "realspeed": 30 })
    );
    assert_eq!(code(&account.post("/cgi-bin/message/mass/speed/set", &json!({ "speed": 0 })).await), 0);
    assert_eq!(account.post("/cgi-bin/message/mass/speed/get", &json!({})).await["realspeed"], 80);
    let preview = json!({ "towxname": "zhang", "text": { "content": "x" }, "msgtype": "text" });
    assert_eq!(account.post("/cgi-bin/message/mass/preview", &preview).await["errmsg"], "preview success");
}

#[tokio::test]
async fn a_send_that_fails_reaches_nobody_and_uses_no_message_of_the_month() {
    let account = service().await;
    let next = json!({ "next": ["send fail", "err(10001)", "err(20431)"] });
    let (status, _) = account.request("POST", "/sim/mass/results", &next.to_string()).await;
    assert_eq!(status, 200);
    for (wrong, name) in
        [(json!({ "next": ["sent"] }), "unknown"), (json!({ "next": 7 }), "number"), (json!([]), "list")]
    {
        assert_eq!(account.request("POST", "/sim/mass/results", &wrong.to_string()).await.0, 400, "{name}");
    }
    for number in 0..7 {
        let client_msg_id = format!("c{number}");
        let sent = account.send(&["oA", "oB"], &client_msg_id).await;
        assert_eq!(code(&sent), 0, "accepted");
        account.wait(60);
        let found = account.post("/cgi-bin/message/mass/get", &json!({ "msg_id": sent["msg_id"] })).await;
        assert_eq!(found["msg_status"], if number < 3 { "SEND_FAIL" } else { "SEND_SUCCESS" }, "{number}");
    }
    let (status, callbacks) = account.request("GET", "/sim/callbacks", "").await;
    assert_eq!(status, 200);
    let xml = callbacks["callbacks"].as_array().unwrap().iter().map(|callback| callback["xml"].as_str().unwrap());
    let words: Vec<bool> = xml
        .zip(["send fail", "err(10001)", "err(20431)", "send success"])
        .map(|(xml, word)| xml.contains(word))
        .collect();
    assert_eq!(words, [true; 4], "{callbacks}");
    let sent: Vec<u64> = {
        let mut sent = Vec::new();
        for place in 0..7 {
            sent.push(counts(&account, place).await.2);
        }
        sent.sort_unstable();
        sent
    };
    assert_eq!(sent, [0, 0, 0, 2, 2, 2, 2], "four messages of the month are left after three that failed");
}

#[tokio::test]
async fn the_share_of_sends_that_fail_depends_on_the_seed() {
    let failed = async |seed: u64, failed_send_rate: f64| {
        let account = Account::new(SimulatorSettings { seed, failed_send_rate, ..SimulatorSettings::default() }).await;
        for number in 0..40 {
            account.send(&["oA", "oB"], &format!("c{number}")).await;
            account.wait(60);
        }
        let state = account.simulator.state();
        state["overview"]["mass_sends"].to_string().matches("SEND_FAIL").count()
    };
    assert_eq!(failed(1, 0.0).await, 0);
    assert_eq!(failed(1, 1.0).await, 40);
    let some = failed(1, 0.5).await;
    assert!((8..33).contains(&some), "{some}");
    assert_eq!(failed(1, 0.5).await, some);
    assert!(SimulatorSettings { failed_send_rate: 1.5, ..SimulatorSettings::default() }.check().is_err());
}
