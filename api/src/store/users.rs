//! Accounts of people: a name, a role and an Argon2id hash.

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqlitePool;

use super::StoreError;
use super::error::checked_name;
use super::keys::role_in;
use crate::access::Role;

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

    /// The account of this name, if the password is its own. An unknown name takes as long as a wrong password.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the account cannot be read.
    pub async fn verify(&self, name: &str, password: &str) -> Result<Option<UserInfo>, StoreError> {
        let Ok(name) = checked_name(name) else { return Ok(None) };
        let row = sqlx::query("select name, role, union_id, created_at, password_hash from users where name = ?")
            .bind(name)
            .fetch_optional(self.pool)
            .await?;
        let known: Option<String> = row.as_ref().map(|row| row.try_get("password_hash")).transpose()?;
        let right = matches(password.to_owned(), known.unwrap_or_else(|| NOBODYS_HASH.to_owned())).await?;
        let Some(row) = row.filter(|_| right) else { return Ok(None) };
        let (created_at, union_id) = (row.try_get("created_at")?, row.try_get("union_id")?);
        Ok(Some(UserInfo { name: name.to_owned(), role: role_in(&row)?, union_id, created_at }))
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
