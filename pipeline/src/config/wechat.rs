//! `[wechat]` of `zhihui.toml`: the official account that push lists are sent with.

use std::fmt;

use serde::Deserialize;

/// The official account. Missing keys switch off what needs them.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WechatConfig {
    /// The `AppID`.
    pub app_id: Option<String>,
    /// The `AppSecret`.
    pub secret: Option<String>,
    /// Kind of the account; `service` if missing.
    pub account: WechatAccount,
    /// Token of callbacks: 3 to 32 letters and digits.
    pub token: Option<String>,
    /// Key of encrypted callbacks: 43 letters and digits.
    pub encoding_aes_key: Option<String>,
    /// Address of an item's page, with `{item_id}`.
    pub link: Option<String>,
}

/// The two kinds of official accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WechatAccount {
    /// 服务号.
    #[default]
    Service,
    /// 订阅号.
    Subscription,
}

impl WechatConfig {
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        if self.encoding_aes_key.is_some() && self.token.is_none() {
            return Err(("token", "is missing; encrypted callbacks need the token, too".to_owned()));
        }
        if self.encoding_aes_key.is_some() && self.app_id.is_none() {
            return Err(("app_id", "is missing; encrypted callbacks name the account".to_owned()));
        }
        if self.secret.is_some() && self.app_id.is_none() {
            return Err(("app_id", "is missing; the secret belongs to an account".to_owned()));
        }
        Ok(())
    }
}

/// Shows no secret.
impl fmt::Debug for WechatConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { app_id, account, link, .. } = self;
        f.debug_struct("WechatConfig")
            .field("app_id", app_id)
            .field("account", account)
            .field("link", link)
            .finish_non_exhaustive()
    }
}
