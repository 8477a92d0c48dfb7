//! One call: adds the token, reads `errcode`, and repeats the call where that helps.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::error::CallError;
use super::pacing::Pacing;
use super::retry::{Attempts, Failure, Next};
use super::transport::{Timer, Transport};
use crate::ErrorCode;

/// A token is replaced this many seconds before it expires.
const RENEW_SECONDS: i64 = 120;

/// The credentials of an account.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The `AppID`.
    pub app_id: String,
    /// The `AppSecret`.
    pub secret: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

/// A client of one account.
pub struct WechatClient {
    account: Account,
    transport: Box<dyn Transport>,
    timer: Box<dyn Timer>,
    /// The token, and when it expires.
    token: Mutex<Option<(String, i64)>>,
    pacing: Mutex<Pacing>,
}

impl WechatClient {
    /// A client that has not called anything yet.
    #[must_use]
    pub fn new(account: Account, transport: Box<dyn Transport>, timer: Box<dyn Timer>) -> Self {
        Self { account, transport, timer, token: Mutex::default(), pacing: Mutex::default() }
    }

    /// Seconds since 1970, by the client's timer.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.timer.now()
    }

    /// Waits by the client's timer.
    pub async fn sleep(&self, duration: std::time::Duration) {
        self.timer.sleep(duration).await;
    }

    /// Calls an interface and returns its answer, which has `errcode` 0 or none.
    pub(super) async fn call(&self, path: &str, body: &Value) -> Result<Value, CallError> {
        Ok(self.repeated_call(path, Some(body), &[ErrorCode::OK], false).await?.1)
    }

    /// Like [`Self::call`], for an interface without a body.
    pub(super) async fn get(&self, path: &str) -> Result<Value, CallError> {
        Ok(self.repeated_call(path, None, &[ErrorCode::OK], false).await?.1)
    }

    /// Calls an interface that WeChat limits to 60 requests a minute. `accepted` are the numbers that are no failure.
    pub(super) async fn paced_call(
        &self,
        path: &str,
        body: &Value,
        accepted: &[ErrorCode],
    ) -> Result<(ErrorCode, Value), CallError> {
        self.repeated_call(path, Some(body), accepted, true).await
    }

    async fn repeated_call(
        &self,
        path: &str,
        body: Option<&Value>,
        accepted: &[ErrorCode],
        is_paced: bool,
    ) -> Result<(ErrorCode, Value), CallError> {
        let mut attempts = Attempts::default();
        loop {
            let failure = match self.attempt(path, body, is_paced).await {
                Ok((code, answer)) if accepted.contains(&code) => return Ok((code, answer)),
                Ok((code, answer)) => Failure::Code(code, message(&answer)),
                Err(failure) => failure,
            };
            match attempts.next(failure) {
                Next::Wait(duration) => self.timer.sleep(duration).await,
                Next::NewToken => *self.token.lock().unwrap_or_else(PoisonError::into_inner) = None,
                Next::Fail(error) => return Err(error),
            }
        }
    }

    async fn attempt(&self, path: &str, body: Option<&Value>, is_paced: bool) -> Result<(ErrorCode, Value), Failure> {
        let token = match self.token().await? {
            Ok(token) => token,
            Err(refused) => return Ok(refused),
        };
        if is_paced {
            let wait = self.pacing.lock().unwrap_or_else(PoisonError::into_inner).reserve(self.timer.now());
            self.timer.sleep(wait).await;
        }
        self.send(&format!("{path}?access_token={token}"), body).await
    }

    /// The token, or WeChat's refusal to give one.
    async fn token(&self) -> Result<Result<String, (ErrorCode, Value)>, Failure> {
        let now = self.timer.now();
        let known = self.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((token, _)) = known.filter(|(_, expires)| *expires > now + RENEW_SECONDS) {
            return Ok(Ok(token));
        }
        let Account { app_id, secret } = &self.account;
        let body = json!({ "grant_type": "client_credential", "appid": app_id, "secret": secret });
        let (code, answer) = self.send("/cgi-bin/stable_token", Some(&body)).await?;
        if code != ErrorCode::OK {
            return Ok(Err((code, answer)));
        }
        let is_plain = |token: &&str| {
            let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
            !token.is_empty() && token.len() <= 2_048 && token.bytes().all(safe)
        };
        let token = answer.get("access_token").and_then(Value::as_str).filter(is_plain);
        let token = token.ok_or_else(|| Failure::Unreadable("stable_token returned no token".to_owned()))?.to_owned();
        let seconds = answer.get("expires_in").and_then(Value::as_i64).unwrap_or_default().clamp(0, 7_200);
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some((token.clone(), now + seconds));
        Ok(Ok(token))
    }

    async fn send(&self, path_and_query: &str, body: Option<&Value>) -> Result<(ErrorCode, Value), Failure> {
        let answer = self.transport.send(path_and_query, body.map(|body| body.to_string().into_bytes())).await;
        let answer: Value = serde_json::from_slice(&answer.map_err(Failure::Transport)?)
            .map_err(|_| Failure::Unreadable("the answer is not JSON".to_owned()))?;
        if !answer.is_object() {
            return Err(Failure::Unreadable("the answer is not a JSON object".to_owned()));
        }
        let code = answer.get("errcode").and_then(Value::as_i64).unwrap_or_default();
        Ok((ErrorCode(code), answer))
    }
}

impl std::fmt::Debug for WechatClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WechatClient").field("account", &self.account).finish_non_exhaustive()
    }
}

fn message(answer: &Value) -> String {
    answer.get("errmsg").and_then(Value::as_str).unwrap_or_default().chars().take(200).collect()
}
