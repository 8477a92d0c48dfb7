//! Values read from the columns of a row.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, TypeInfo as _, ValueRef as _};

/// A type that can be read from a column.
pub(crate) trait Column<'r>: Sized {
    fn of_sqlite(row: &'r SqliteRow, at: usize) -> Result<Self, sqlx::Error>;
    fn of_postgres(row: &'r PgRow, at: usize) -> Result<Self, sqlx::Error>;
}

/// Implements [`Column`] for types that both drivers read alike.
macro_rules! read_alike {
    ($($type:ty),+) => {$(
        impl<'r> Column<'r> for $type {
            fn of_sqlite(row: &'r SqliteRow, at: usize) -> Result<Self, sqlx::Error> {
                row.try_get(at)
            }

            fn of_postgres(row: &'r PgRow, at: usize) -> Result<Self, sqlx::Error> {
                row.try_get(at)
            }
        }
    )+};
}

read_alike!(i64, f64, String, &'r str, Vec<u8>, &'r [u8]);

impl<'r> Column<'r> for u32 {
    fn of_sqlite(row: &'r SqliteRow, at: usize) -> Result<Self, sqlx::Error> {
        row.try_get(at)
    }

    fn of_postgres(row: &'r PgRow, at: usize) -> Result<Self, sqlx::Error> {
        let number: i64 = row.try_get(at)?;
        number.try_into().map_err(|_| sqlx::Error::Decode(format!("{number} is not a count").into()))
    }
}

/// Stored as 0 or 1. Only an expression such as `exists (…)` has a type of its own in PostgreSQL.
impl<'r> Column<'r> for bool {
    fn of_sqlite(row: &'r SqliteRow, at: usize) -> Result<Self, sqlx::Error> {
        row.try_get(at)
    }

    fn of_postgres(row: &'r PgRow, at: usize) -> Result<Self, sqlx::Error> {
        let is_boolean = row.try_get_raw(at)?.type_info().name() == "BOOL";
        if is_boolean { row.try_get(at) } else { Ok(row.try_get::<i64, _>(at)? != 0) }
    }
}

impl<'r, T: Column<'r>> Column<'r> for Option<T> {
    fn of_sqlite(row: &'r SqliteRow, at: usize) -> Result<Self, sqlx::Error> {
        if row.try_get_raw(at)?.is_null() { Ok(None) } else { T::of_sqlite(row, at).map(Some) }
    }

    fn of_postgres(row: &'r PgRow, at: usize) -> Result<Self, sqlx::Error> {
        if row.try_get_raw(at)?.is_null() { Ok(None) } else { T::of_postgres(row, at).map(Some) }
    }
}
