//! Settings of the service, from `[serve]`, `[teams]` and `[wechat]` of `zhihui.toml`.

use std::time::Duration;

use anyhow::Context as _;
use zhihui_api::{ItemLinks, Network, ProxySettings, Settings, TeamSettings, WechatSettings};
use zhihui_pipeline::config::{ServeConfig, TeamsConfig, WechatConfig};
use zhihui_wechat::callback::CallbackReceiver;

/// Returns the default settings with the configured changes.
pub(crate) fn settings_of(config: &ServeConfig) -> anyhow::Result<Settings> {
    let mut settings = Settings::default();
    let is_https = config.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    settings.proxies = ProxySettings {
        trusted: networks("trusted_proxies", &config.trusted_proxies)?,
        public_url: config.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned()),
        metrics_from: networks("metrics_from", &config.metrics_from)?,
    };
    let (server, limits, sessions) = (&mut settings.server, &mut settings.limits, &mut settings.sessions);
    sessions.secure_cookie = config.secure_cookie.unwrap_or(is_https);
    set(&mut server.max_connections, config.max_connections);
    set(&mut server.max_connections_per_peer, config.max_connections_per_peer);
    set(&mut server.write_timeout, config.write_timeout_seconds.map(Duration::from_secs));
    set(&mut server.header_read_timeout, config.header_read_timeout_seconds.map(Duration::from_secs));
    set(&mut server.body_read_timeout, config.body_read_timeout_seconds.map(Duration::from_secs));
    set(&mut server.request_timeout, config.request_timeout_seconds.map(Duration::from_secs));
    set(&mut limits.body_bytes, config.body_bytes);
    set(&mut limits.upload_bytes, config.upload_bytes);
    set(&mut limits.upload_time, config.upload_seconds.map(Duration::from_secs));
    set(&mut limits.requests_per_second, config.requests_per_second);
    set(&mut limits.burst, config.burst);
    set(&mut limits.concurrent_requests, config.concurrent_requests);
    set(&mut limits.heavy_requests, config.heavy_requests);
    set(&mut limits.heavy_per_caller, config.heavy_per_caller);
    set(&mut limits.erasures_per_hour, config.erasures_per_hour);
    set(&mut limits.heavy_time, config.heavy_seconds.map(Duration::from_secs));
    set(&mut sessions.idle_seconds, config.session_idle_minutes.map(|minutes| i64::from(minutes) * 60));
    set(&mut sessions.longest_seconds, config.session_longest_hours.map(|hours| i64::from(hours) * 3_600));
    set(&mut settings.freshness.stale_after_seconds, config.stale_after_hours.map(|hours| i64::from(hours) * 3_600));
    Ok(settings)
}

/// Returns the settings of callbacks.
pub(crate) fn wechat_settings_of(config: &WechatConfig) -> anyhow::Result<WechatSettings> {
    let key = config.encoding_aes_key.as_deref();
    let app_id = config.app_id.as_deref().unwrap_or_default();
    let receiver = config.token.as_deref().map(|token| CallbackReceiver::new(token, key, app_id)).transpose();
    let links = config.link.as_deref().map(|link| {
        ItemLinks::parse(link).with_context(|| format!("zhihui.toml: wechat.link {link:?}: must have one {{item_id}}"))
    });
    Ok(WechatSettings { receiver: receiver.context("zhihui.toml: [wechat]")?, links: links.transpose()? })
}

/// Returns the limits of teams.
pub(crate) fn team_settings_of(config: &TeamsConfig) -> TeamSettings {
    TeamSettings {
        invitation_seconds: i64::from(config.invitation_hours) * 3_600,
        open_invitations: config.open_invitations,
        suggestions_per_day: config.suggestions_per_day,
    }
}

fn set<T>(setting: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *setting = value;
    }
}

fn networks(key: &str, texts: &[String]) -> anyhow::Result<Vec<Network>> {
    let parse = |text: &String| text.parse().map_err(anyhow::Error::msg);
    texts.iter().map(parse).collect::<anyhow::Result<_>>().with_context(|| format!("zhihui.toml: serve.{key}"))
}
