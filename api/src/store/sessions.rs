//! Sessions of signed-in people: an opaque token in a cookie, its hash here.

use sqlx::Row;
use sqlx::sqlite::SqlitePool;

use super::StoreError;
use super::keys::role_in;
use crate::access::{Role, Secret, digest};
use crate::settings::SessionSettings;

/// A session's last request is written down at most this often.
const TOUCH_SECONDS: i64 = 60;

/// The sessions of a home.
#[derive(Debug)]
pub(crate) struct Sessions<'a> {
    pub(super) pool: &'a SqlitePool,
    pub(super) settings: &'a SessionSettings,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignedIn {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The union beyond which a member of staff sees nobody.
    pub(crate) union_id: Option<String>,
}

impl Sessions<'_> {
    /// Begins a session and returns its token.
    pub(crate) async fn begin(&self, name: &str, now: i64) -> Result<Secret, StoreError> {
        sqlx::query("delete from sessions where expires_at <= ?").bind(now).execute(self.pool).await?;
        let token = Secret::generate().ok_or(StoreError::NoRandomness)?;
        let sql = "insert into sessions (token_sha256, user_name, created_at, last_seen_at, expires_at) \
                   values (?1, ?2, ?3, ?3, ?4)";
        sqlx::query(sql)
            .bind(digest(token.reveal()).as_bytes())
            .bind(name)
            .bind(now)
            .bind(now + self.settings.longest_seconds)
            .execute(self.pool)
            .await?;
        Ok(token)
    }

    /// Who holds this token, `None` when it is unknown or over. Looked up by hash, so timing tells nothing of it.
    pub(crate) async fn find(&self, token: &str, now: i64) -> Result<Option<SignedIn>, StoreError> {
        let hash = digest(token);
        let sql = "select name, role, union_id, last_seen_at from sessions join users on name = user_name \
                   where token_sha256 = ? and expires_at > ? and last_seen_at > ?";
        let row = sqlx::query(sql)
            .bind(hash.as_bytes())
            .bind(now)
            .bind(now - self.settings.idle_seconds)
            .fetch_optional(self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        if row.try_get::<i64, _>("last_seen_at")? <= now - TOUCH_SECONDS {
            sqlx::query("update sessions set last_seen_at = ? where token_sha256 = ?")
                .bind(now)
                .bind(hash.as_bytes())
                .execute(self.pool)
                .await?;
        }
        Ok(Some(SignedIn { name: row.try_get("name")?, role: role_in(&row)?, union_id: row.try_get("union_id")? }))
    }

    /// Ends a session; an unknown token is nothing to end.
    pub(crate) async fn end(&self, token: &str) -> Result<(), StoreError> {
        sqlx::query("delete from sessions where token_sha256 = ?")
            .bind(digest(token).as_bytes())
            .execute(self.pool)
            .await?;
        Ok(())
    }
}
