//! Accounts of people: name, role and Argon2id hash of the password.

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use serde::Serialize;

use super::error::{StoreError, checked_name};
use super::keys::role_in;
use super::sql::{self, Pool};
use crate::auth::role::Role;

const MIN_PASSWORD: usize = 8;
/// Bounds the work of hashing.
const MAX_PASSWORD: usize = 200;
/// Verified if the name is unknown, so that the response takes as long as for a known name. No password matches it.
const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGlzIGhlcmU$4bWh4MhmL0UH2nJtHmvUZKSMpTnyg5Ct1nsyuTVMLzk";

/// The accounts of a home.
#[derive(Debug)]
pub struct Users<'a> {
    pub(crate) pool: &'a Pool,
}

/// An account, without its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserInfo {
    /// Name to sign in with.
    pub name: String,
    /// Role of the account.
    pub role: Role,
    /// The union subtree the account may see; null for all members.
    pub union_id: Option<String>,
    /// When it was created, seconds since 1970 in UTC.
    pub created_at: i64,
}

impl Users<'_> {
    /// Creates an account for all unions. `now` is the current time in seconds since 1970 in UTC.
    ///
    /// # Errors
    /// [`StoreError`] if the name is taken or invalid, the password is too short, or the role is for keys only.
    pub async fn add(&self, name: &str, role: Role, password: &str, now: i64) -> Result<UserInfo, StoreError> {
        self.add_within(name, role, None, password, now).await
    }

    /// Creates an account limited to a union subtree, if `union_id` is given.
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
        if !(MIN_PASSWORD..=MAX_PASSWORD).contains(&password.chars().count()) {
            return Err(StoreError::BadPassword { least: MIN_PASSWORD, most: MAX_PASSWORD });
        }
        let hash = hash(password.to_owned()).await?;
        let sql = "insert into users (name, role, password_hash, created_at, union_id) values ($1, $2, $3, $4, $5) on conflict do nothing";
        let done = sql::query(sql)
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

    /// All accounts, ordered by name.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn list(&self) -> Result<Vec<UserInfo>, StoreError> {
        let rows =
            sql::query("select name, role, union_id, created_at from users order by name").fetch_all(self.pool).await?;
        rows.iter()
            .map(|row| {
                let (name, union_id) = (row.try_get("name")?, row.try_get("union_id")?);
                Ok(UserInfo { name, role: role_in(row)?, union_id, created_at: row.try_get("created_at")? })
            })
            .collect()
    }

    /// Whether an account of this name exists.
    pub(crate) async fn exists(&self, name: &str) -> Result<bool, StoreError> {
        let found = sql::query("select name from users where name = $1").bind(name.trim());
        Ok(found.fetch_optional(self.pool).await?.is_some())
    }

    /// Removes an account and ends its sessions.
    ///
    /// # Errors
    /// [`StoreError::UnknownUser`].
    pub async fn remove(&self, name: &str) -> Result<(), StoreError> {
        let done = sql::query("delete from users where name = $1").bind(name.trim()).execute(self.pool).await?;
        if done.rows_affected() == 0 { Err(StoreError::UnknownUser(name.to_owned())) } else { Ok(()) }
    }

    /// The account, if the password is correct. An unknown name takes as long as a wrong password.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn verify(&self, name: &str, password: &str) -> Result<Option<UserInfo>, StoreError> {
        let Ok(name) = checked_name(name) else { return Ok(None) };
        let row = sql::query("select name, role, union_id, created_at, password_hash from users where name = $1")
            .bind(name)
            .fetch_optional(self.pool)
            .await?;
        let known: Option<String> = row.as_ref().map(|row| row.try_get("password_hash")).transpose()?;
        let is_correct = matches(password.to_owned(), known.unwrap_or_else(|| DUMMY_HASH.to_owned())).await?;
        let Some(row) = row.filter(|_| is_correct) else { return Ok(None) };
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
        let fits = password.chars().count() <= MAX_PASSWORD;
        fits && Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok()
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Interrupted)
}
