//! Sessions of signed-in people. The cookie holds an opaque token, the database its hash.

use super::error::StoreError;
use super::keys::role_in;
use super::sql::{self, Pool};
use crate::auth::role::Role;
use crate::auth::secret::{Secret, digest};
use crate::settings::SessionSettings;

/// Minimum time between two updates of a session's `last_seen_at`.
const TOUCH_SECONDS: i64 = 60;

/// The sessions of a home.
#[derive(Debug)]
pub(crate) struct Sessions<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) settings: &'a SessionSettings,
}

/// The person a session belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionUser {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The union subtree the person may see, or `None` for all members.
    pub(crate) union_id: Option<String>,
}

impl Sessions<'_> {
    /// Starts a session and returns its token.
    pub(crate) async fn start(&self, name: &str, now: i64) -> Result<Secret, StoreError> {
        sql::query("delete from sessions where expires_at <= $1").bind(now).execute(self.pool).await?;
        let token = Secret::generate().ok_or(StoreError::NoRandomness)?;
        let sql = "insert into sessions (token_sha256, user_name, created_at, last_seen_at, expires_at) \
                   values ($1, $2, $3, $3, $4)";
        sql::query(sql)
            .bind(digest(token.reveal()).as_bytes())
            .bind(name)
            .bind(now)
            .bind(now + self.settings.longest_seconds)
            .execute(self.pool)
            .await?;
        Ok(token)
    }

    /// The person of this token, or `None` if the token is unknown or expired. The look-up by hash reveals nothing about
    /// valid tokens through its timing.
    pub(crate) async fn find(&self, token: &str, now: i64) -> Result<Option<SessionUser>, StoreError> {
        let hash = digest(token);
        let sql = "select name, role, union_id, last_seen_at from sessions join users on name = user_name \
                   where token_sha256 = $1 and expires_at > $2 and last_seen_at > $3";
        let row = sql::query(sql)
            .bind(hash.as_bytes())
            .bind(now)
            .bind(now - self.settings.idle_seconds)
            .fetch_optional(self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        if row.try_get::<i64, _>("last_seen_at")? <= now - TOUCH_SECONDS {
            sql::query("update sessions set last_seen_at = $1 where token_sha256 = $2")
                .bind(now)
                .bind(hash.as_bytes())
                .execute(self.pool)
                .await?;
        }
        Ok(Some(SessionUser { name: row.try_get("name")?, role: role_in(&row)?, union_id: row.try_get("union_id")? }))
    }

    /// Ends a session. Unknown tokens are ignored.
    pub(crate) async fn end(&self, token: &str) -> Result<(), StoreError> {
        sql::query("delete from sessions where token_sha256 = $1")
            .bind(digest(token).as_bytes())
            .execute(self.pool)
            .await?;
        Ok(())
    }
}
