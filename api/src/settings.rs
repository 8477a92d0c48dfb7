//! Everything that may be set about the service, with defaults that hold on a small machine.

use std::net::IpAddr;
use std::time::Duration;

use zhihui_engine::report::Fewest;

use crate::access::Network;

/// Settings of the service; [`Settings::default`] is fit for one small server behind a reverse proxy.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Sockets and their timeouts.
    pub server: ServerSettings,
    /// Proxies in front of the service.
    pub proxies: ProxySettings,
    /// What one caller may ask for.
    pub limits: Limits,
    /// Sign-ins of people.
    pub sessions: SessionSettings,
    /// When an old snapshot is called old.
    pub freshness: Freshness,
    /// Fewest people that a count on a page is about, where small groups are hidden.
    pub fewest_people: Fewest,
}

/// Sockets and their timeouts.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// How long a client may take to send the head of a request; also how long an idle connection is kept.
    pub header_read_timeout: Duration,
    /// How long a client may take to send the body of a request.
    pub body_read_timeout: Duration,
    /// How long one request may take, its body included.
    pub request_timeout: Duration,
    /// Connections served at once; a further one waits, or takes the place of one that has waited longest for its client.
    /// Keep it below the limit of open files.
    pub max_connections: usize,
    /// Connections served at once to one address. A further one takes the place of the connection of the same address that
    /// has waited longest for its client, or is closed where none waits. A trusted proxy may have any number; behind it so
    /// many requests of one forwarded address are answered at once, and a further one is refused (429).
    pub max_connections_per_peer: usize,
    /// How long a client may leave an answer unread before its connection is closed.
    pub write_timeout: Duration,
    /// How long requests may still run after the stop.
    pub stop_deadline: Duration,
    /// How often the database is asked whether another process changed it.
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

/// Proxies in front of the service, and how it is called from outside.
#[derive(Debug, Clone, Default)]
pub struct ProxySettings {
    /// Addresses whose `X-Forwarded-For` and `X-Forwarded-Proto` count; those of all others are ignored.
    pub trusted: Vec<Network>,
    /// The address that people type, such as `https://zhihui.example.org`.
    pub public_url: Option<String>,
    /// Addresses that may read `/metrics` without a key, as long as no proxy hands the request on.
    pub metrics_from: Vec<Network>,
}

impl ProxySettings {
    /// Whether forwarded headers of this peer count.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(peer))
    }

    /// Whether requests come through a proxy, so that a connection from this machine says nothing about the client.
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

/// What one caller may ask for.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Longest body in bytes.
    pub body_bytes: usize,
    /// Longest uploaded file in bytes.
    pub upload_bytes: u64,
    /// How long one upload may take.
    pub upload_time: Duration,
    /// Requests a second that one key may make on average.
    pub requests_per_second: u32,
    /// Requests that one key may make at once before the average counts.
    pub burst: u32,
    /// Requests of one key in progress at the same time.
    pub concurrent_requests: usize,
    /// Long computations (previews, batches, reports) at the same time, all callers together.
    pub heavy_requests: usize,
    /// Long computations of one key or account at the same time, so that one caller cannot take every place.
    pub heavy_per_caller: usize,
    /// Members that one key or account may erase within an hour.
    pub erasures_per_hour: usize,
    /// Passwords checked at the same time; each takes 19 MiB and a part of a second.
    pub sign_ins: usize,
    /// How long a long computation waits for its turn before it is refused.
    pub heavy_wait: Duration,
    /// How long a long computation may then take before its caller is told to come back. It ends at its next condition, and
    /// keeps its place until then, so that what piles up stays bounded.
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

/// Sign-ins of people.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// A session ends after so many seconds without a request.
    pub idle_seconds: i64,
    /// A session ends after so many seconds in any case.
    pub longest_seconds: i64,
    /// A name is locked for an address after so many wrong passwords in a row from there.
    pub failures_before_lock: u32,
    /// A name is locked for every address after so many wrong passwords in a row; many more, because anybody can send them.
    pub failures_before_name_lock: u32,
    /// An address is locked after so many wrong passwords, whatever the names; a whole office may share one.
    pub failures_before_address_lock: u32,
    /// For so many seconds.
    pub lock_seconds: i64,
    /// Whether the browser may send the cookie over HTTPS only; set it behind a proxy that speaks HTTPS.
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

/// When an old snapshot is called old.
#[derive(Debug, Clone)]
pub struct Freshness {
    /// A snapshot whose `as_of` lies further back is called stale; it still answers.
    pub stale_after_seconds: i64,
}

impl Default for Freshness {
    fn default() -> Self {
        Self { stale_after_seconds: 36 * 3600 }
    }
}
