//! Accounts of people: a name, a role and an Argon2id hash.

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqlitePool;

use super::StoreError;
use super::error::checked_name;
use super::keys::role_in;
use crate::access::Role;
use crate::settings::SessionSettings;

const SHORTEST_PASSWORD: usize = 8;
/// Longer ones would only make the server work.
const LONGEST_PASSWORD: usize = 200;
/// Verified against when a name is unknown, so that the answer takes as long as for a known one. Nobody's password.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGlzIGhlcmU$4bWh4MhmL0UH2nJtHmvUZKSMpTnyg5Ct1nsyuTVMLzk";

/// The accounts of a home.
#[derive(Debug)]
pub struct Users<'a> {
    pub(super) pool: &'a SqlitePool,
}

/// What is known of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserInfo {
    /// The name one signs in with.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// The union beyond which a member of staff sees nobody; null where they see all.
    pub union_id: Option<String>,
    /// When it was made, seconds since 1970 in UTC.
    pub created_at: i64,
}

/// What came of a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The name and the password are right.
    Welcome(UserInfo),
    /// The name or the password is wrong.
    Wrong,
    /// Too many wrong passwords; the name is locked for so many seconds more.
    Locked {
        /// Seconds until the next try.
        seconds: i64,
    },
}

impl Users<'_> {
    /// Makes an account. `now` is the present instant in seconds since 1970 in UTC.
    ///
    /// # Errors
    /// [`StoreError`] when the name is taken or unusable, the password is too short, or the role is for programs.
    pub async fn add(&self, name: &str, role: Role, password: &str, now: i64) -> Result<UserInfo, StoreError> {
        self.add_within(name, role, None, password, now).await
    }

    /// Makes an account that sees this union and those below it alone, where one is named.
    ///
    /// # Errors
    /// As [`Users::add`], and [`StoreError::UnionForStaff`] for another role.
    pub async fn add_within(
        &self,
        name: &str,
        role: Role,
        union_id: Option<&str>,
        password: &str,
        now: i64,
    ) -> Result<UserInfo, StoreError> {
        if union_id.is_some() && role != Role::Staff {
            return Err(StoreError::UnionForStaff);
        }
        let name = checked_name(name)?.to_owned();
        if role == Role::Backend {
            return Err(StoreError::BackendUser);
        }
        if !(SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&password.chars().count()) {
            return Err(StoreError::BadPassword { least: SHORTEST_PASSWORD, most: LONGEST_PASSWORD });
        }
        let hash = hash(password.to_owned()).await?;
        let sql = "insert into users (name, role, password_hash, created_at, union_id) values (?, ?, ?, ?, ?) on conflict do nothing";
        let done = sqlx::query(sql)
            .bind(&name)
            .bind(role.as_str())
            .bind(hash)
            .bind(now)
            .bind(union_id)
            .execute(self.pool)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::UserExists(name));
        }
        Ok(UserInfo { name, role, union_id: union_id.map(str::to_owned), created_at: now })
    }

    /// Every account by name.
    ///
    /// # Errors
    /// [`StoreError::Database`] when they cannot be read.
    pub async fn list(&self) -> Result<Vec<UserInfo>, StoreError> {
        let rows = sqlx::query("select name, role, union_id, created_at from users order by name")
            .fetch_all(self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                let (name, union_id) = (row.try_get("name")?, row.try_get("union_id")?);
                Ok(UserInfo { name, role: role_in(row)?, union_id, created_at: row.try_get("created_at")? })
            })
            .collect()
    }

    /// Whether there is an account of this name.
    pub(crate) async fn exists(&self, name: &str) -> Result<bool, StoreError> {
        let found: Option<i64> = sqlx::query_scalar("select 1 from users where name = ?")
            .bind(name.trim())
            .fetch_optional(self.pool)
            .await?;
        Ok(found.is_some())
    }

    /// Removes an account and ends its sessions.
    ///
    /// # Errors
    /// [`StoreError::UnknownUser`] when there is none of this name.
    pub async fn remove(&self, name: &str) -> Result<(), StoreError> {
        let done = sqlx::query("delete from users where name = ?").bind(name.trim()).execute(self.pool).await?;
        if done.rows_affected() == 0 { Err(StoreError::UnknownUser(name.to_owned())) } else { Ok(()) }
    }

    /// Tells whether name and password belong together; wrong passwords in a row lock the name for a while.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it cannot be told.
    pub async fn verify(
        &self,
        name: &str,
        password: &str,
        settings: &SessionSettings,
        now: i64,
    ) -> Result<Verdict, StoreError> {
        let Ok(name) = checked_name(name) else { return Ok(Verdict::Wrong) };
        let locked: Option<i64> = sqlx::query_scalar("select locked_until from failed_sign_ins where name = ?")
            .bind(name)
            .fetch_optional(self.pool)
            .await?;
        if let Some(until) = locked.filter(|&until| until > now) {
            return Ok(Verdict::Locked { seconds: until - now });
        }
        let row = sqlx::query("select name, role, union_id, created_at, password_hash from users where name = ?")
            .bind(name)
            .fetch_optional(self.pool)
            .await?;
        let known: Option<String> = row.as_ref().map(|row| row.try_get("password_hash")).transpose()?;
        let right = matches(password.to_owned(), known.unwrap_or_else(|| NOBODYS_HASH.to_owned())).await?;
        match row {
            Some(row) if right => {
                sqlx::query("delete from failed_sign_ins where name = ?").bind(name).execute(self.pool).await?;
                let (created_at, union_id) = (row.try_get("created_at")?, row.try_get("union_id")?);
                Ok(Verdict::Welcome(UserInfo { name: name.to_owned(), role: role_in(&row)?, union_id, created_at }))
            }
            _ => {
                self.note_failure(name, settings, now).await?;
                Ok(Verdict::Wrong)
            }
        }
    }

    async fn note_failure(&self, name: &str, settings: &SessionSettings, now: i64) -> Result<(), StoreError> {
        // Old failures count no more; deleting them also bounds what made-up names can fill.
        sqlx::query("delete from failed_sign_ins where last_at <= ? and locked_until <= ?")
            .bind(now - settings.lock_seconds)
            .bind(now)
            .execute(self.pool)
            .await?;
        sqlx::query(
            "insert into failed_sign_ins (name, failures, last_at, locked_until) values (?1, 1, ?2, 0)
             on conflict (name) do update set
                 failures = case when locked_until > 0 then 1 else failures + 1 end,
                 last_at = ?2,
                 locked_until = case when locked_until = 0 and failures + 1 >= ?3 then ?2 + ?4 else 0 end",
        )
        .bind(name)
        .bind(now)
        .bind(settings.failures_before_lock)
        .bind(settings.lock_seconds)
        .execute(self.pool)
        .await?;
        Ok(())
    }
}

async fn hash(password: String) -> Result<String, StoreError> {
    let work = move || {
        let hashed: Result<PasswordHash, _> = Argon2::default().hash_password(password.as_bytes());
        hashed.map(|hash| hash.to_string()).map_err(|error| StoreError::Hash(error.to_string()))
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Interrupted)?
}

async fn matches(password: String, hash: String) -> Result<bool, StoreError> {
    let work = move || {
        let longest = password.chars().count() <= LONGEST_PASSWORD;
        longest && Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok()
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Interrupted)
}
