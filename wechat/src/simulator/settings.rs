//! Settings of the simulator.

use thiserror::Error;

use super::account_kind::AccountKind;
use super::state::faults::Fault;
use crate::callback::{CallbackError, CallbackSender};

/// Maximum number of generated followers.
const MAX_FOLLOWERS: u32 = 5_000_000;

/// What the simulator pretends to be. `Default` is a service account without followers that accepts any openid.
#[derive(Debug, Clone)]
pub struct SimulatorSettings {
    /// Seed of everything that looks random.
    pub seed: u64,
    /// The account's `AppID`.
    pub app_id: String,
    /// The account's `AppSecret`.
    pub secret: String,
    /// The account's original id, `ToUserName` of callbacks.
    pub user_name: String,
    /// The kind of the account.
    pub account_kind: AccountKind,
    /// Token that signs callbacks.
    pub callback_token: String,
    /// `EncodingAESKey` of callbacks; without one they are not encrypted.
    pub encoding_aes_key: Option<String>,
    /// Where callbacks are posted; without an address they are only shown.
    pub callback_url: Option<String>,
    /// Number of generated followers.
    pub followers: u32,
    /// Whether an unknown openid of a request becomes a follower. Otherwise it is refused.
    pub accept_unknown_openids: bool,
    /// Seconds from the submission of a mass send to its end.
    pub finish_after_seconds: u32,
    /// Share of recipients for whom a mass send fails.
    pub delivery_error_rate: f64,
    /// Share of mass sends that reach nobody: `send fail`, or one of the documented `err(…)`.
    pub failed_send_rate: f64,
    /// Number of days before the start of which there are articles with figures.
    pub article_days: u32,
    /// Share of answers with a fault.
    pub fault_rate: f64,
    /// Kinds of these faults.
    pub faults: Vec<Fault>,
    /// Milliseconds that a slow answer takes.
    pub slow_answer_millis: u32,
}

/// Address, token and key of callbacks.
#[derive(Debug, Clone)]
pub struct CallbackTarget {
    pub(super) sender: CallbackSender,
    pub(super) url: Option<String>,
}

/// Why settings were rejected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A text must not be empty.
    #[error("{0} must have 1 to 128 letters, digits, '_' or '-'")]
    InvalidText(&'static str),
    /// A share is outside of [0, 1].
    #[error("{0} must be a number from 0 to 1")]
    InvalidShare(&'static str),
    /// Too many followers.
    #[error("followers: at most {MAX_FOLLOWERS}")]
    TooManyFollowers,
    /// The address of callbacks.
    #[error("the callback URL must begin with http:// and have no query: {0}")]
    InvalidUrl(String),
    /// Token or key of callbacks.
    #[error(transparent)]
    Callback(#[from] CallbackError),
}

impl Default for SimulatorSettings {
    fn default() -> Self {
        Self {
            seed: 7,
            app_id: "wx00000000simulator".to_owned(),
            secret: "simulator-secret".to_owned(),
            user_name: "gh_simulator".to_owned(),
            account_kind: AccountKind::Service,
            callback_token: "simulatortoken".to_owned(),
            encoding_aes_key: None,
            callback_url: None,
            followers: 0,
            accept_unknown_openids: true,
            finish_after_seconds: 2,
            delivery_error_rate: 0.0,
            failed_send_rate: 0.0,
            article_days: 30,
            fault_rate: 0.0,
            faults: Fault::ALL.to_vec(),
            slow_answer_millis: 6_000,
        }
    }
}

impl SimulatorSettings {
    /// Checks the settings. Returns token, key and address of callbacks.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn check(&self) -> Result<CallbackTarget, SettingsError> {
        let is_name = |text: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            (1..=128).contains(&text.len()) && text.bytes().all(allowed)
        };
        for (name, text) in [("appid", &self.app_id), ("secret", &self.secret), ("user name", &self.user_name)] {
            if !is_name(text) {
                return Err(SettingsError::InvalidText(name));
            }
        }
        for (name, share) in [
            ("fault rate", self.fault_rate),
            ("delivery error rate", self.delivery_error_rate),
            ("failed send rate", self.failed_send_rate),
        ] {
            if !(0.0..=1.0).contains(&share) {
                return Err(SettingsError::InvalidShare(name));
            }
        }
        if self.followers > MAX_FOLLOWERS {
            return Err(SettingsError::TooManyFollowers);
        }
        if let Some(url) = &self.callback_url
            && (!url.starts_with("http://") || url.contains(['?', '#']) || url.contains(char::is_whitespace))
        {
            return Err(SettingsError::InvalidUrl(url.clone()));
        }
        let sender = CallbackSender::new(&self.callback_token, self.encoding_aes_key.as_deref(), &self.app_id)?;
        Ok(CallbackTarget { sender, url: self.callback_url.clone() })
    }
}
