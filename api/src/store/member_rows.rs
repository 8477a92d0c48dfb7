//! Every trace of a member in the database, whatever table it lies in: rows that name the member in a column of their own,
//! or inside a text of JSON.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Column as _, Row, TypeInfo as _, ValueRef as _};

use super::StoreError;

/// Rows of each table that tell of a member.
pub type Held = BTreeMap<String, Vec<Value>>;

/// Tables whose rows stay: the audit log knows pseudonyms alone, an erasure is needed until it is done, and the rest
/// speaks of keys, accounts, runs and hashes.
const NOT_SEARCHED: &[&str] = &[
    "audit",
    "erasures",
    "erasure_openids",
    "forgotten",
    "forgotten_salt",
    "users",
    "api_keys",
    "sessions",
    "sign_in_locks",
    "change_counters",
    "runs",
];

/// A condition that finds a member's rows in one table.
struct Search {
    table: String,
    condition: String,
    values: Vec<String>,
}

/// Deletes every row that tells of a member.
pub(crate) async fn delete(
    connection: &mut SqliteConnection,
    member_id: &str,
    openids: &[String],
) -> Result<(), StoreError> {
    // Deleted content is overwritten in its page; what the log keeps goes when the erasure ends.
    sqlx::query("pragma secure_delete = on").execute(&mut *connection).await?;
    for search in searches(connection, member_id, openids).await? {
        let sql = format!("delete from \"{}\" where {}", search.table, search.condition);
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for value in search.values {
            query = query.bind(value);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// The rows that tell of a member, as JSON objects by table.
pub(crate) async fn held(pool: &SqlitePool, member_id: &str, openids: &[String]) -> Result<Held, StoreError> {
    let mut connection = pool.acquire().await?;
    let mut held = Held::new();
    for search in searches(&mut connection, member_id, openids).await? {
        let sql = format!("select * from \"{}\" where {}", search.table, search.condition);
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for value in search.values {
            query = query.bind(value);
        }
        let rows = query.fetch_all(&mut *connection).await?;
        if !rows.is_empty() {
            let rows: Result<Vec<Value>, StoreError> = rows.iter().map(json).collect();
            held.insert(search.table, rows?);
        }
    }
    Ok(held)
}

/// Rewrites a database so that it leaves no old page behind, and empties its log so that it leaves no old frame.
pub(crate) async fn give_up_pages(pool: &SqlitePool) -> Result<(), StoreError> {
    sqlx::query("vacuum").execute(pool).await?;
    sqlx::query("pragma wal_checkpoint(truncate)").execute(pool).await?;
    Ok(())
}

/// Writes a consistent copy of a database to a file that does not exist yet, durably.
pub(crate) async fn copy_to(pool: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    sqlx::query("vacuum into ?").bind(path.to_string_lossy().into_owned()).execute(pool).await?;
    let synced = std::fs::File::open(path).and_then(|file| file.sync_all());
    Ok(synced.map_err(sqlx::Error::Io)?)
}

async fn searches(
    connection: &mut SqliteConnection,
    member_id: &str,
    openids: &[String],
) -> Result<Vec<Search>, StoreError> {
    let names = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' \
                 and name not like '%_migrations' order by name";
    let tables: Vec<String> = sqlx::query_scalar(names).fetch_all(&mut *connection).await?;
    let ids: Vec<&str> = std::iter::once(member_id).chain(openids.iter().map(String::as_str)).collect();
    let mut searches = Vec::new();
    for table in tables.into_iter().filter(|table| !NOT_SEARCHED.contains(&table.as_str())) {
        let columns: Vec<(String, String)> = sqlx::query_as("select name, type from pragma_table_info(?)")
            .bind(&table)
            .fetch_all(&mut *connection)
            .await?;
        let (mut conditions, mut values) = (Vec::new(), Vec::new());
        for (column, kind) in columns.into_iter().filter(|(_, kind)| matches!(kind.as_str(), "TEXT" | "BLOB" | "ANY")) {
            for id in &ids {
                let quoted = Value::String((*id).to_owned()).to_string();
                if kind != "BLOB" {
                    conditions.push(format!("\"{column}\" = ?"));
                    values.push((*id).to_owned());
                }
                conditions.push(format!("instr(cast(\"{column}\" as text), ?) > 0"));
                values.push(quoted);
            }
        }
        if !conditions.is_empty() {
            searches.push(Search { table, condition: conditions.join(" or "), values });
        }
    }
    Ok(searches)
}

fn json(row: &SqliteRow) -> Result<Value, StoreError> {
    let mut object = Map::new();
    for (at, column) in row.columns().iter().enumerate() {
        let raw = row.try_get_raw(at)?;
        let value = match (raw.is_null(), raw.type_info().name()) {
            (true, _) => Value::Null,
            (false, "INTEGER" | "BOOLEAN") => row.try_get::<i64, _>(at)?.into(),
            (false, "REAL") => row.try_get::<f64, _>(at)?.into(),
            (false, "BLOB") => {
                let bytes: Vec<u8> = row.try_get(at)?;
                String::from_utf8(bytes).map_or_else(|error| hex::encode(error.into_bytes()).into(), Value::from)
            }
            (false, _) => row.try_get::<String, _>(at)?.into(),
        };
        object.insert(column.name().to_owned(), value);
    }
    Ok(Value::Object(object))
}
