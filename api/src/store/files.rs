//! What a database does with its files: compacts them, so that they hold no deleted content.

use super::error::StoreError;
use super::sql::Pool;
use super::{postgres, sqlite};

/// Rewrites the files of a database, so that they hold no deleted content.
pub(crate) async fn vacuum(pool: &Pool) -> Result<(), StoreError> {
    match pool {
        Pool::Sqlite(pool) => sqlite::vacuum(pool).await,
        Pool::Postgres(_) => postgres::vacuum(pool).await,
    }
}
