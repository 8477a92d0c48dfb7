//! API keys. The secret is shown once, when the key is created; only its hash is stored.

use serde::Serialize;

use super::error::{StoreError, checked_name};
use super::sql::{self, Pool, Row};
use crate::auth::key_ring::LoadedKey;
use crate::auth::role::Role;
use crate::auth::secret::{Digest32, KeyText, Secret, digest};

/// The API keys of a home.
#[derive(Debug)]
pub struct Keys<'a> {
    pub(crate) pool: &'a Pool,
}

/// A new key with its secret, which is not stored.
#[derive(Clone, Serialize)]
pub struct NewKey {
    /// Id of the key in lists and logs; not secret.
    pub id: String,
    /// The text to send after `Authorization: Bearer `.
    pub key: String,
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A stored key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyInfo {
    /// Id of the key.
    pub id: String,
    /// Name of the key.
    pub name: String,
    /// Role of the key.
    pub scope: Role,
    /// The union subtree a staff key may see; null for all members.
    pub union_id: Option<String>,
    /// When it was created, seconds since 1970 in UTC.
    pub created_at: i64,
    /// When it was revoked; null while the key is valid.
    pub revoked_at: Option<i64>,
}

impl Keys<'_> {
    /// Creates a key for all unions. `now` is the current time in seconds since 1970 in UTC.
    ///
    /// # Errors
    /// [`StoreError::BadName`] for an invalid name, [`StoreError::Database`] if the key cannot be stored.
    pub async fn add(&self, name: &str, scope: Role, now: i64) -> Result<NewKey, StoreError> {
        self.add_within(name, scope, None, now).await
    }

    /// Creates a key limited to a union subtree, if `union_id` is given.
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
        sql::query(
            "insert into api_keys (id, name, role, secret_sha256, created_at, union_id) values ($1, $2, $3, $4, $5, $6)",
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

    /// All keys, including revoked ones, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn list(&self) -> Result<Vec<KeyInfo>, StoreError> {
        let rows = sql::query("select * from api_keys order by created_at, id").fetch_all(self.pool).await?;
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

    /// Revokes the valid key of this id, or of this name if no id matches. Running services refuse it within a second.
    ///
    /// # Errors
    /// [`StoreError::UnknownKey`] or [`StoreError::AmbiguousKey`] unless exactly one valid key matches.
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
        sql::query("update api_keys set revoked_at = $1 where id = $2 and revoked_at is null")
            .bind(now)
            .bind(&key.id)
            .execute(self.pool)
            .await?;
        Ok(KeyInfo { revoked_at: Some(now), ..key })
    }

    /// The valid keys with the hashes of their secrets.
    pub(crate) async fn load(&self) -> Result<Vec<LoadedKey>, StoreError> {
        let rows = sql::query("select id, role, secret_sha256, union_id from api_keys where revoked_at is null")
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

/// Reads the column `role` of a row.
pub(crate) fn role_in(row: &Row) -> Result<Role, StoreError> {
    let text: &str = row.try_get("role")?;
    Ok(Role::parse(text).ok_or_else(|| corrupt("role"))?)
}

fn corrupt(column: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("column {column} has an unexpected value").into())
}
