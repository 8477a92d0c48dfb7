//! Behind a proxy: which forwarded headers count, and who may read the metrics.

use zhihui_api::{Role, Settings};

use crate::server::{Running, start};
use crate::support::NOW;

const METRICS: &str = "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";

/// Settings that trust a proxy on the local host.
fn behind_proxy() -> Settings {
    let mut settings = Settings::default();
    settings.proxies.trusted = vec!["127.0.0.1".parse().unwrap()];
    settings
}

async fn status(running: &Running, request: &str) -> String {
    let answer = running.send_raw(request).await;
    answer.lines().next().unwrap_or_default().to_owned()
}

/// Signs in with the headers of a proxy and returns the head of the response.
async fn sign_in(running: &Running, headers: &str) -> String {
    running.fixture.store.users().add("staff", Role::Staff, "a long password", NOW).await.unwrap();
    let form = "name=staff&password=a+long+password";
    let request = format!(
        "POST /login HTTP/1.1\r\nhost: 127.0.0.1:8080\r\nconnection: close\r\n{headers}\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    running.send_raw(&request).await.to_lowercase()
}

#[tokio::test]
async fn metrics_are_closed_behind_a_proxy_without_headers() {
    let running = start(behind_proxy()).await;
    assert!(status(&running, &format!("{METRICS}\r\n")).await.contains("401"));
    let key = running.fixture.key(Role::Admin).await;
    assert!(status(&running, &format!("{METRICS}authorization: Bearer {key}\r\n\r\n")).await.contains("200"));
}

#[tokio::test]
async fn a_public_url_closes_the_metrics() {
    let mut settings = Settings::default();
    settings.proxies.public_url = Some("https://zhihui.example".into());
    let running = start(settings).await;
    assert!(status(&running, &format!("{METRICS}\r\n")).await.contains("401"));
}

#[tokio::test]
async fn listed_networks_read_the_metrics_unless_a_proxy_forwards_the_request() {
    let mut settings = behind_proxy();
    settings.proxies.metrics_from = vec!["127.0.0.0/8".parse().unwrap()];
    let running = start(settings).await;
    assert!(status(&running, &format!("{METRICS}\r\n")).await.contains("200"));
    for header in ["x-forwarded-for: 203.0.113.7", "forwarded: for=203.0.113.7", "via: 1.1 proxy", "x-real-ip: ::1"] {
        assert!(status(&running, &format!("{METRICS}{header}\r\n\r\n")).await.contains("401"), "{header}");
    }
}

#[tokio::test]
async fn only_trusted_proxies_may_forward_the_protocol() {
    let https = "x-forwarded-proto: https\r\n";
    let answer = sign_in(&start(Settings::default()).await, https).await;
    assert!(answer.starts_with("http/1.1 303") && !answer.contains("; secure"), "{answer}");
    let answer = sign_in(&start(behind_proxy()).await, https).await;
    assert!(answer.starts_with("http/1.1 303") && answer.contains("; secure"), "{answer}");
}

#[tokio::test]
async fn forms_of_the_public_address_are_same_site() {
    let form = "origin: https://zhihui.example\r\n";
    let answer = sign_in(&start(behind_proxy()).await, form).await;
    assert!(answer.starts_with("http/1.1 403"), "{answer}");
    let mut settings = behind_proxy();
    settings.proxies.public_url = Some("https://zhihui.example".into());
    let answer = sign_in(&start(settings).await, form).await;
    assert!(answer.starts_with("http/1.1 303"), "{answer}");
}
