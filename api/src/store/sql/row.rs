//! A row of a result.

use serde_json::{Map, Value};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column as _, ColumnIndex, Row as _, TypeInfo as _, ValueRef as _};

use super::column::Column;

/// A row of either database.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The value of a column, by name or place.
    pub(crate) fn try_get<'r, T, I>(&'r self, column: I) -> Result<T, sqlx::Error>
    where
        T: Column<'r>,
        I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>,
    {
        match self {
            Self::Sqlite(row) => T::of_sqlite(row, column.index(row)?),
            Self::Postgres(row) => T::of_postgres(row, column.index(row)?),
        }
    }

    /// The row as a JSON object. Bytes that are no text are hexadecimal.
    pub(crate) fn to_json(&self) -> Result<Value, sqlx::Error> {
        let mut object = Map::new();
        for (at, name) in self.columns().into_iter().enumerate() {
            object.insert(name, self.json_of(at)?);
        }
        Ok(Value::Object(object))
    }

    fn columns(&self) -> Vec<String> {
        match self {
            Self::Sqlite(row) => row.columns().iter().map(|column| column.name().to_owned()).collect(),
            Self::Postgres(row) => row.columns().iter().map(|column| column.name().to_owned()).collect(),
        }
    }

    fn json_of(&self, at: usize) -> Result<Value, sqlx::Error> {
        let (is_null, kind) = match self {
            Self::Sqlite(row) => row.try_get_raw(at).map(|raw| (raw.is_null(), raw.type_info().name().to_owned()))?,
            Self::Postgres(row) => row.try_get_raw(at).map(|raw| (raw.is_null(), raw.type_info().name().to_owned()))?,
        };
        Ok(match (is_null, kind.as_str()) {
            (true, _) => Value::Null,
            (false, "INTEGER" | "BOOLEAN" | "INT8") => self.try_get::<i64, _>(at)?.into(),
            (false, "REAL" | "FLOAT8") => self.try_get::<f64, _>(at)?.into(),
            (false, "BLOB" | "BYTEA") => {
                let bytes: Vec<u8> = self.try_get(at)?;
                String::from_utf8(bytes).map_or_else(|error| hex::encode(error.into_bytes()).into(), Value::from)
            }
            (false, _) => self.try_get::<String, _>(at)?.into(),
        })
    }
}

/// Several columns of a row, from the first one on.
pub(crate) trait FromRow: Sized {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error>;
}

macro_rules! tuples {
    ($($type:ident $at:tt),+) => {
        impl<$($type: for<'r> Column<'r>),+> FromRow for ($($type,)+) {
            fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
                Ok(($(row.try_get($at)?,)+))
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
