//! Rows that were deleted on a page and can be restored for a while.

use sqlx::AssertSqlSafe;

use super::error::StoreError;
use super::sql::{self, Pool};

/// How long a deletion can be undone.
pub(crate) const RESTORE_SECONDS: i64 = 10 * 60;

/// A deleted row that can be restored now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeletedRow {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl DeletedRow {
    /// The time to undo a deletion.
    pub(crate) fn minutes(&self) -> i64 {
        RESTORE_SECONDS / 60
    }

    /// The deleted row of a table with the columns `id`, `name`, `union_id` and `deleted_at`. `within` is the union that the
    /// caller is limited to.
    pub(crate) async fn find(
        (pool, table): (&Pool, &'static str),
        id: Option<&str>,
        within: Option<&str>,
        now: i64,
    ) -> Result<Option<Self>, StoreError> {
        let Some(id) = id else { return Ok(None) };
        let sql =
            format!("select name from {table} where id = $1 and deleted_at >= $2 and ($3 is null or union_id = $3)");
        let select = sql::query_scalar(AssertSqlSafe(sql)).bind(id).bind(now - RESTORE_SECONDS).bind(within);
        let name: Option<String> = select.fetch_optional(pool).await?;
        Ok(name.map(|name| Self { id: id.to_owned(), name }))
    }
}
