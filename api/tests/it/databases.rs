//! The two databases: the same tables, and the same behaviour of what is stored in them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{ConnectOptions as _, Connection as _, Row as _};
use zhihui_api::{Clock, Inbox, PostgresServer, Store};

use crate::postgres::Postgres;
use crate::support::NOW;

/// The tests that run once more on PostgreSQL find the URL of the server here.
const URL_VARIABLE: &str = "ZHIHUI_TEST_DATABASE";

/// The tests that also run on PostgreSQL, by the beginning of their names.
const ON_BOTH: &[&str] = &[
    "access::",
    "allocations::",
    "audience_days::",
    "audit::",
    "events::",
    "exclusions::",
    "push_lists::",
    "report_links::",
    "report_notes::",
    "rights::",
    "saved_audiences::",
    "sending::",
    "teams::",
    "topic_lists::",
    "variants::",
    "wechat::",
];

/// Tests that change the file of a database behind the program, or look into it.
const OF_FILES: &[&str] = &[
    "audit::a_log_of_an_earlier_version_verifies_and_detects_changes",
    "rights::the_audit_log_records_actions_and_detects_changes",
];

/// Columns of a table, each with its kind and whether it may be null; its keys and indexes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    columns: BTreeMap<String, (String, bool)>,
    primary_key: BTreeSet<String>,
    unique: BTreeSet<BTreeSet<String>>,
    references: BTreeSet<(String, String)>,
    indexes: BTreeSet<String>,
    triggers: BTreeSet<String>,
}

type Tables = BTreeMap<String, Table>;

/// A schema of its own on the server of this process, if it is to use one.
pub fn schema() -> Option<Schema> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let url = std::env::var(URL_VARIABLE).ok()?;
    let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    Some(Schema { server: PostgresServer::new(&url, None, &name).unwrap(), url, name })
}

/// A schema of a test.
pub struct Schema {
    pub server: PostgresServer,
    url: String,
    name: String,
}

impl Schema {
    /// Another connection to it.
    pub async fn connection(&self) -> sqlx::PgConnection {
        let options: sqlx::postgres::PgConnectOptions = self.url.parse().unwrap();
        options.options([("search_path", &self.name)]).connect().await.unwrap()
    }
}

#[tokio::test]
async fn both_databases_have_the_same_tables() {
    let Some(postgres) = Postgres::start() else { return };
    let server = PostgresServer::new(&postgres.url(), None, "town").unwrap();
    let home = tempfile::tempdir().unwrap();
    let clock: Clock = Arc::new(|| NOW);
    Store::open(&home.path().join("zhihui.db")).await.unwrap().close().await;
    Inbox::open(&home.path().join("inbox.db"), Arc::clone(&clock)).await.unwrap().close().await;
    Store::connect(&server).await.unwrap().close().await;
    Inbox::connect(&server, clock).await.unwrap().close().await;
    for (file, ending) in [("zhihui.db", ""), ("inbox.db", "_inbox")] {
        let ours = sqlite_tables(&home.path().join(file)).await;
        let theirs = postgres_tables(&postgres.url(), &format!("town{ending}")).await;
        assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>(), "{file}");
        for (name, table) in &ours {
            assert_eq!(table, &theirs[name], "{file}: {name}");
        }
    }
}

/// The tests of stores, sessions, lists and events once more, in this program, with their tables on PostgreSQL.
#[test]
fn tests_of_the_store_pass_on_postgresql() {
    let Some(postgres) = Postgres::start() else { return };
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(URL_VARIABLE, postgres.url()).args(ON_BOTH).args(["--test-threads", "4"]);
    for name in OF_FILES {
        command.args(["--skip", name]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

async fn sqlite_tables(file: &std::path::Path) -> Tables {
    let mut database = sqlx::sqlite::SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    let names = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' and name not like '%_migrations'";
    let names: Vec<String> = sqlx::query_scalar(names).fetch_all(&mut database).await.unwrap();
    let mut tables = Tables::new();
    for name in names {
        let mut table = Table::default();
        let columns = "select name, type, \"notnull\", pk from pragma_table_xinfo(?)";
        for row in sqlx::query(columns).bind(&name).fetch_all(&mut database).await.unwrap() {
            let (column, is_key): (String, bool) = (row.get("name"), row.get::<i64, _>("pk") > 0);
            let kind = row.get::<String, _>("type").to_lowercase();
            table.columns.insert(column.clone(), (kind, !row.get::<bool, _>("notnull") && !is_key));
            if is_key {
                table.primary_key.insert(column);
            }
        }
        let indexes = "select name, \"unique\", origin, \
                       (select json_group_array(name) from pragma_index_info(l.name)) as columns from pragma_index_list(?) l";
        for row in sqlx::query(indexes).bind(&name).fetch_all(&mut database).await.unwrap() {
            match row.get::<String, _>("origin").as_str() {
                "u" => drop(table.unique.insert(serde_json::from_str(row.get("columns")).unwrap())),
                "c" => drop(table.indexes.insert(row.get("name"))),
                _ => {}
            }
        }
        let references = "select \"table\", \"from\" from pragma_foreign_key_list(?)";
        table.references =
            sqlx::query_as(references).bind(&name).fetch_all(&mut database).await.unwrap().into_iter().collect();
        let triggers = "select name from sqlite_schema where type = 'trigger' and tbl_name = ?";
        let triggers: Vec<String> = sqlx::query_scalar(triggers).bind(&name).fetch_all(&mut database).await.unwrap();
        table.triggers = triggers.into_iter().collect();
        tables.insert(name, table);
    }
    database.close().await.unwrap();
    tables
}

async fn postgres_tables(url: &str, schema: &str) -> Tables {
    let mut database = sqlx::PgConnection::connect(url).await.unwrap();
    let columns = "select c.table_name::text, column_name::text, data_type::text, is_nullable = 'YES' \
                   from information_schema.columns c where c.table_schema = $1 and c.table_name not like '%\\_migrations' \
                   and c.table_name <> 'last_numbers'";
    let columns: Vec<(String, String, String, bool)> =
        sqlx::query_as(columns).bind(schema).fetch_all(&mut database).await.unwrap();
    let mut tables = Tables::new();
    for (table, column, kind, may_be_null) in columns {
        let kind = match kind.as_str() {
            "bigint" => "integer",
            "bytea" => "blob",
            "double precision" => "real",
            other => other,
        };
        tables.entry(table).or_default().columns.insert(column, (kind.to_owned(), may_be_null));
    }
    let keys = "select t.relname::text, k.contype::text, \
                (select array_agg(a.attname::text) from pg_attribute a where a.attrelid = k.conrelid and a.attnum = any(k.conkey)), \
                f.relname::text from pg_constraint k join pg_class t on t.oid = k.conrelid \
                left join pg_class f on f.oid = k.confrelid \
                where k.connamespace = $1::regnamespace and k.contype in ('p', 'u', 'f')";
    let keys: Vec<(String, String, Vec<String>, Option<String>)> =
        sqlx::query_as(keys).bind(schema).fetch_all(&mut database).await.unwrap();
    for (table, kind, columns, to) in keys {
        let Some(table) = tables.get_mut(&table) else { continue };
        match (kind.as_str(), to) {
            ("p", _) => table.primary_key = columns.into_iter().collect(),
            ("u", _) => drop(table.unique.insert(columns.into_iter().collect())),
            (_, Some(to)) => table.references.extend(columns.into_iter().map(|column| (to.clone(), column))),
            _ => {}
        }
    }
    let indexes = "select tablename::text, indexname::text from pg_indexes where schemaname = $1 and not exists \
                   (select from pg_constraint k where k.conname = indexname and k.connamespace = $1::regnamespace)";
    let indexes: Vec<(String, String)> = sqlx::query_as(indexes).bind(schema).fetch_all(&mut database).await.unwrap();
    for (table, index) in indexes {
        tables.get_mut(&table).map(|table| table.indexes.insert(index));
    }
    // What SQLite does on its own, or cannot do.
    let triggers = "select c.relname::text, t.tgname::text from pg_trigger t join pg_class c on c.oid = t.tgrelid \
                    where c.relnamespace = $1::regnamespace and not t.tgisinternal \
                    and t.tgname not like '%\\_last\\_number' and t.tgname <> 'audit_is_never_truncated'";
    let triggers: Vec<(String, String)> = sqlx::query_as(triggers).bind(schema).fetch_all(&mut database).await.unwrap();
    for (table, trigger) in triggers {
        tables.get_mut(&table).map(|table| table.triggers.insert(trigger));
    }
    tables
}
