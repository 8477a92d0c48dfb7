//! A simulated account whose clock the test moves, and requests to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;
use zhihui_wechat::simulator::{Simulator, SimulatorSettings};

/// 2026-03-10 12:00:00 in Shanghai.
pub const NOON: i64 = 1_773_115_200;

/// A simulator with a token.
pub struct Account {
    pub simulator: Simulator,
    clock: Arc<AtomicI64>,
    pub token: String,
}

impl Account {
    /// Starts at noon.
    pub async fn new(settings: SimulatorSettings) -> Self {
        let mut account = Self::without_token(settings);
        account.renew_token().await;
        account
    }

    /// Starts without a request.
    pub fn without_token(settings: SimulatorSettings) -> Self {
        let clock = Arc::new(AtomicI64::new(NOON));
        let read = Arc::clone(&clock);
        let simulator = Simulator::new(settings, Arc::new(move || read.load(Ordering::SeqCst))).unwrap();
        Self { simulator, clock, token: String::new() }
    }

    /// Fetches the stable token.
    pub async fn renew_token(&mut self) {
        let body = json!({
            "grant_type": "client_credential", "appid": "wx00000000simulator", "secret": "simulator-secret",
        });
        let (_, answer) = self.request("POST", "/cgi-bin/stable_token", &body.to_string()).await;
        self.token = answer["access_token"].as_str().unwrap().to_owned();
    }

    /// Moves the clock.
    pub fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Sets the clock.
    pub fn set_time(&self, at: i64) {
        self.clock.store(at, Ordering::SeqCst);
    }

    /// Sends a request. Returns status and JSON, null if it is none.
    pub async fn request(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let (status, text) = self.text(method, path, body).await;
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Sends a request. Returns status and text.
    pub async fn text(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let request = Request::builder().method(method).uri(path).body(Body::from(body.to_owned())).unwrap();
        let response = self.simulator.router().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// Posts JSON to an interface with the token.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        self.request("POST", &format!("{path}?access_token={}", self.token), &body.to_string()).await.1
    }

    /// Gets from an interface with the token.
    pub async fn get(&self, path: &str, query: &str) -> Value {
        self.request("GET", &format!("{path}?access_token={}&{query}", self.token), "").await.1
    }

    /// Sends an article to openids under a `clientmsgid`.
    pub async fn send(&self, openids: &[&str], client_msg_id: &str) -> Value {
        let body = json!({
            "touser": openids, "mpnews": { "media_id": "M1" }, "msgtype": "mpnews", "clientmsgid": client_msg_id,
        });
        self.post("/cgi-bin/message/mass/send", &body).await
    }

    /// Lets a follower do something.
    pub async fn act(&self, openid: &str, action: &str) -> Value {
        self.request("POST", &format!("/sim/followers/{openid}/{action}"), "").await.1
    }
}

/// Returns the error code of an answer, 0 if it has none.
pub fn code(answer: &Value) -> i64 {
    answer["errcode"].as_i64().unwrap_or_default()
}
