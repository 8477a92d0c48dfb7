//! The salted hashes of all erased members and openids.

use zhihui_data::ErasedIds;

use super::error::StoreError;
use super::sql::{self, Connection};

pub(crate) async fn load(connection: &mut Connection) -> Result<ErasedIds, StoreError> {
    let salt: Option<Vec<u8>> =
        sql::query_scalar("select salt from forgotten_salt").fetch_optional(&mut *connection).await?;
    let hashes: Vec<Vec<u8>> = sql::query_scalar("select hash from forgotten").fetch_all(connection).await?;
    Ok(ErasedIds::new(salt.unwrap_or_default(), hashes.into_iter().filter_map(|hash| hash.try_into().ok())))
}
