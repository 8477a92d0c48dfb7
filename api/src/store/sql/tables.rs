//! What a database tells about its tables.

use super::connection::Connection;
use super::query::{query, query_as, query_scalar};

/// The tables of the database, in order, without those of migrations.
pub(crate) async fn names(connection: &mut Connection) -> Result<Vec<String>, sqlx::Error> {
    let sql = connection.dialect().choose(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' \
         and name not like '%_migrations' order by name",
        "select tablename::text from pg_tables where schemaname = current_schema() \
         and tablename not like '%\\_migrations' and tablename <> 'last_numbers' order by 1",
    );
    query_scalar(sql).fetch_all(connection).await
}

/// Whether the database has a table.
pub(crate) async fn exists(connection: &mut Connection, table: &str) -> Result<bool, sqlx::Error> {
    let sql = connection.dialect().choose(
        "select exists (select name from sqlite_schema where type = 'table' and name = $1)",
        "select exists (select tablename from pg_tables where schemaname = current_schema() and tablename = $1)",
    );
    query_scalar(sql).bind(table).fetch_one(connection).await
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    Integer,
    Real,
    Text,
    Bytes,
}

/// The columns of a table that can be written, in order.
pub(crate) async fn columns(
    connection: &mut Connection,
    table: &str,
) -> Result<Vec<(String, ColumnKind)>, sqlx::Error> {
    let sql = connection.dialect().choose(
        "select name, type from pragma_table_info($1) order by cid",
        "select column_name::text, data_type::text from information_schema.columns where table_schema = current_schema() \
         and table_name = $1 order by ordinal_position",
    );
    let columns: Vec<(String, String)> = query_as(sql).bind(table).fetch_all(connection).await?;
    let kind = |kind: &str| match kind {
        "INTEGER" | "bigint" => ColumnKind::Integer,
        "REAL" | "double precision" => ColumnKind::Real,
        "BLOB" | "bytea" => ColumnKind::Bytes,
        _ => ColumnKind::Text,
    };
    Ok(columns.into_iter().map(|(name, stored)| (name, kind(&stored))).collect())
}

/// Which table refers to which other one.
pub(crate) async fn references(connection: &mut Connection) -> Result<Vec<(String, String)>, sqlx::Error> {
    let sql = connection.dialect().choose(
        "select s.name, k.\"table\" from sqlite_schema s, pragma_foreign_key_list(s.name) k where s.type = 'table'",
        "select t.relname::text, f.relname::text from pg_constraint k join pg_class t on t.oid = k.conrelid \
         join pg_class f on f.oid = k.confrelid where k.contype = 'f' and k.connamespace = current_schema()::regnamespace",
    );
    query_as(sql).fetch_all(connection).await
}

/// The highest number that a table with numbered rows has ever given; 0 before the first. It stays when rows are deleted.
pub(crate) async fn last_number(connection: &mut Connection, table: &str) -> Result<i64, sqlx::Error> {
    let sql = connection.dialect().choose(
        "select coalesce((select seq from sqlite_sequence where name = $1), 0)",
        "select coalesce((select number from last_numbers where name = $1), 0)",
    );
    query_scalar(sql).bind(table).fetch_one(connection).await
}

/// Lets the numbers of a table go on after this one.
pub(crate) async fn set_last_number(connection: &mut Connection, table: &str, number: i64) -> Result<(), sqlx::Error> {
    let (clear, set) = connection.dialect().choose(
        ("delete from sqlite_sequence where name = $1", "insert into sqlite_sequence (name, seq) values ($1, $2)"),
        ("delete from last_numbers where name = $1", "insert into last_numbers (name, number) values ($1, $2)"),
    );
    query(clear).bind(table).execute(&mut *connection).await?;
    query(set).bind(table).bind(number).execute(connection).await?;
    Ok(())
}
