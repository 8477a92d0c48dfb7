//! The address of the client, directly or through a trusted proxy.

use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::http::{Extensions, HeaderMap, HeaderValue, Request, header};

use crate::settings::ProxySettings;

/// Headers that only proxies send.
const PROXY_HEADERS: [&str; 6] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/// The client of a request. The server adds it to every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Client {
    /// Address of the connection, or the one forwarded by a trusted proxy.
    pub(crate) address: Option<IpAddr>,
    /// Whether a trusted proxy reports HTTPS.
    pub(crate) is_encrypted: bool,
    /// Whether the request may read the metrics without a key.
    pub(crate) may_read_metrics: bool,
}

impl Client {
    /// The client of a request.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or_default()
    }

    /// The address for the audit log.
    pub(crate) fn source(self) -> String {
        self.address.map_or_else(|| "unknown".to_owned(), |address| address.to_string())
    }

    fn find(peer: IpAddr, headers: &HeaderMap, proxies: &ProxySettings) -> Self {
        let is_forwarded = PROXY_HEADERS.iter().any(|&name| headers.contains_key(name));
        let is_listed = proxies.metrics_from.iter().any(|network| network.contains(peer));
        let is_local = peer.is_loopback() && !proxies.is_behind_proxy();
        let mut client = Self {
            address: Some(peer),
            is_encrypted: false,
            may_read_metrics: !is_forwarded && (is_listed || is_local),
        };
        if proxies.trusts(peer) {
            client.address = Some(forwarded_for(peer, headers, proxies));
            let protocol = headers.get("x-forwarded-proto").map(HeaderValue::as_bytes);
            client.is_encrypted = protocol.is_some_and(|name| name.eq_ignore_ascii_case(b"https"));
        }
        client
    }
}

/// The last address of `X-Forwarded-For` that is not a trusted proxy. Earlier addresses are unverified claims.
fn forwarded_for(peer: IpAddr, headers: &HeaderMap, proxies: &ProxySettings) -> IpAddr {
    let mut client = peer;
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    for name in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let Some(address) = parse_address(name.trim()) else { break };
        client = address;
        if !proxies.trusts(address) {
            break;
        }
    }
    client
}

/// Parses an address with or without a port.
fn parse_address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(with_port)
}

/// Adds the client to a request, and returns its address if a trusted proxy forwarded it. Behind a trusted proxy the host
/// is the public one, whatever the proxy sends.
pub(crate) fn add_client(request: &mut Request<Body>, peer: SocketAddr, proxies: &ProxySettings) -> Option<IpAddr> {
    let peer_address = peer.ip().to_canonical();
    let client = Client::find(peer_address, request.headers(), proxies);
    if proxies.trusts(peer.ip())
        && let Some(host) = proxies.public_host().and_then(|host| HeaderValue::from_str(host).ok())
    {
        request.headers_mut().insert(header::HOST, host);
    }
    request.extensions_mut().insert(client);
    client.address.filter(|address| *address != peer_address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], proxies: &ProxySettings) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_str(line).expect("a header"));
        }
        let found = Client::find(peer.parse().expect("an address"), &headers, proxies);
        found.address.map(|address| address.to_string()).unwrap_or_default()
    }

    #[test]
    fn only_trusted_proxies_may_forward_an_address() {
        let none = ProxySettings::default();
        let trusted = vec!["127.0.0.1".parse().expect("a network"), "10.0.0.0/8".parse().expect("a network")];
        let proxies = ProxySettings { trusted, ..ProxySettings::default() };
        assert_eq!(client("127.0.0.1", &["203.0.113.7"], &none), "127.0.0.1");
        assert_eq!(client("203.0.113.9", &["203.0.113.7"], &proxies), "203.0.113.9");
        assert_eq!(client("127.0.0.1", &["203.0.113.7"], &proxies), "203.0.113.7");
        assert_eq!(client("127.0.0.1", &["1.2.3.4, 203.0.113.7, 10.0.0.2"], &proxies), "203.0.113.7");
        assert_eq!(client("127.0.0.1", &["1.2.3.4", "203.0.113.7:4711"], &proxies), "203.0.113.7");
        assert_eq!(client("127.0.0.1", &["1.2.3.4, unknown"], &proxies), "127.0.0.1");
        assert_eq!(client("127.0.0.1", &[], &proxies), "127.0.0.1");
    }
}
