//! `[database]` of `zhihui.toml`: where accounts, consent, audit log, lists and the event inbox are kept.

use serde::Deserialize;

/// The environment variable with the password of the database.
pub const DATABASE_PASSWORD_ENV: &str = "ZHIHUI_DATABASE_PASSWORD";

/// A `PostgreSQL` server, or by default the files `zhihui.db` and `inbox.db` of the home.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// `postgres://user@host/database?sslmode=verify-full`. If missing, the files of the home.
    pub url: Option<String>,
    /// Name of the schema of this home. The inbox has a second one, with the ending `_inbox`.
    pub schema: String,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { url: None, schema: "zhihui".to_owned() }
    }
}

impl std::fmt::Debug for DatabaseConfig {
    /// Omits the URL, which may contain a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseConfig").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl DatabaseConfig {
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        match &self.url {
            Some(url) if !url.starts_with("postgres://") && !url.starts_with("postgresql://") => {
                Err(("url", "must begin with postgres://; leave it out to keep the state in the home".to_owned()))
            }
            _ => Ok(()),
        }
    }
}
