//! `[mail]` of `zhihui.toml`: the server that sends scheduled reports.

use std::path::PathBuf;

use serde::Deserialize;

/// How the connection to the server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// TLS from the beginning.
    #[default]
    Tls,
    /// TLS after the command `STARTTLS`. A server without it is refused.
    Starttls,
    /// None, for a server on this machine or in a trusted network.
    None,
}

/// The mail server. The password is not a setting: the settings name an environment variable or a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailConfig {
    /// Name or address of the server. Empty: no mail is sent.
    pub host: String,
    /// Port. 465, 587 or 25 by default, as the security needs.
    pub port: Option<u16>,
    /// Encryption.
    pub security: MailSecurity,
    /// Account of the server. Empty: no sign-in.
    pub user: String,
    /// Environment variable with the password.
    pub password_env: String,
    /// File with the password. Relative to the home.
    pub password_file: Option<PathBuf>,
    /// Sender, such as `知会 <zhihui@example.org>`.
    pub from: String,
    /// File with further certificates (PEM) to trust. Relative to the home.
    pub ca_file: Option<PathBuf>,
    /// How long one step of the conversation may take.
    pub timeout_seconds: u64,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: None,
            security: MailSecurity::default(),
            user: String::new(),
            password_env: String::new(),
            password_file: None,
            from: String::new(),
            ca_file: None,
            timeout_seconds: 30,
        }
    }
}

impl MailConfig {
    /// Whether mail can be sent.
    #[must_use]
    pub fn is_set(&self) -> bool {
        !self.host.is_empty()
    }

    /// The configured port, or the usual one.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            MailSecurity::Tls => 465,
            MailSecurity::Starttls => 587,
            MailSecurity::None => 25,
        })
    }

    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        let refuse = |key, why: &str| Err((key, why.to_owned()));
        if !self.is_set() {
            return if *self == Self::default() { Ok(()) } else { refuse("host", "name the mail server") };
        }
        if !self.from.contains('@') {
            return refuse("from", "must be an address such as zhihui@example.org");
        }
        let has_password = !self.password_env.is_empty() || self.password_file.is_some();
        if self.user.is_empty() == has_password {
            return refuse("user", "give user and either password_env or password_file, or none of them");
        }
        if !self.password_env.is_empty() && self.password_file.is_some() {
            return refuse("password_env", "give password_env or password_file, not both");
        }
        let is_local = matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        if has_password && self.security == MailSecurity::None && !is_local {
            return refuse("security", "must be tls or starttls: without, the password would be readable on its way");
        }
        if self.timeout_seconds == 0 {
            return refuse("timeout_seconds", "must be above 0");
        }
        Ok(())
    }
}
