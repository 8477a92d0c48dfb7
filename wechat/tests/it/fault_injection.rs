//! Faults: answers that are lost, late or wrong, and what they leave behind.

use serde_json::json;
use zhihui_wechat::simulator::{Fault, SimulatorSettings};

use crate::account::{Account, code};

#[tokio::test]
async fn scripted_faults_come_in_order_and_take_effect_or_not() {
    let settings = SimulatorSettings { slow_answer_millis: 1, ..SimulatorSettings::default() };
    let account = Account::new(settings).await;
    let names = json!({ "next": ["busy", "too-frequent", "bad-gateway", "not-json", "closed", "slow"] });
    assert_eq!(account.request("POST", "/sim/faults", &names.to_string()).await.0, 200);
    let path = format!("/cgi-bin/message/mass/send?access_token={}", account.token);
    let send = async |id: &str| {
        let body =
            json!({ "touser": ["oA", "oB"], "mpnews": { "media_id": id }, "msgtype": "mpnews", "clientmsgid": id });
        account.text("POST", &path, &body.to_string()).await
    };
    let code_of = |(_, text): (u16, String)| code(&serde_json::from_str(&text).unwrap());
    assert_eq!((code_of(send("c1").await), code_of(send("c1").await)), (-1, 45_011));
    let (status, text) = send("c1").await;
    assert!(status == 502 && text.contains("Bad Gateway"));
    assert_eq!(account.simulator.state()["overview"]["mass_sends"], json!([]), "none of these took effect");
    assert!(send("c1").await.1.starts_with("<html>"));
    assert_eq!(send("c2").await.1, "", "closed");
    assert_eq!(code_of(send("c3").await), 0);
    account.wait(5);
    assert_eq!(code_of(send("c1").await), 45_065, "an answer that is no JSON was lost after the submission");
    assert_eq!(code_of(send("c2").await), 45_065, "the connection was closed after the submission");
    assert_eq!(account.simulator.state()["overview"]["mass_sends"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn rate_decides_how_many_answers_have_a_fault() {
    let settings =
        SimulatorSettings { fault_rate: 0.25, faults: vec![Fault::BadGateway], ..SimulatorSettings::default() };
    let (mut failed, account) = (0, Account::without_token(settings));
    for _ in 0..400 {
        failed += u32::from(account.text("GET", "/cgi-bin/tags/get", "").await.0 == 502);
    }
    assert!((70..130).contains(&failed), "{failed}");
}

#[tokio::test]
async fn unknown_faults_are_refused() {
    let account = Account::new(SimulatorSettings::default()).await;
    for body in [r#"{"next": ["flood"]}"#, r#"{"rate": 2}"#, "[", r#"{"rate": "x"}"#] {
        assert_eq!(account.request("POST", "/sim/faults", body).await.0, 400, "{body}");
    }
}
