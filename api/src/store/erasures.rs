//! Erased members: erasures in progress, and the salted hashes that keep an erased member out for good.

use zhihui_data::ErasedIds;

use super::audit::{NewAuditEntry, append_in};
use super::error::StoreError;
use super::member_rows::MemberRows;
use super::salt::salt;
use super::sql::{self, Connection, Pool};
use super::{erased_hashes, files, member_rows};

/// The erasure tables of a home.
#[derive(Debug)]
pub struct Erasures<'a> {
    pub(crate) pool: &'a Pool,
}

/// An erasure that has not reached the disk yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The member.
    pub member_id: String,
    /// The known openids of the member.
    pub openids: Vec<String>,
    /// When the erasure was requested, seconds since 1970 in UTC.
    pub asked_at: i64,
    /// When the member's rows were removed from the tables of the lake; `None` until then.
    pub lake_at: Option<i64>,
}

impl Erasures<'_> {
    /// Removes a member from all answers at once and for good, and deletes all rows of the member from this database.
    /// Only the erasure itself stays until the last file without the member is written.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is erased then.
    pub async fn erase(
        &self,
        member_id: &str,
        openids: &[String],
        entry: &NewAuditEntry<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        append_in(&mut transaction, entry).await?;
        let salt = salt(&mut transaction).await?;
        let sql = "insert into erasures (member_id, asked_at) values ($1, $2) \
                   on conflict (member_id) do update set lake_at = null";
        sql::query(sql).bind(member_id).bind(entry.at).execute(&mut *transaction).await?;
        insert_hash(&mut transaction, &ErasedIds::hash_of_member(&salt, member_id), entry.at).await?;
        insert_openids(&mut transaction, &salt, member_id, openids, entry.at).await?;
        member_rows::delete(&mut transaction, member_id, openids).await?;
        Ok(transaction.commit().await?)
    }

    /// Adds openids, found in files, of a member who is being erased.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is added then.
    pub async fn add_openids(&self, member_id: &str, openids: &[String], now: i64) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        let salt = salt(&mut transaction).await?;
        insert_openids(&mut transaction, &salt, member_id, openids, now).await?;
        member_rows::delete(&mut transaction, member_id, openids).await?;
        Ok(transaction.commit().await?)
    }

    /// Erasures that have not reached the disk yet, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn pending(&self) -> Result<Vec<Erasure>, StoreError> {
        let rows = sql::query("select * from erasures order by asked_at, member_id").fetch_all(self.pool).await?;
        let mut pending = Vec::new();
        for row in rows {
            let member_id: String = row.try_get("member_id")?;
            let openids = sql::query_scalar("select openid from erasure_openids where member_id = $1 order by openid")
                .bind(&member_id)
                .fetch_all(self.pool)
                .await?;
            let (asked_at, lake_at) = (row.try_get("asked_at")?, row.try_get("lake_at")?);
            pending.push(Erasure { member_id, openids, asked_at, lake_at });
        }
        Ok(pending)
    }

    /// Records that a member's rows were removed from the tables of the lake.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_lake_erased(&self, member_id: &str, now: i64) -> Result<(), StoreError> {
        sql::query("update erasures set lake_at = $1 where member_id = $2")
            .bind(now)
            .bind(member_id)
            .execute(self.pool)
            .await?;
        Ok(())
    }

    /// Completes erasures: deletes the members' ids and overwrites freed pages. Only hashes stay.
    ///
    /// # Errors
    /// [`StoreError::Database`], also if another connection keeps the old pages in use; call it again then.
    pub async fn finish(&self, done: &[Erasure]) -> Result<(), StoreError> {
        if done.is_empty() {
            return Ok(());
        }
        let mut transaction = self.pool.begin_write().await?;
        for erasure in done {
            member_rows::delete(&mut transaction, &erasure.member_id, &erasure.openids).await?;
            sql::query("delete from erasures where member_id = $1")
                .bind(&erasure.member_id)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        files::vacuum(self.pool).await
    }

    /// Salted hashes of all erased members and openids.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn erased_members(&self) -> Result<ErasedIds, StoreError> {
        erased_hashes::load(&mut self.pool.acquire().await?).await
    }

    /// Copies the hashes of erased members and of revoked openids from another database of the same home, as it was before a
    /// restore.
    ///
    /// # Errors
    /// [`StoreError::Database`]; [`StoreError::OtherSalt`] for a database of another home.
    pub async fn copy_hashes(&self, from: &Erasures<'_>) -> Result<(), StoreError> {
        let their_salt: Option<Vec<u8>> =
            sql::query_scalar("select salt from forgotten_salt").fetch_optional(from.pool).await?;
        let Some(their_salt) = their_salt else { return Ok(()) };
        let mut transaction = self.pool.begin_write().await?;
        sql::query("insert into forgotten_salt (\"only\", salt) values (1, $1) on conflict do nothing")
            .bind(&their_salt)
            .execute(&mut *transaction)
            .await?;
        if salt(&mut transaction).await? != their_salt {
            return Err(StoreError::OtherSalt);
        }
        for row in sql::query("select hash, at from forgotten").fetch_all(from.pool).await? {
            let (hash, at): (Vec<u8>, i64) = (row.try_get("hash")?, row.try_get("at")?);
            insert_hash(&mut transaction, &hash, at).await?;
        }
        for row in sql::query("select hash, at from revoked_openids").fetch_all(from.pool).await? {
            let (hash, at): (Vec<u8>, i64) = (row.try_get("hash")?, row.try_get("at")?);
            sql::query("insert into revoked_openids (hash, at) values ($1, $2) on conflict do nothing")
                .bind(hash)
                .bind(at)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// All rows of this database about a member, by table.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn member_rows(&self, member_id: &str, openids: &[String]) -> Result<MemberRows, StoreError> {
        member_rows::select(self.pool, member_id, openids).await
    }
}

async fn insert_hash(connection: &mut Connection, hash: &[u8], at: i64) -> Result<(), StoreError> {
    sql::query("insert into forgotten (hash, at) values ($1, $2) on conflict do nothing")
        .bind(hash)
        .bind(at)
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_openids(
    connection: &mut Connection,
    salt: &[u8],
    member_id: &str,
    openids: &[String],
    at: i64,
) -> Result<(), StoreError> {
    for openid in openids.iter().filter(|openid| !openid.is_empty()) {
        sql::query("insert into erasure_openids (member_id, openid) values ($1, $2) on conflict do nothing")
            .bind(member_id)
            .bind(openid)
            .execute(&mut *connection)
            .await?;
        insert_hash(connection, &ErasedIds::hash_of_openid(salt, openid), at).await?;
    }
    Ok(())
}
