//! Openids of people without a known member who withdrew a permission for stored data, as salted hashes.

use zhihui_data::ErasedIds;

use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::salt::salt;
use crate::store::sql::{self, Pool};

/// The revoked openids of a home.
#[derive(Debug, Clone, Copy)]
pub(super) struct RevokedOpenids<'a> {
    pool: &'a Pool,
}

impl<'a> RevokedOpenids<'a> {
    pub(super) fn new(store: &'a Store) -> Self {
        Self { pool: store.pool() }
    }

    pub(super) async fn add(&self, openid: &str, at: i64) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        let hash = ErasedIds::hash_of_openid(&salt(&mut transaction).await?, openid);
        sql::query("insert into revoked_openids (hash, at) values ($1, $2) on conflict do nothing")
            .bind(&hash[..])
            .bind(at)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    pub(super) async fn contains(&self, openid: &str) -> Result<bool, StoreError> {
        let Some(hash) = self.hash(openid).await? else { return Ok(false) };
        let sql = "select exists (select 1 from revoked_openids where hash = $1)";
        Ok(sql::query_scalar(sql).bind(hash).fetch_one(self.pool).await?)
    }

    /// All revoked openids, as hashes.
    pub(super) async fn all(&self) -> Result<ErasedIds, StoreError> {
        let hashes: Vec<Vec<u8>> = sql::query_scalar("select hash from revoked_openids").fetch_all(self.pool).await?;
        let salt: Option<Vec<u8>> =
            sql::query_scalar("select salt from forgotten_salt").fetch_optional(self.pool).await?;
        Ok(ErasedIds::new(salt.unwrap_or_default(), hashes.into_iter().filter_map(|hash| hash.try_into().ok())))
    }

    pub(super) async fn remove(&self, openid: &str) -> Result<(), StoreError> {
        if let Some(hash) = self.hash(openid).await? {
            sql::query("delete from revoked_openids where hash = $1").bind(hash).execute(self.pool).await?;
        }
        Ok(())
    }

    /// The hash of an openid; `None` before anybody has withdrawn anything.
    async fn hash(&self, openid: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let salt: Option<Vec<u8>> =
            sql::query_scalar("select salt from forgotten_salt where exists (select 1 from revoked_openids)")
                .fetch_optional(self.pool)
                .await?;
        Ok(salt.map(|salt| ErasedIds::hash_of_openid(&salt, openid).to_vec()))
    }
}
