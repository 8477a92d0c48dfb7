//! API keys: made once, shown once, kept as a hash.

use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqlitePool;

use super::StoreError;
use super::error::checked_name;
use crate::access::{Digest32, KeyText, LoadedKey, Role, Secret, digest};

/// The API keys of a home.
#[derive(Debug)]
pub struct Keys<'a> {
    pub(super) pool: &'a SqlitePool,
}

/// A key at the only moment when its secret is known.
#[derive(Clone, Serialize)]
pub struct NewKey {
    /// Names the key in lists and logs; no secret.
    pub id: String,
    /// What the holder sends after `Authorization: Bearer `.
    pub key: String,
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyInfo {
    /// Its id.
    pub id: String,
    /// The name it was given.
    pub name: String,
    /// What it may do.
    pub scope: Role,
    /// The union beyond which a staff key sees nobody; null where it sees all.
    pub union_id: Option<String>,
    /// When it was made, seconds since 1970 in UTC.
    pub created_at: i64,
    /// When it was revoked; null while it is valid.
    pub revoked_at: Option<i64>,
}

impl Keys<'_> {
    /// Makes a key that sees every union. `now` is the present instant in seconds since 1970 in UTC.
    ///
    /// # Errors
    /// [`StoreError::BadName`] for an unusable name, [`StoreError::Database`] when it cannot be kept.
    pub async fn add(&self, name: &str, scope: Role, now: i64) -> Result<NewKey, StoreError> {
        self.add_within(name, scope, None, now).await
    }

    /// Makes a key that sees this union and those below it alone, where one is named.
    ///
    /// # Errors
    /// As [`Keys::add`], and [`StoreError::UnionForStaff`] for another role.
    pub async fn add_within(
        &self,
        name: &str,
        scope: Role,
        union_id: Option<&str>,
        now: i64,
    ) -> Result<NewKey, StoreError> {
        if union_id.is_some() && scope != Role::Staff {
            return Err(StoreError::UnionForStaff);
        }
        let name = checked_name(name)?;
        let id = KeyText::new_id().ok_or(StoreError::NoRandomness)?;
        let secret = Secret::generate().ok_or(StoreError::NoRandomness)?;
        sqlx::query(
            "insert into api_keys (id, name, role, secret_sha256, created_at, union_id) values (?, ?, ?, ?, ?, ?)",
        )
        .bind(&id)
        .bind(name)
        .bind(scope.as_str())
        .bind(digest(secret.reveal()).as_bytes())
        .bind(now)
        .bind(union_id)
        .execute(self.pool)
        .await?;
        Ok(NewKey { key: KeyText::compose(&id, &secret), id })
    }

    /// Every key, revoked ones included, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`] when they cannot be read.
    pub async fn list(&self) -> Result<Vec<KeyInfo>, StoreError> {
        let rows = sqlx::query("select * from api_keys order by created_at, id").fetch_all(self.pool).await?;
        rows.iter()
            .map(|row| {
                Ok(KeyInfo {
                    id: row.try_get("id")?,
                    name: row.try_get("name")?,
                    scope: role_in(row)?,
                    union_id: row.try_get("union_id")?,
                    created_at: row.try_get("created_at")?,
                    revoked_at: row.try_get("revoked_at")?,
                })
            })
            .collect()
    }

    /// Revokes the valid key of this id or, where no id is so, of this name. Running services refuse it within a second.
    ///
    /// # Errors
    /// [`StoreError::UnknownKey`] and [`StoreError::AmbiguousKey`] when no single valid key is meant.
    pub async fn revoke(&self, id_or_name: &str, now: i64) -> Result<KeyInfo, StoreError> {
        let valid: Vec<KeyInfo> = self.list().await?.into_iter().filter(|key| key.revoked_at.is_none()).collect();
        let mut named = valid.iter().filter(|key| key.name == id_or_name);
        let key = match (valid.iter().find(|key| key.id == id_or_name), named.next(), named.next()) {
            (Some(key), _, _) | (None, Some(key), None) => key.clone(),
            (None, None, _) => return Err(StoreError::UnknownKey(id_or_name.to_owned())),
            (None, Some(_), Some(_)) => {
                let ids = valid.iter().filter(|key| key.name == id_or_name).map(|key| key.id.clone()).collect();
                return Err(StoreError::AmbiguousKey { name: id_or_name.to_owned(), ids });
            }
        };
        sqlx::query("update api_keys set revoked_at = ? where id = ? and revoked_at is null")
            .bind(now)
            .bind(&key.id)
            .execute(self.pool)
            .await?;
        Ok(KeyInfo { revoked_at: Some(now), ..key })
    }

    /// Valid keys with the hashes of their secrets.
    pub(super) async fn load(&self) -> Result<Vec<LoadedKey>, StoreError> {
        let rows = sqlx::query("select id, role, secret_sha256, union_id from api_keys where revoked_at is null")
            .fetch_all(self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                let bytes: &[u8] = row.try_get("secret_sha256")?;
                let secret = Digest32::from_slice(bytes).ok_or_else(|| corrupt("secret_sha256"))?;
                let union_id = row.try_get("union_id")?;
                Ok(LoadedKey { id: row.try_get("id")?, role: role_in(row)?, secret, union_id })
            })
            .collect()
    }
}

/// The column `role` of a row.
pub(super) fn role_in(row: &sqlx::sqlite::SqliteRow) -> Result<Role, StoreError> {
    let text: &str = row.try_get("role")?;
    Ok(Role::parse(text).ok_or_else(|| corrupt("role"))?)
}

fn corrupt(column: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("column {column} holds a value that this program never writes").into())
}
