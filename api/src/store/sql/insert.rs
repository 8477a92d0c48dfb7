//! Inserts many rows by one statement.

use std::fmt::Write as _;

use sqlx::AssertSqlSafe;

use super::connection::Connection;
use super::dialect::Dialect;
use super::parameter::Parameter;
use super::query::query;

/// Inserts rows. `into` names the table and its columns. A statement has at most 32,766 values in SQLite.
pub(crate) async fn insert_rows(
    connection: &mut Connection,
    into: &str,
    rows: impl IntoIterator<Item: IntoIterator<Item = Parameter>>,
) -> Result<(), sqlx::Error> {
    let (mut sql, mut values) = (format!("insert into {into} values "), Vec::new());
    for (number, row) in rows.into_iter().enumerate() {
        sql.push_str(if number == 0 { "(" } else { "), (" });
        for (column, value) in row.into_iter().enumerate() {
            sql.push_str(if column == 0 { "" } else { ", " });
            values.push(value);
            // SQLite looks for a numbered placeholder among all others.
            match connection.dialect() {
                Dialect::Sqlite => sql.push('?'),
                Dialect::Postgres => write!(sql, "${}", values.len()).unwrap_or_default(),
            }
        }
    }
    if values.is_empty() {
        return Ok(());
    }
    sql.push(')');
    let insert = values.into_iter().fold(query(AssertSqlSafe(sql)), |insert, value| insert.bind(value));
    insert.execute(connection).await?;
    Ok(())
}
