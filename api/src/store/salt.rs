//! The salt of the hashes of erased members.

use super::error::StoreError;
use super::sql::{self, Connection};
use crate::auth::secret::Secret;

/// The salt of the home, generated on first use.
pub(crate) async fn salt(connection: &mut Connection) -> Result<Vec<u8>, StoreError> {
    let generated = Secret::generate().and_then(|secret| hex::decode(secret.reveal()).ok());
    sql::query("insert into forgotten_salt (\"only\", salt) values (1, $1) on conflict do nothing")
        .bind(generated.ok_or(StoreError::NoRandomness)?)
        .execute(&mut *connection)
        .await?;
    Ok(sql::query_scalar("select salt from forgotten_salt").fetch_one(connection).await?)
}
