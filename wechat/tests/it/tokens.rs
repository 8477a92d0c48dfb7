//! Access tokens over HTTP.

use serde_json::{Value, json};
use zhihui_wechat::simulator::SimulatorSettings;

use crate::account::{Account, code};

fn credentials(force_refresh: bool) -> Value {
    json!({
        "grant_type": "client_credential", "appid": "wx00000000simulator", "secret": "simulator-secret",
        "force_refresh": force_refresh,
    })
}

#[tokio::test]
async fn wrong_credentials_are_named() {
    let account = Account::new(SimulatorSettings::default()).await;
    for (key, value, expected) in [
        ("grant_type", "password", 40_002),
        ("appid", "", 41_002),
        ("appid", "wx1", 40_013),
        ("secret", "", 41_004),
        ("secret", "x", 40_125),
    ] {
        let mut body = credentials(false);
        body[key] = value.into();
        let (status, answer) = account.request("POST", "/cgi-bin/stable_token", &body.to_string()).await;
        assert_eq!((status, code(&answer)), (200, expected), "{key} {value}");
        assert!(answer["errmsg"].as_str().unwrap().contains(" rid: "), "{answer}");
    }
    let get = "/cgi-bin/token?grant_type=client_credential&appid=wx00000000simulator&secret=simulator-secret";
    assert_eq!(account.request("GET", get, "").await.1["expires_in"], 7_200);
}

#[tokio::test]
async fn requests_without_a_valid_token_are_refused() {
    let account = Account::new(SimulatorSettings::default()).await;
    let call = async |query: &str| code(&account.request("GET", &format!("/cgi-bin/tags/get{query}"), "").await.1);
    assert_eq!(call("").await, 41_001);
    assert_eq!(call("?access_token=wrong").await, 40_001);
    let with_token = format!("?access_token={}", account.token);
    assert_eq!(call(&with_token).await, 0);
    account.wait(7_200);
    assert_eq!(call(&with_token).await, 42_001);
}

#[tokio::test]
async fn forced_refresh_is_limited_to_20_a_day_and_voids_the_old_token() {
    let account = Account::new(SimulatorSettings::default()).await;
    let refresh = async || account.request("POST", "/cgi-bin/stable_token", &credentials(true).to_string()).await.1;
    for _ in 0..20 {
        assert_eq!(code(&refresh().await), 0);
        account.wait(30);
    }
    assert_eq!(code(&refresh().await), 45_009);
    assert_eq!(code(&account.get("/cgi-bin/tags/get", "").await), 40_001);
}

#[tokio::test]
async fn tokens_can_be_let_expire() {
    let mut account = Account::new(SimulatorSettings::default()).await;
    account.request("POST", "/sim/tokens/expire", "").await;
    assert_eq!(code(&account.get("/cgi-bin/tags/get", "").await), 42_001);
    account.renew_token().await;
    assert_eq!(code(&account.get("/cgi-bin/tags/get", "").await), 0);
}
