//! `[serve]` of `zhihui.toml`: address, proxies and limits of the service.

use serde::Deserialize;

/// Address, proxies and limits of the service. A missing key has the service's default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServeConfig {
    /// Public address, such as `https://zhihui.example.org`.
    pub public_url: Option<String>,
    /// Addresses or CIDR blocks of proxies whose forwarding headers are trusted.
    pub trusted_proxies: Vec<String>,
    /// Addresses or CIDR blocks that may read `/metrics` without a key.
    pub metrics_from: Vec<String>,
    /// Whether browsers send the session cookie over HTTPS only. If missing, the scheme of `public_url` decides.
    pub secure_cookie: Option<bool>,
    /// Maximum number of concurrent connections.
    pub max_connections: Option<usize>,
    /// Maximum number of concurrent connections per address. Behind a trusted proxy, of requests per forwarded address.
    pub max_connections_per_peer: Option<usize>,
    /// Timeout for a client to read a response, in seconds.
    pub write_timeout_seconds: Option<u64>,
    /// Timeout for the head of a request, in seconds.
    pub header_read_timeout_seconds: Option<u64>,
    /// Timeout for the body of a request, in seconds.
    pub body_read_timeout_seconds: Option<u64>,
    /// Timeout for a whole request, in seconds.
    pub request_timeout_seconds: Option<u64>,
    /// Maximum length of a body in bytes.
    pub body_bytes: Option<usize>,
    /// Maximum length of an uploaded file in bytes.
    pub upload_bytes: Option<u64>,
    /// Timeout for an upload, in seconds.
    pub upload_seconds: Option<u64>,
    /// Maximum number of requests per second of one key.
    pub requests_per_second: Option<u32>,
    /// Number of requests of one key that may exceed the rate in a burst.
    pub burst: Option<u32>,
    /// Maximum number of concurrent requests of one key.
    pub concurrent_requests: Option<usize>,
    /// Maximum number of concurrent previews, batches and reports.
    pub heavy_requests: Option<usize>,
    /// The same per key or account.
    pub heavy_per_caller: Option<usize>,
    /// Maximum number of members that one key or account may erase per hour.
    pub erasures_per_hour: Option<usize>,
    /// Timeout for a preview, batch or report, in seconds.
    pub heavy_seconds: Option<u64>,
    /// Idle timeout of a session in minutes.
    pub session_idle_minutes: Option<u32>,
    /// Maximum lifetime of a session in hours.
    pub session_longest_hours: Option<u32>,
    /// Age in hours from which on a snapshot is stale.
    pub stale_after_hours: Option<u32>,
}

impl ServeConfig {
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        let is_address = |url: &String| {
            let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
            host.is_some_and(|host| !host.trim_end_matches('/').is_empty() && !host.trim_end_matches('/').contains('/'))
        };
        if self.public_url.as_ref().is_some_and(|url| !is_address(url)) {
            return Err(("public_url", "must be scheme and host, such as \"https://zhihui.example.org\"".to_owned()));
        }
        let zero = |value: Option<u64>| value == Some(0);
        let counts = [
            ("max_connections", self.max_connections.map(|count| count as u64)),
            ("max_connections_per_peer", self.max_connections_per_peer.map(|count| count as u64)),
            ("write_timeout_seconds", self.write_timeout_seconds),
            ("heavy_per_caller", self.heavy_per_caller.map(|count| count as u64)),
            ("header_read_timeout_seconds", self.header_read_timeout_seconds),
            ("body_read_timeout_seconds", self.body_read_timeout_seconds),
            ("request_timeout_seconds", self.request_timeout_seconds),
            ("body_bytes", self.body_bytes.map(|bytes| bytes as u64)),
            ("upload_bytes", self.upload_bytes),
            ("upload_seconds", self.upload_seconds),
            ("requests_per_second", self.requests_per_second.map(u64::from)),
            ("burst", self.burst.map(u64::from)),
            ("concurrent_requests", self.concurrent_requests.map(|count| count as u64)),
            ("heavy_requests", self.heavy_requests.map(|count| count as u64)),
            ("heavy_seconds", self.heavy_seconds),
            ("session_idle_minutes", self.session_idle_minutes.map(u64::from)),
            ("session_longest_hours", self.session_longest_hours.map(u64::from)),
            ("stale_after_hours", self.stale_after_hours.map(u64::from)),
        ];
        match counts.into_iter().find(|(_, value)| zero(*value)) {
            Some((key, _)) => Err((key, "must be above 0".to_owned())),
            None => Ok(()),
        }
    }
}
