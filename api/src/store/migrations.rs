//! The migrations of a database: one list for SQLite and PostgreSQL.

use std::borrow::Cow;

use sqlx::SqlStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use super::sql::{Dialect, Pool};
use super::sqlite;

/// A migration: number, description, and the SQL of either database.
pub(crate) struct MigrationFile {
    pub(crate) version: i64,
    pub(crate) description: &'static str,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

/// A migration of files of the same name in the folders `sqlite` and `postgres` of a folder.
macro_rules! migration_file {
    ($version:literal, $description:literal, $folder:literal, $name:literal) => {
        $crate::store::migrations::MigrationFile {
            version: $version,
            description: $description,
            sqlite: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $folder, "/sqlite/", $name)),
            postgres: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $folder, "/postgres/", $name)),
        }
    };
}
pub(crate) use migration_file;

/// Runs the pending migrations of a database. `table` remembers which ran.
pub(crate) async fn run(files: &[MigrationFile], pool: &Pool, table: &'static str) -> Result<(), MigrateError> {
    let migrations = migrator(files, pool.dialect(), table);
    match pool {
        Pool::Sqlite(pool) => sqlite::migrate(&migrations, pool).await,
        // The driver takes a lock, so that of several processes one runs them.
        Pool::Postgres(pool) => migrations.run(pool).await,
    }
}

/// Makes a migrator of these files. sqlx has a macro for it, but the macro compiles SQLite a second time.
fn migrator(files: &[MigrationFile], dialect: Dialect, table: &'static str) -> Migrator {
    let migration = |file: &MigrationFile| {
        let sql = SqlStr::from_static(dialect.choose(file.sqlite, file.postgres));
        Migration::new(file.version, file.description.into(), MigrationType::Simple, sql, false)
    };
    let migrations = Cow::Owned(files.iter().map(migration).collect());
    Migrator { migrations, table_name: Cow::Borrowed(table), ..Migrator::DEFAULT }
}
