//! Callbacks that the simulator sends, opened by the receiver.

use serde_json::json;
use zhihui_wechat::callback::{CallbackEvent, CallbackMessage, CallbackQuery, CallbackReceiver, MassSendStatus};
use zhihui_wechat::simulator::{OutgoingCallback, SimulatorSettings};

use crate::account::{Account, NOON};

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

fn settings() -> SimulatorSettings {
    SimulatorSettings {
        encoding_aes_key: Some(KEY.to_owned()),
        callback_url: Some("http://127.0.0.1:1/wechat".to_owned()),
        ..SimulatorSettings::default()
    }
}

fn open(callback: &OutgoingCallback) -> CallbackMessage {
    let receiver = CallbackReceiver::new("simulatortoken", Some(KEY), "wx00000000simulator").unwrap();
    let mut query = CallbackQuery::default();
    for (name, value) in callback.query.split('&').filter_map(|pair| pair.split_once('=')) {
        match name {
            "timestamp" => query.timestamp = Some(value.to_owned()),
            "nonce" => query.nonce = Some(value.to_owned()),
            "msg_signature" => query.msg_signature = Some(value.to_owned()),
            _ => {}
        }
    }
    receiver.open(&query, callback.body.as_bytes()).unwrap()
}

#[tokio::test]
async fn finished_mass_send_is_reported_with_its_counts() {
    let account = Account::new(settings()).await;
    account.act("oC", "refuse").await;
    let sent = account.send(&["oA", "oB", "oC"], "c1").await;
    assert!(account.simulator.due_callbacks(NOON).is_empty());
    let due = account.simulator.due_callbacks(NOON + 2);
    assert_eq!((due.len(), due[0].attempt, due[0].url.as_str()), (1, 1, "http://127.0.0.1:1/wechat"));
    let CallbackEvent::MassSendFinished(result) = open(&due[0]).event else { panic!("no result") };
    assert_eq!((result.status, json!(result.msg_id)), (MassSendStatus::Success, sent["msg_id"].clone()));
    let counts = (result.total_count, result.filter_count, result.sent_count, result.error_count);
    assert_eq!((counts, result.article_urls.len()), ((3, 2, 2, 0), 1));
}

#[tokio::test]
async fn callback_is_repeated_three_times_until_it_is_acknowledged() {
    let account = Account::new(settings()).await;
    account.act("oA", "unsubscribe").await;
    account.act("oB", "click").await;
    let due = account.simulator.due_callbacks(NOON);
    assert_eq!(due.len(), 2);
    assert!(account.simulator.due_callbacks(NOON + 4).is_empty());
    account.simulator.acknowledge(due[1].id);
    let key = open(&due[0]).dedup_key();
    for attempt in 2..=4 {
        let again = account.simulator.due_callbacks(NOON + 5 * i64::from(attempt - 1));
        assert_eq!((again.len(), again[0].attempt), (1, attempt));
        assert_eq!(open(&again[0]).dedup_key(), key);
        assert_ne!(again[0].query, due[0].query, "signed again");
    }
    assert!(account.simulator.due_callbacks(NOON + 60).is_empty());
    let callbacks = account.simulator.state()["overview"]["callbacks"].clone();
    assert_eq!(callbacks, json!({ "acknowledged": 1, "given_up": 1, "waiting": 0 }));
}

#[tokio::test]
async fn followers_act_once_and_unknown_actions_are_refused() {
    let account = Account::new(settings()).await;
    assert_eq!(account.act("oA", "unsubscribe").await["callback"], true);
    assert_eq!(account.act("oA", "unsubscribe").await["callback"], false);
    assert_eq!(account.act("oA", "subscribe").await["callback"], true);
    for action in ["view", "scan", "revoke", "cancel"] {
        assert_eq!(account.act("oA", action).await["callback"], true, "{action}");
    }
    assert_eq!(account.request("POST", "/sim/followers/oA/dance", "").await.0, 400);
    let names: Vec<_> = account
        .simulator
        .due_callbacks(NOON)
        .iter()
        .map(|callback| open(callback).event.name().unwrap().to_owned())
        .collect();
    let expected =
        ["unsubscribe", "subscribe", "VIEW", "SCAN", "user_authorization_revoke", "user_authorization_cancellation"];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn without_an_address_callbacks_are_only_shown() {
    let account = Account::new(SimulatorSettings { callback_url: None, ..settings() }).await;
    account.act("oA", "unsubscribe").await;
    assert!(account.simulator.due_callbacks(NOON).is_empty());
    let (_, shown) = account.request("GET", "/sim/callbacks", "").await;
    let callback = &shown["callbacks"][0];
    assert_eq!((&callback["event"], &callback["state"]), (&json!("unsubscribe"), &json!("waiting")));
    assert!(callback["body"].as_str().unwrap().contains("<Encrypt>"));
}

#[tokio::test]
async fn clock_can_be_advanced() {
    let account = Account::new(settings()).await;
    account.send(&["oA", "oB"], "c1").await;
    let (_, answer) = account.request("POST", "/sim/clock/advance", r#"{"seconds": 60}"#).await;
    assert_eq!(answer["now"], NOON + 60);
    assert_eq!(account.simulator.state()["overview"]["mass_sends"][0]["status"], "SEND_SUCCESS");
    assert_eq!(account.request("POST", "/sim/clock/advance", r#"{"seconds": -60}"#).await.0, 400);
}
