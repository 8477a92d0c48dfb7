//! Finds and removes a member in tables whose rows hold many member ids, each between two line feeds.

use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::error::StoreError;

/// The table that describes the packed rows, and counts their members.
pub(super) const OWNERS: &str = "exclusion_lists";

/// Removes a member from all packed rows.
pub(super) async fn delete(connection: &mut SqliteConnection, member_id: &str) -> Result<(), StoreError> {
    if !has_table(connection).await? {
        return Ok(());
    }
    let line = line_of(member_id);
    let sql = "update exclusion_lists set members = members - 1 where id in \
               (select list_id from exclusion_list_ids where instr(ids, ?1) > 0)";
    sqlx::query(sql).bind(&line).execute(&mut *connection).await?;
    let sql = "update exclusion_list_ids set ids = replace(ids, ?1, char(10)) where instr(ids, ?1) > 0";
    sqlx::query(sql).bind(&line).execute(connection).await?;
    Ok(())
}

/// The lists that a member is on.
pub(super) async fn select(connection: &mut SqliteConnection, member_id: &str) -> Result<Vec<SqliteRow>, StoreError> {
    if !has_table(connection).await? {
        return Ok(Vec::new());
    }
    let sql = "select id, name, purpose, always, until, created_at from exclusion_lists where id in \
               (select list_id from exclusion_list_ids where instr(ids, ?1) > 0) order by id";
    Ok(sqlx::query(sql).bind(line_of(member_id)).fetch_all(connection).await?)
}

/// The database of events has no lists.
async fn has_table(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    let sql = "select count(*) from sqlite_schema where type = 'table' and name = ?";
    let tables: i64 = sqlx::query_scalar(sql).bind(OWNERS).fetch_one(connection).await?;
    Ok(tables > 0)
}

fn line_of(member_id: &str) -> String {
    format!("\n{member_id}\n")
}
