//! `zhihui.db`: API keys, accounts, sessions, consent, erasures and the audit log. Requests for lists never access it.

use std::path::Path;

use super::audit::Audit;
use super::change_watch::ChangeWatch;
use super::consent::ConsentStore;
use super::copy::copy_rows;
use super::erasures::Erasures;
use super::error::StoreError;
use super::keys::Keys;
use super::migrations::{self, MigrationFile, migration_file};
use super::postgres::PostgresServer;
use super::sessions::Sessions;
use super::sql::Pool;
use super::sqlite;
use super::users::Users;
use crate::settings::SessionSettings;

const MAX_CONNECTIONS: u32 = 8;

/// The files of `migrations/sqlite/` and `migrations/postgres/`, ascending.
const MIGRATIONS: &[MigrationFile] = &[
    migration_file!(1, "access", "migrations", "0001_access.sql"),
    migration_file!(10, "rights", "migrations", "0010_rights.sql"),
    migration_file!(11, "switch order", "migrations", "0011_switch_order.sql"),
    migration_file!(20, "sign in locks", "migrations", "0020_sign_in_locks.sql"),
    migration_file!(30, "push lists", "migrations", "0030_push_lists.sql"),
    migration_file!(31, "sending", "migrations", "0031_sending.sql"),
    migration_file!(45, "audience drafts", "migrations", "0045_audience_drafts.sql"),
    migration_file!(50, "exclusions", "migrations", "0050_exclusions.sql"),
    migration_file!(60, "teams", "migrations", "0060_teams.sql"),
    migration_file!(65, "allocations", "migrations", "0065_allocations.sql"),
    migration_file!(70, "audience days", "migrations", "0070_audience_days.sql"),
    migration_file!(75, "variants", "migrations", "0075_variants.sql"),
    migration_file!(85, "topic lists", "migrations", "0085_topic_lists.sql"),
    migration_file!(110, "report links", "migrations", "0110_report_links.sql"),
    migration_file!(115, "report notes", "migrations", "0115_report_notes.sql"),
];

/// The database of one home. Clones are cheap.
#[derive(Debug, Clone)]
pub struct Store {
    pool: Pool,
}

impl Store {
    /// Opens the database in a file, creating and migrating it as needed.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be opened, is damaged, or was written by a later version of the program.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let pool = sqlite::connect(sqlite::options(path).foreign_keys(true), MAX_CONNECTIONS).await?;
        Self::migrated(Pool::Sqlite(pool)).await
    }

    /// Opens the database on a server, creating and migrating it as needed.
    ///
    /// # Errors
    /// [`StoreError`] if the server cannot be reached, or the database was written by a later version of the program.
    pub async fn connect(server: &PostgresServer) -> Result<Self, StoreError> {
        Self::migrated(server.connect("", MAX_CONNECTIONS).await?).await
    }

    async fn migrated(pool: Pool) -> Result<Self, StoreError> {
        // The pipeline keeps its own tables, with their own migrations, in the same file.
        migrations::run(MIGRATIONS, &pool, "api_migrations").await?;
        Ok(Self { pool })
    }

    /// API keys.
    #[must_use]
    pub fn keys(&self) -> Keys<'_> {
        Keys { pool: &self.pool }
    }

    /// Accounts of people.
    #[must_use]
    pub fn users(&self) -> Users<'_> {
        Users { pool: &self.pool }
    }

    /// The audit log.
    #[must_use]
    pub fn audit(&self) -> Audit<'_> {
        Audit { pool: &self.pool }
    }

    /// Members' consent to personalised lists, and the topics they had deleted.
    #[must_use]
    pub fn consent(&self) -> ConsentStore<'_> {
        ConsentStore { pool: &self.pool }
    }

    /// Erased members.
    #[must_use]
    pub fn erasures(&self) -> Erasures<'_> {
        Erasures { pool: &self.pool }
    }

    /// The connections, for tables that belong to a noun.
    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(crate) fn sessions<'a>(&'a self, settings: &'a SessionSettings) -> Sessions<'a> {
        Sessions { pool: &self.pool, settings }
    }

    /// A connection that notices writes of any other connection.
    pub(crate) async fn watch(&self) -> Result<ChangeWatch, StoreError> {
        ChangeWatch::start(&self.pool).await
    }

    /// Writes a consistent and durable copy to a file that does not exist yet.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        if let Pool::Sqlite(pool) = &self.pool {
            return sqlite::copy_to(pool, path).await;
        }
        let file = Self::open(path).await?;
        file.copy_rows_of(self).await?;
        file.close().await;
        Ok(())
    }

    /// Copies everything from another database into this one, which must be empty.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`] or [`StoreError::Database`]; nothing is copied then.
    pub async fn copy_rows_of(&self, other: &Self) -> Result<(), StoreError> {
        copy_rows(&other.pool, &self.pool, "audit").await
    }

    /// The steps by which SQLite answers a query.
    #[cfg(test)]
    pub(crate) async fn query_plan(&self, sql: &str) -> Vec<String> {
        let explain = super::sql::query(sqlx::AssertSqlSafe(format!("explain query plan {sql}")));
        let steps = explain.fetch_all(&self.pool).await.expect("a query");
        steps.iter().map(|step| step.try_get("detail").expect("a text")).collect()
    }

    /// Closes all connections. Everything written is on disk before.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
