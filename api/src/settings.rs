//! Settings of the service. The defaults suit a small machine.

use std::net::IpAddr;
use std::time::Duration;

use zhihui_engine::report::MinGroupSize;

use crate::auth::network::Network;
use crate::teams::settings::TeamSettings;
use crate::wechat::settings::WechatSettings;

/// Settings of the service. [`Settings::default`] suits a small server behind a reverse proxy.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Sockets and their timeouts.
    pub server: ServerSettings,
    /// Proxies in front of the service.
    pub proxies: ProxySettings,
    /// Limits of one caller.
    pub limits: Limits,
    /// Sessions and lock-out.
    pub sessions: SessionSettings,
    /// When a snapshot is stale.
    pub freshness: Freshness,
    /// Minimum number of people of a shown count, on pages that hide small groups.
    pub fewest_people: MinGroupSize,
    /// Callbacks of WeChat.
    pub wechat: WechatSettings,
    /// Limits of teams.
    pub teams: TeamSettings,
}

/// Sockets and their timeouts.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Longest time to send the head of a request. Also how long idle connections stay open.
    pub header_read_timeout: Duration,
    /// Longest time to send the body of a request.
    pub body_read_timeout: Duration,
    /// Longest time for a request, including its body.
    pub request_timeout: Duration,
    /// Maximum number of connections. A further one waits until one ends or the longest stalled one is closed. Keep it below
    /// the limit of open files.
    pub max_connections: usize,
    /// Maximum number of connections of one address. For a further one, the longest stalled connection of the address is
    /// closed; if none is stalled, the new one is closed. Trusted proxies are not limited. Behind them, the number limits
    /// the requests in progress of one forwarded address, and further ones are refused (429).
    pub max_connections_per_peer: usize,
    /// How long a client may leave a response unread before its connection is closed.
    pub write_timeout: Duration,
    /// How long requests may continue after the stop.
    pub stop_deadline: Duration,
    /// How often the database is checked for changes of other processes.
    pub watch_interval: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            header_read_timeout: Duration::from_secs(10),
            body_read_timeout: Duration::from_secs(15),
            request_timeout: Duration::from_secs(30),
            max_connections: 900,
            max_connections_per_peer: 400,
            write_timeout: Duration::from_secs(15),
            stop_deadline: Duration::from_secs(30),
            watch_interval: Duration::from_millis(500),
        }
    }
}

/// Proxies in front of the service, and its public address.
#[derive(Debug, Clone, Default)]
pub struct ProxySettings {
    /// Networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are trusted.
    pub trusted: Vec<Network>,
    /// The public address, such as `https://zhihui.example.org`.
    pub public_url: Option<String>,
    /// Networks that may read `/metrics` without a key, unless a proxy forwards the request.
    pub metrics_from: Vec<Network>,
}

impl ProxySettings {
    /// Whether forwarded headers of this peer are trusted.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(peer))
    }

    /// Whether requests come through a proxy, so that a connection from this machine does not imply a local client.
    #[must_use]
    pub fn is_behind_proxy(&self) -> bool {
        !self.trusted.is_empty() || self.public_url.is_some()
    }

    /// Host and port of the public address.
    #[must_use]
    pub fn public_host(&self) -> Option<&str> {
        let (_, rest) = self.public_url.as_deref()?.split_once("://")?;
        rest.split('/').next()
    }
}

/// Limits of one caller.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Maximum length of a body in bytes.
    pub body_bytes: usize,
    /// Maximum length of an uploaded file in bytes.
    pub upload_bytes: u64,
    /// Longest time for an upload.
    pub upload_time: Duration,
    /// Average requests a second of one key.
    pub requests_per_second: u32,
    /// Requests of one key in a burst above the average.
    pub burst: u32,
    /// Concurrent requests of one key.
    pub concurrent_requests: usize,
    /// Concurrent long computations (previews, batches, reports) of all callers.
    pub heavy_requests: usize,
    /// Concurrent long computations of one key or account.
    pub heavy_per_caller: usize,
    /// Erasures of one key or account within an hour.
    pub erasures_per_hour: usize,
    /// Concurrent password checks. Each takes 19 MiB and a fraction of a second.
    pub sign_ins: usize,
    /// How long a long computation waits to start before it is refused.
    pub heavy_wait: Duration,
    /// How long the caller waits for a computation before it is asked to retry. The computation ends at its next
    /// cancellation check and counts as running until then, so that the load stays bounded.
    pub heavy_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 2 * 1024 * 1024,
            upload_bytes: 2 * 1024 * 1024 * 1024,
            upload_time: Duration::from_secs(3_600),
            requests_per_second: 20_000,
            burst: 20_000,
            concurrent_requests: 1_000,
            heavy_requests: 4,
            heavy_per_caller: 2,
            erasures_per_hour: 100,
            sign_ins: 2,
            heavy_wait: Duration::from_secs(5),
            heavy_time: Duration::from_secs(20),
        }
    }
}

/// Sessions and lock-out.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// A session ends after this many seconds without a request.
    pub idle_seconds: i64,
    /// A session ends after this many seconds in any case.
    pub longest_seconds: i64,
    /// Wrong passwords in a row from one address before the name is locked for that address.
    pub failures_before_lock: u32,
    /// Wrong passwords in a row before the name is locked for all addresses. A larger number, because anybody can cause them.
    pub failures_before_name_lock: u32,
    /// Wrong passwords with any name before an address is locked. A whole office may share one address.
    pub failures_before_address_lock: u32,
    /// Duration of a lock in seconds.
    pub lock_seconds: i64,
    /// Whether the session cookie requires HTTPS. Set it behind a proxy with HTTPS.
    pub secure_cookie: bool,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            idle_seconds: 30 * 60,
            longest_seconds: 12 * 3600,
            failures_before_lock: 5,
            failures_before_name_lock: 50,
            failures_before_address_lock: 30,
            lock_seconds: 15 * 60,
            secure_cookie: false,
        }
    }
}

/// When a snapshot is stale.
#[derive(Debug, Clone)]
pub struct Freshness {
    /// Age of `as_of` in seconds from which a snapshot is stale. Stale snapshots still serve.
    pub stale_after_seconds: i64,
}

impl Default for Freshness {
    fn default() -> Self {
        Self { stale_after_seconds: 36 * 3600 }
    }
}
