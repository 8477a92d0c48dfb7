//! Finds and deletes all rows about a member, in every table of a database: rows that name the member or one of the
//! member's openids in a column of its own or inside JSON.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::AssertSqlSafe;

use super::error::StoreError;
use super::sql::tables::ColumnKind;
use super::sql::{self, Connection, Dialect, Pool, Row, tables};
use super::{member_numbers, packed_ids};

/// Rows about a member, as JSON objects by table.
pub type MemberRows = BTreeMap<String, Vec<Value>>;

/// Tables that are not searched: the audit log holds only pseudonyms, an erasure is needed until it is finished, and the
/// others hold rules, keys, accounts, runs and hashes.
const EXCLUDED: &[&str] = &[
    "audiences",
    "audience_versions",
    "exclusion_lists",
    // Searched by `packed_ids`.
    "exclusion_list_ids",
    "audience_days",
    // Searched by `member_numbers`.
    "audience_day_sets",
    "audience_day_changes",
    "audience_day_members",
    "push_lists",
    "push_list_sendings",
    "push_list_batches",
    "wechat_results",
    "teams",
    "team_invitations",
    "allocations",
    "report_links",
    "audit",
    "erasures",
    "erasure_openids",
    "forgotten",
    "forgotten_salt",
    "revoked_openids",
    "users",
    "api_keys",
    "sessions",
    "sign_in_locks",
    "change_counters",
    "runs",
];

/// Tables with many rows in which a single column names a member. The others are not searched: for two million members of push
/// lists that takes 2 s, and 0.2 s for this column. An index would make freezing a list several times slower, because its
/// members are spread over the whole index.
const NAMED_IN: &[(&str, &str)] = &[("push_list_members", "member_id")];

/// Columns that may name another member, whom the member must not learn of: the value is replaced by null in exports.
const OTHER_MEMBERS: &[(&str, &str)] =
    &[("team_suggestions", "asker"), ("team_suggestions", "candidate"), ("team_blocks", "blocked")];
/// Columns of a person who acted. Where it is not the member, the row is not in the member's export: whom others blocked is
/// theirs to know.
const ACTORS: &[(&str, &str)] = &[("team_blocks", "blocker")];

/// A condition that matches the rows about a member in one table.
struct TableFilter {
    table: String,
    condition: String,
    values: Vec<String>,
}

/// Deletes all rows about a member.
pub(crate) async fn delete(connection: &mut Connection, member_id: &str, openids: &[String]) -> Result<(), StoreError> {
    if connection.dialect() == Dialect::Sqlite {
        // Overwrites deleted content in its page. The log is truncated when the erasure finishes.
        sql::query("pragma secure_delete = on").execute(&mut *connection).await?;
    }
    for filter in filters(connection, member_id, openids).await? {
        let sql = format!("delete from \"{}\" where {}", filter.table, filter.condition);
        let mut query = sql::query(AssertSqlSafe(sql));
        for value in filter.values {
            query = query.bind(value);
        }
        query.execute(&mut *connection).await?;
    }
    packed_ids::delete(connection, member_id).await?;
    member_numbers::delete(connection, member_id).await
}

/// Selects all rows about a member.
pub(crate) async fn select(pool: &Pool, member_id: &str, openids: &[String]) -> Result<MemberRows, StoreError> {
    let mut connection = pool.acquire().await?;
    let mut found = MemberRows::new();
    for filter in filters(&mut connection, member_id, openids).await? {
        let sql = format!("select * from \"{}\" where {}", filter.table, filter.condition);
        let mut query = sql::query(AssertSqlSafe(sql));
        for value in filter.values {
            query = query.bind(value);
        }
        let rows = query.fetch_all(&mut connection).await?;
        if !rows.is_empty() {
            let mut rows = rows.iter().map(Row::to_json).collect::<Result<Vec<Value>, sqlx::Error>>()?;
            rows.retain_mut(|row| shows(&filter.table, row, member_id));
            if !rows.is_empty() {
                found.insert(filter.table, rows);
            }
        }
    }
    let lists = packed_ids::select(&mut connection, member_id).await?;
    if !lists.is_empty() {
        found.insert(packed_ids::OWNERS.to_owned(), lists.iter().map(Row::to_json).collect::<Result<_, _>>()?);
    }
    let days = member_numbers::select(&mut connection, member_id).await?;
    if !days.is_empty() {
        found.insert(member_numbers::OWNERS.to_owned(), days);
    }
    Ok(found)
}

/// Whether a row is in the member's export. Takes other members out of it.
fn shows(table: &str, row: &mut Value, member_id: &str) -> bool {
    let of_table = |columns: &[(&str, &'static str)]| -> Vec<&'static str> {
        columns.iter().filter(|(of, _)| *of == table).map(|&(_, column)| column).collect()
    };
    for column in of_table(OTHER_MEMBERS) {
        if row[column] != member_id {
            row[column] = Value::Null;
        }
    }
    of_table(ACTORS).iter().all(|column| row[column] == member_id)
}

async fn filters(
    connection: &mut Connection,
    member_id: &str,
    openids: &[String],
) -> Result<Vec<TableFilter>, StoreError> {
    let tables = tables::names(connection).await?;
    let ids: Vec<&str> = std::iter::once(member_id).chain(openids.iter().map(String::as_str)).collect();
    let mut filters = Vec::new();
    for table in tables.into_iter().filter(|table| !EXCLUDED.contains(&table.as_str())) {
        if let Some((_, column)) = NAMED_IN.iter().find(|(of, _)| *of == table) {
            let values = vec![member_id.to_owned()];
            filters.push(TableFilter { table, condition: format!("\"{column}\" = $1"), values });
            continue;
        }
        let (mut conditions, mut values) = (Vec::new(), Vec::new());
        for (column, kind) in tables::columns(connection, &table).await? {
            if !matches!(kind, ColumnKind::Text | ColumnKind::Bytes) {
                continue;
            }
            for id in &ids {
                if kind == ColumnKind::Text {
                    values.push((*id).to_owned());
                    conditions.push(format!("\"{column}\" = ${}", values.len()));
                }
                values.push(Value::String((*id).to_owned()).to_string());
                let text = match (kind, connection.dialect()) {
                    (ColumnKind::Bytes, Dialect::Postgres) => format!("encode(\"{column}\", 'escape')"),
                    (ColumnKind::Bytes, Dialect::Sqlite) => format!("cast(\"{column}\" as text)"),
                    _ => format!("\"{column}\""),
                };
                conditions.push(format!("instr({text}, ${}) > 0", values.len()));
            }
        }
        if !conditions.is_empty() {
            filters.push(TableFilter { table, condition: conditions.join(" or "), values });
        }
    }
    Ok(filters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::database::Store;

    #[tokio::test]
    async fn members_of_push_lists_are_found_by_one_column_and_others_by_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("zhihui.db")).await.expect("a store");
        let mut connection = store.pool().acquire().await.expect("a connection");
        let filters = filters(&mut connection, "m1", &["o1".to_owned()]).await.expect("filters");
        let of = |table: &str| filters.iter().find(|filter| filter.table == table).expect("a filter");
        let lists = of("push_list_members");
        assert_eq!((lists.condition.as_str(), lists.values.as_slice()), ("\"member_id\" = $1", &["m1".to_owned()][..]));
        assert!(of("team_suggestions").values.contains(&"o1".to_owned()));
    }
}
