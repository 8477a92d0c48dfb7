//! Finds and removes a member in tables whose rows hold many member ids, each between two line feeds.

use super::error::StoreError;
use super::sql::{self, Connection, Row, tables};

/// The table that describes the packed rows, and counts their members.
pub(super) const OWNERS: &str = "exclusion_lists";

/// Removes a member from all packed rows. The database of events has none.
pub(super) async fn delete(connection: &mut Connection, member_id: &str) -> Result<(), StoreError> {
    if !tables::exists(connection, OWNERS).await? {
        return Ok(());
    }
    let line = line_of(member_id);
    let sql = "update exclusion_lists set members = members - 1 where id in \
               (select list_id from exclusion_list_ids where instr(ids, $1) > 0)";
    sql::query(sql).bind(&line).execute(&mut *connection).await?;
    let sql = "update exclusion_list_ids set ids = replace(ids, $1, $2) where instr(ids, $1) > 0";
    sql::query(sql).bind(&line).bind("\n").execute(connection).await?;
    Ok(())
}

/// The lists that a member is on.
pub(super) async fn select(connection: &mut Connection, member_id: &str) -> Result<Vec<Row>, StoreError> {
    if !tables::exists(connection, OWNERS).await? {
        return Ok(Vec::new());
    }
    let sql = "select id, name, purpose, always, until, created_at from exclusion_lists where id in \
               (select list_id from exclusion_list_ids where instr(ids, $1) > 0) order by id";
    Ok(sql::query(sql).bind(line_of(member_id)).fetch_all(connection).await?)
}

fn line_of(member_id: &str) -> String {
    format!("\n{member_id}\n")
}
