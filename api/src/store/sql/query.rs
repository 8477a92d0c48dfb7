//! A statement with its values.

use std::marker::PhantomData;

use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::sqlite::{Sqlite, SqliteArguments};
use sqlx::{Arguments as _, SqlSafeStr, SqlStr};

use super::column::Column;
use super::connection::{Connection, Target};
use super::parameter::{Parameter, ToParameter};
use super::row::{FromRow, Row};

/// A statement.
pub(crate) fn query(sql: impl SqlSafeStr) -> Query {
    Query { sql: sql.into_sql_str(), parameters: Vec::new() }
}

/// A statement whose first column is the result.
pub(crate) fn query_scalar<T: for<'r> Column<'r>>(sql: impl SqlSafeStr) -> QueryAs<T> {
    QueryAs { query: query(sql), read: |row| row.try_get(0), of: PhantomData }
}

/// A statement whose first columns are the result.
pub(crate) fn query_as<T: FromRow>(sql: impl SqlSafeStr) -> QueryAs<T> {
    QueryAs { query: query(sql), read: T::from_row, of: PhantomData }
}

/// A statement whose result is rows.
#[derive(Debug)]
pub(crate) struct Query {
    sql: SqlStr,
    parameters: Vec<Parameter>,
}

/// A statement whose result is values.
pub(crate) struct QueryAs<T> {
    query: Query,
    read: fn(&Row) -> Result<T, sqlx::Error>,
    of: PhantomData<fn() -> T>,
}

/// The result of a statement that writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    rows: u64,
}

impl Written {
    /// How many rows were inserted, updated or deleted.
    pub(crate) fn rows_affected(self) -> u64 {
        self.rows
    }
}

/// Runs a statement by a method of sqlx, and converts the result of either driver.
macro_rules! run {
    ($query:expr, $target:expr, $method:ident, $sqlite:expr, $postgres:expr) => {
        match $target.into() {
            Target::SqlitePool(pool) => $query.for_sqlite()?.$method(pool).await.map($sqlite),
            Target::Sqlite(connection) => $query.for_sqlite()?.$method(connection).await.map($sqlite),
            Target::PostgresPool(pool) => $query.for_postgres()?.$method(pool).await.map($postgres),
            Target::Postgres(connection) => $query.for_postgres()?.$method(connection).await.map($postgres),
        }
    };
}

impl Query {
    /// Binds the value of the next placeholder.
    pub(crate) fn bind(mut self, value: impl ToParameter) -> Self {
        self.parameters.push(value.parameter());
        self
    }

    pub(crate) async fn execute<'a>(self, target: impl Into<Target<'a>>) -> Result<Written, sqlx::Error> {
        run!(self, target, execute, |done| Written { rows: done.rows_affected() }, |done| Written {
            rows: done.rows_affected()
        })
    }

    pub(crate) async fn fetch_all<'a>(self, target: impl Into<Target<'a>>) -> Result<Vec<Row>, sqlx::Error> {
        run!(self, target, fetch_all, |rows| rows.into_iter().map(Row::Sqlite).collect(), |rows| rows
            .into_iter()
            .map(Row::Postgres)
            .collect())
    }

    pub(crate) async fn fetch_optional<'a>(self, target: impl Into<Target<'a>>) -> Result<Option<Row>, sqlx::Error> {
        run!(self, target, fetch_optional, |row| row.map(Row::Sqlite), |row| row.map(Row::Postgres))
    }

    pub(crate) async fn fetch_one<'a>(self, target: impl Into<Target<'a>>) -> Result<Row, sqlx::Error> {
        run!(self, target, fetch_one, Row::Sqlite, Row::Postgres)
    }

    /// The rows one after another.
    pub(crate) fn fetch(
        self,
        connection: &mut Connection,
    ) -> Result<BoxStream<'_, Result<Row, sqlx::Error>>, sqlx::Error> {
        Ok(match Target::from(connection) {
            Target::Sqlite(connection) => self.for_sqlite()?.fetch(connection).map_ok(Row::Sqlite).boxed(),
            Target::Postgres(connection) => self.for_postgres()?.fetch(connection).map_ok(Row::Postgres).boxed(),
            Target::SqlitePool(pool) => self.for_sqlite()?.fetch(pool).map_ok(Row::Sqlite).boxed(),
            Target::PostgresPool(pool) => self.for_postgres()?.fetch(pool).map_ok(Row::Postgres).boxed(),
        })
    }

    fn for_sqlite(self) -> Result<sqlx::query::Query<'static, Sqlite, SqliteArguments>, sqlx::Error> {
        let mut arguments = SqliteArguments::default();
        arguments.reserve(self.parameters.len(), 0);
        for parameter in self.parameters {
            parameter.add_to_sqlite(&mut arguments).map_err(sqlx::Error::Encode)?;
        }
        Ok(sqlx::query_with(self.sql, arguments))
    }

    fn for_postgres(self) -> Result<sqlx::query::Query<'static, Postgres, PgArguments>, sqlx::Error> {
        let mut arguments = PgArguments::default();
        arguments.reserve(self.parameters.len(), 0);
        for parameter in self.parameters {
            parameter.add_to_postgres(&mut arguments).map_err(sqlx::Error::Encode)?;
        }
        // A prepared statement that names no columns fails once a later version of the program has added one.
        let is_kept = !self.sql.as_str().contains('*');
        Ok(sqlx::query_with(self.sql, arguments).persistent(is_kept))
    }
}

impl<T> QueryAs<T> {
    /// Binds the value of the next placeholder.
    pub(crate) fn bind(mut self, value: impl ToParameter) -> Self {
        self.query = self.query.bind(value);
        self
    }

    pub(crate) async fn fetch_all<'a>(self, target: impl Into<Target<'a>>) -> Result<Vec<T>, sqlx::Error> {
        self.query.fetch_all(target).await?.iter().map(self.read).collect()
    }

    pub(crate) async fn fetch_optional<'a>(self, target: impl Into<Target<'a>>) -> Result<Option<T>, sqlx::Error> {
        self.query.fetch_optional(target).await?.as_ref().map(self.read).transpose()
    }

    pub(crate) async fn fetch_one<'a>(self, target: impl Into<Target<'a>>) -> Result<T, sqlx::Error> {
        (self.read)(&self.query.fetch_one(target).await?)
    }
}
