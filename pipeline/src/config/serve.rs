//! Address, proxies and limits of the service.

use serde::Deserialize;

/// The `[serve]` of `zhihui.toml`. What is missing has the service's own default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServeConfig {
    /// The address that people type, such as `https://zhihui.example.org`.
    pub public_url: Option<String>,
    /// Addresses or blocks of proxies whose forwarded headers count.
    pub trusted_proxies: Vec<String>,
    /// Addresses or blocks that may read `/metrics` without a key.
    pub metrics_from: Vec<String>,
    /// Whether browsers send the session cookie over HTTPS alone; missing: as `public_url` says.
    pub secure_cookie: Option<bool>,
    /// Connections served at once.
    pub max_connections: Option<usize>,
    /// Connections served at once to one address; behind a proxy in `trusted_proxies`, requests of one forwarded address.
    pub max_connections_per_peer: Option<usize>,
    /// Seconds that a client may leave an answer unread.
    pub write_timeout_seconds: Option<u64>,
    /// Seconds for the head of a request.
    pub header_read_timeout_seconds: Option<u64>,
    /// Seconds for the body of a request.
    pub body_read_timeout_seconds: Option<u64>,
    /// Seconds for one request in all.
    pub request_timeout_seconds: Option<u64>,
    /// Longest body in bytes.
    pub body_bytes: Option<usize>,
    /// Longest uploaded file in bytes.
    pub upload_bytes: Option<u64>,
    /// Seconds for one upload.
    pub upload_seconds: Option<u64>,
    /// Requests a second of one key.
    pub requests_per_second: Option<u32>,
    /// Requests of one key before the average counts.
    pub burst: Option<u32>,
    /// Requests of one key in progress at once.
    pub concurrent_requests: Option<usize>,
    /// Previews, batches and reports at once.
    pub heavy_requests: Option<usize>,
    /// Of these, those of one key or account.
    pub heavy_per_caller: Option<usize>,
    /// Members that one key or account may erase within an hour.
    pub erasures_per_hour: Option<usize>,
    /// Seconds that one of them may take.
    pub heavy_seconds: Option<u64>,
    /// Minutes without a request after which a session ends.
    pub session_idle_minutes: Option<u32>,
    /// Hours after which a session ends in any case.
    pub session_longest_hours: Option<u32>,
    /// Hours after which a snapshot is called old.
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
