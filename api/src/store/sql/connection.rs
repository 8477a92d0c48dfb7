//! Connections to either database, and transactions that write.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnection, SqlitePool};

use super::dialect::Dialect;

/// Writers of a database wait for each other, as those of SQLite do: the audit log is a chain, and a reader of the inbox never
/// sees a number before a smaller one. The lock belongs to the schema and ends with the transaction.
const BEGIN_WRITE: &str = "begin; select pg_advisory_xact_lock(hashtext('zhihui writer'), hashtext(current_schema()))";

/// The connections to a database. Clones are cheap.
#[derive(Debug, Clone)]
pub(crate) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Pool {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Begins a transaction that no other writer interrupts.
    pub(crate) async fn begin_write(&self) -> Result<Transaction, sqlx::Error> {
        Ok(Transaction(match self {
            Self::Sqlite(pool) => Connection::SqliteTransaction(pool.begin_with("begin immediate").await?),
            Self::Postgres(pool) => Connection::PostgresTransaction(pool.begin_with(BEGIN_WRITE).await?),
        }))
    }

    /// Begins a transaction that reads one state of the database. It is not committed.
    pub(crate) async fn begin_read(&self) -> Result<Connection, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(pool) => Connection::SqliteTransaction(pool.begin().await?),
            Self::Postgres(pool) => {
                let begin = "begin transaction isolation level repeatable read, read only";
                Connection::PostgresTransaction(pool.begin_with(begin).await?)
            }
        })
    }

    pub(crate) async fn acquire(&self) -> Result<Connection, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(pool) => Connection::Sqlite(pool.acquire().await?),
            Self::Postgres(pool) => Connection::Postgres(pool.acquire().await?),
        })
    }

    /// Closes all connections. Everything written is on disk before.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A connection, in a transaction or not.
#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(PoolConnection<Sqlite>),
    SqliteTransaction(sqlx::Transaction<'static, Sqlite>),
    Postgres(PoolConnection<Postgres>),
    PostgresTransaction(sqlx::Transaction<'static, Postgres>),
}

impl Connection {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) | Self::SqliteTransaction(_) => Dialect::Sqlite,
            Self::Postgres(_) | Self::PostgresTransaction(_) => Dialect::Postgres,
        }
    }
}

/// A transaction that writes. It is rolled back when it is dropped.
#[derive(Debug)]
pub(crate) struct Transaction(Connection);

impl Transaction {
    /// Makes the changes durable.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self.0 {
            Connection::SqliteTransaction(transaction) => transaction.commit().await,
            Connection::PostgresTransaction(transaction) => transaction.commit().await,
            Connection::Sqlite(_) | Connection::Postgres(_) => Ok(()),
        }
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

/// Where a statement runs.
pub(crate) enum Target<'a> {
    SqlitePool(&'a SqlitePool),
    Sqlite(&'a mut SqliteConnection),
    PostgresPool(&'a PgPool),
    Postgres(&'a mut PgConnection),
}

impl<'a> From<&'a Pool> for Target<'a> {
    fn from(pool: &'a Pool) -> Self {
        match pool {
            Pool::Sqlite(pool) => Self::SqlitePool(pool),
            Pool::Postgres(pool) => Self::PostgresPool(pool),
        }
    }
}

impl<'a> From<&'a mut Connection> for Target<'a> {
    fn from(connection: &'a mut Connection) -> Self {
        match connection {
            Connection::Sqlite(connection) => Self::Sqlite(connection),
            Connection::SqliteTransaction(transaction) => Self::Sqlite(transaction),
            Connection::Postgres(connection) => Self::Postgres(connection),
            Connection::PostgresTransaction(transaction) => Self::Postgres(transaction),
        }
    }
}
