//! Copies all rows from one database to an empty one, of the other kind or the same.

use std::collections::BTreeSet;

use futures::TryStreamExt as _;
use sqlx::AssertSqlSafe;

use super::error::StoreError;
use super::sql::tables::{self, ColumnKind};
use super::sql::{self, Connection, Parameter, Pool, Row, ToParameter as _, insert_rows};

/// Rows read and written at a time.
const PAGE: usize = 1_000;
/// Values of a statement: SQLite takes 32,766.
const MAX_VALUES: usize = 30_000;
/// Triggers of the tables fill it.
const FILLED_BY_TRIGGERS: &str = "change_counters";

/// Copies the rows of all tables that `to` has, from one state of `from`. `numbered` are the tables whose numbers go on.
///
/// # Errors
/// [`StoreError::NotEmpty`] if `to` has rows; nothing is copied then.
pub(crate) async fn copy_rows(from: &Pool, to: &Pool, numbered: &str) -> Result<(), StoreError> {
    let mut reader = from.begin_read().await?;
    let mut writer = to.begin_write().await?;
    let mut rest: BTreeSet<String> = tables::names(&mut writer).await?.into_iter().collect();
    rest.remove(FILLED_BY_TRIGGERS);
    for table in &rest {
        check_empty(&mut writer, table).await?;
    }
    let references = tables::references(&mut writer).await?;
    while !rest.is_empty() {
        let waits =
            |table: &String| references.iter().any(|(from, to)| from == table && to != table && rest.contains(to));
        let ready: Vec<String> = rest.iter().filter(|table| !waits(table)).cloned().collect();
        for table in &ready {
            copy_table(&mut reader, &mut writer, table).await?;
        }
        rest.retain(|table| !ready.contains(table));
    }
    let last = tables::last_number(&mut reader, numbered).await?;
    tables::set_last_number(&mut writer, numbered, last).await?;
    Ok(writer.commit().await?)
}

async fn check_empty(connection: &mut Connection, table: &str) -> Result<(), StoreError> {
    let any = sql::query(AssertSqlSafe(format!("select * from \"{table}\" limit 1")));
    match any.fetch_optional(connection).await? {
        // An inbox has its row from the beginning.
        Some(_) if table != "inbox" => Err(StoreError::NotEmpty(table.to_owned())),
        _ => Ok(()),
    }
}

async fn copy_table(reader: &mut Connection, writer: &mut Connection, table: &str) -> Result<(), StoreError> {
    let columns = tables::columns(writer, table).await?;
    let names: Vec<String> = columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let (names, page) = (names.join(", "), PAGE.min(MAX_VALUES / columns.len()));
    sql::query(AssertSqlSafe(format!("delete from \"{table}\""))).execute(&mut *writer).await?;
    let select = sql::query(AssertSqlSafe(format!("select {names} from \"{table}\"")));
    let mut pages = select.fetch(reader)?.try_chunks(page);
    while let Some(rows) = pages.try_next().await.map_err(|error| error.1)? {
        let rows = rows.iter().map(|row| values(row, &columns)).collect::<Result<Vec<_>, _>>()?;
        insert_rows(writer, &format!("\"{table}\" ({names})"), rows).await?;
    }
    Ok(())
}

fn values(row: &Row, columns: &[(String, ColumnKind)]) -> Result<Vec<Parameter>, sqlx::Error> {
    let value = |(at, (_, kind)): (usize, &(String, ColumnKind))| {
        Ok(match kind {
            ColumnKind::Integer => row.try_get::<Option<i64>, _>(at)?.parameter(),
            ColumnKind::Real => row.try_get::<Option<f64>, _>(at)?.parameter(),
            ColumnKind::Text => row.try_get::<Option<String>, _>(at)?.parameter(),
            ColumnKind::Bytes => row.try_get::<Option<Vec<u8>>, _>(at)?.parameter(),
        })
    };
    columns.iter().enumerate().map(value).collect()
}
