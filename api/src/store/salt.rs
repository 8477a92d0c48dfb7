//! The salt of the hashes of erased members.

use sqlx::sqlite::SqliteConnection;

use super::error::StoreError;
use crate::auth::secret::Secret;

/// The salt of the home, generated on first use.
pub(crate) async fn salt(connection: &mut SqliteConnection) -> Result<Vec<u8>, StoreError> {
    let generated = Secret::generate().and_then(|secret| hex::decode(secret.reveal()).ok());
    sqlx::query("insert into forgotten_salt (only, salt) values (1, ?) on conflict do nothing")
        .bind(generated.ok_or(StoreError::NoRandomness)?)
        .execute(&mut *connection)
        .await?;
    Ok(sqlx::query_scalar("select salt from forgotten_salt").fetch_one(connection).await?)
}
