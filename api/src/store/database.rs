//! `zhihui.db`: API keys, accounts, sessions, consent, erasures and the audit log. Requests for lists never access it.

use std::borrow::Cow;
use std::path::Path;

use sqlx::migrate::Migrator;
use sqlx::sqlite::SqlitePool;

use super::audit::Audit;
use super::change_watch::ChangeWatch;
use super::consent::ConsentStore;
use super::erasures::Erasures;
use super::error::StoreError;
use super::keys::Keys;
use super::sessions::Sessions;
use super::sqlite::{self, MigrationFile};
use super::users::Users;
use crate::settings::SessionSettings;

const MAX_CONNECTIONS: u32 = 8;

/// The files of `migrations/`, ascending.
const MIGRATIONS: &[MigrationFile] = &[
    (1, "access", include_str!("../../migrations/0001_access.sql")),
    (10, "rights", include_str!("../../migrations/0010_rights.sql")),
    (11, "switch order", include_str!("../../migrations/0011_switch_order.sql")),
    (20, "sign in locks", include_str!("../../migrations/0020_sign_in_locks.sql")),
    (30, "push lists", include_str!("../../migrations/0030_push_lists.sql")),
    (31, "sending", include_str!("../../migrations/0031_sending.sql")),
    (45, "audience drafts", include_str!("../../migrations/0045_audience_drafts.sql")),
    (50, "exclusions", include_str!("../../migrations/0050_exclusions.sql")),
    (60, "teams", include_str!("../../migrations/0060_teams.sql")),
    (65, "allocations", include_str!("../../migrations/0065_allocations.sql")),
    (70, "audience days", include_str!("../../migrations/0070_audience_days.sql")),
    (75, "variants", include_str!("../../migrations/0075_variants.sql")),
    (85, "topic lists", include_str!("../../migrations/0085_topic_lists.sql")),
    (110, "report links", include_str!("../../migrations/0110_report_links.sql")),
    (115, "report notes", include_str!("../../migrations/0115_report_notes.sql")),
];

/// The database of one home. Clones are cheap.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
}

impl Store {
    /// Opens the database, creating and migrating it as needed.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be opened, is damaged, or was written by a later version of the program.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let pool = sqlite::connect(sqlite::options(path).foreign_keys(true), MAX_CONNECTIONS).await?;
        // The pipeline keeps its own tables, with their own migrations, in the same file.
        let migrations = Migrator { table_name: Cow::Borrowed("api_migrations"), ..sqlite::migrator(MIGRATIONS) };
        sqlite::migrate(&migrations, &pool).await?;
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
    pub(crate) fn pool(&self) -> &SqlitePool {
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
        sqlite::copy_to(&self.pool, path).await
    }

    /// The steps by which SQLite answers a query.
    #[cfg(test)]
    pub(crate) async fn query_plan(&self, sql: &str) -> Vec<String> {
        use sqlx::Row as _;
        let explain = sqlx::query(sqlx::AssertSqlSafe(format!("explain query plan {sql}")));
        let steps = explain.fetch_all(&self.pool).await.expect("a query");
        steps.iter().map(|step| step.get("detail")).collect()
    }

    /// Closes all connections. Everything written is on disk before.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
