//! HTTP requests to WeChat's interfaces, and time, for the client of `zhihui-wechat`.

use std::time::Duration;

use anyhow::{Context as _, bail};
use async_trait::async_trait;
use zhihui_wechat::client::{Account, Timer, Transport, TransportError};
use zhihui_wechat::simulator::SimulatorSettings;

use crate::clock;
use crate::home::Home;

/// Time for a connection, and for an answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// Maximum length of an answer. A page of 10,000 openids has about 310 kilobytes.
const MAX_ANSWER_BYTES: usize = 4 << 20;

/// Requests to one host.
#[derive(Debug)]
pub(crate) struct HttpTransport {
    client: reqwest::Client,
    base_url: String,
}

impl HttpTransport {
    /// Checks the address of an argument: scheme and host only. Plain HTTP is allowed for addresses of this machine.
    pub(crate) fn new(argument: &str, to: &str) -> anyhow::Result<Self> {
        let base_url = to.trim_end_matches('/').to_owned();
        let url: reqwest::Url = base_url.parse().with_context(|| format!("{argument} {to:?} is not an address"))?;
        let is_root = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !is_root || !url.username().is_empty() {
            bail!("{argument} {to:?}: give scheme and host only, such as https://api.weixin.qq.com");
        }
        match url.scheme() {
            "https" => {}
            "http" if is_this_machine(&url) => {}
            "http" => bail!("{argument} {to:?}: the token and the openids need https outside of this machine"),
            other => bail!("{argument} {to:?}: {other} is not supported; use https"),
        }
        let mut builder = reqwest::Client::builder();
        if is_this_machine(&url) {
            // A proxy cannot reach this machine's own addresses.
            builder = builder.no_proxy();
        }
        let client = builder
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            // A redirect would carry the token to another host.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .context("cannot prepare HTTP requests")?;
        Ok(Self { client, base_url })
    }

    /// The address without a final slash.
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Whether the address is one of this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.base_url.parse().is_ok_and(|url| is_this_machine(&url))
    }
}

/// The account of `zhihui.toml`. The simulator's account serves addresses of this machine without one.
pub(crate) fn account(home: &Home, transport: &HttpTransport) -> anyhow::Result<Account> {
    let config = &home.config.wechat;
    match (&config.app_id, &config.secret) {
        (Some(app_id), Some(secret)) => Ok(Account { app_id: app_id.clone(), secret: secret.clone() }),
        _ if transport.is_local() => {
            let SimulatorSettings { app_id, secret, .. } = SimulatorSettings::default();
            Ok(Account { app_id, secret })
        }
        _ => bail!("zhihui.toml: set app_id and secret in [wechat], as shown in the settings of the account"),
    }
}

fn is_this_machine(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, path_and_query: &str, json: Option<Vec<u8>>) -> Result<Vec<u8>, TransportError> {
        let url = format!("{}{path_and_query}", self.base_url);
        let request = match json {
            Some(body) => self.client.post(url).header("content-type", "application/json; charset=utf-8").body(body),
            None => self.client.get(url),
        };
        let mut answer = request.send().await.map_err(|error| transport_error(&error))?;
        if answer.status() != reqwest::StatusCode::OK {
            return Err(TransportError::NoAnswer(format!("HTTP status {}", answer.status())));
        }
        let mut bytes = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|error| transport_error(&error))? {
            bytes.extend_from_slice(&part);
            if bytes.len() > MAX_ANSWER_BYTES {
                return Err(TransportError::NoAnswer("the answer is too long".to_owned()));
            }
        }
        Ok(bytes)
    }
}

/// The cause without the address, which has the token.
fn transport_error(error: &reqwest::Error) -> TransportError {
    let mut causes = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    let text = if causes.is_empty() { "the request failed".to_owned() } else { causes.join(": ") };
    if error.is_connect() { TransportError::Unreachable(text) } else { TransportError::NoAnswer(text) }
}

/// The clock of this machine.
#[derive(Debug)]
pub(crate) struct SystemTimer;

#[async_trait]
impl Timer for SystemTimer {
    fn now(&self) -> i64 {
        clock::now().timestamp()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
