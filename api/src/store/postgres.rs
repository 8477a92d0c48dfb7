//! How the databases on a PostgreSQL server are reached and compacted.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::error::StoreError;
use super::sql::{self, Pool, tables};

/// How long a caller waits for a connection, for example while the server restarts.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest name of a schema: with the ending of the inbox it stays below the 63 bytes of a name.
const LONGEST_SCHEMA: usize = 48;

/// Settings of every connection. A commit is on the server's disk before it is acknowledged. Writers wait for each other as
/// long as those of SQLite do. A process that hangs within a transaction does not stop the others for long.
const SESSION: &[(&str, &str)] = &[
    ("synchronous_commit", "on"),
    ("lock_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "60s"),
    // The locks of a machine that is gone end within two minutes.
    ("tcp_keepalives_idle", "60"),
    ("tcp_keepalives_interval", "15"),
    ("tcp_keepalives_count", "4"),
];

/// A PostgreSQL server, and the schema of a home on it. The inbox has a schema of its own, with the ending `_inbox`.
#[derive(Clone)]
pub struct PostgresServer {
    options: PgConnectOptions,
    schema: String,
}

impl std::fmt::Debug for PostgresServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresServer").field("at", &self.to_string()).finish_non_exhaustive()
    }
}

/// Without user and password.
impl std::fmt::Display for PostgresServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { options, schema } = self;
        match options.get_socket() {
            Some(socket) => write!(f, "{}", socket.display())?,
            None => write!(f, "{}:{}", options.get_host(), options.get_port())?,
        }
        write!(f, "/{}, schema {schema}", options.get_database().unwrap_or(options.get_username()))
    }
}

impl PostgresServer {
    /// The server of a URL such as `postgres://zhihui@db.example/zhihui?sslmode=verify-full`. `password` replaces that of the
    /// URL.
    ///
    /// # Errors
    /// [`StoreError::BadServer`] for another URL, or a schema that is not a plain name.
    pub fn new(url: &str, password: Option<&str>, schema: &str) -> Result<Self, StoreError> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(StoreError::BadServer("the URL must begin with postgres://".to_owned()));
        }
        let is_plain = |schema: &str| {
            let mut letters = schema.bytes();
            letters.next().is_some_and(|first| first.is_ascii_lowercase())
                && letters.all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_')
        };
        if !is_plain(schema) || schema.len() > LONGEST_SCHEMA || schema.starts_with("pg_") {
            return Err(StoreError::BadServer(format!(
                "the schema {schema:?} must be 1 to {LONGEST_SCHEMA} small letters, digits and _, beginning with a letter"
            )));
        }
        let options = PgConnectOptions::from_str(url).map_err(|error| StoreError::BadServer(error.to_string()))?;
        let options = match password {
            Some(password) => options.password(password),
            None => options,
        };
        Ok(Self {
            options: options.application_name("zhihui").options(SESSION.iter().copied()),
            schema: schema.to_owned(),
        })
    }

    /// Connects to the schema with this ending, creating it as needed.
    pub(crate) async fn connect(&self, ending: &str, max_connections: u32) -> Result<Pool, StoreError> {
        let schema = format!("{}{ending}", self.schema);
        let options = self.options.clone().options([("search_path", schema.as_str())]);
        let pool = PgPoolOptions::new().max_connections(max_connections).acquire_timeout(ACQUIRE_TIMEOUT);
        let pool = Pool::Postgres(pool.connect_with(options).await?);
        let exists = "select exists (select nspname from pg_namespace where nspname = $1)";
        let exists: bool = sql::query_scalar(exists).bind(&schema).fetch_one(&pool).await?;
        if !exists {
            // Another process may create it at the same time. `if not exists` alone needs a permission in any case.
            let create = sql::query(AssertSqlSafe(format!("create schema if not exists {schema}")));
            let created = create.execute(&pool).await;
            if let Err(error) = created
                && !error.as_database_error().is_some_and(|error| error.is_unique_violation())
            {
                return Err(error.into());
            }
        }
        Ok(pool)
    }
}

/// Rewrites all tables, so that their files hold no deleted content.
pub(crate) async fn vacuum(pool: &Pool) -> Result<(), StoreError> {
    let tables = tables::names(&mut pool.acquire().await?).await?;
    for table in tables {
        sql::query(AssertSqlSafe(format!("vacuum (full) \"{table}\""))).execute(pool).await?;
    }
    Ok(())
}
