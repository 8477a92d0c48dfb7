//! Notices writes of other connections to tables that the service caches in memory.

use sqlx::sqlite::SqliteConnection;

use super::error::StoreError;
use super::sql::connection::Target;
use super::sql::{self, Pool};

/// Triggers count the changes of each group of tables in `change_counters`.
#[derive(Debug)]
pub(crate) struct ChangeWatch {
    source: Source,
    counters: Counters,
}

/// Where the counters are read.
#[derive(Debug)]
enum Source {
    /// A dedicated connection. Its `data_version` changes whenever any other connection commits, so that most looks read no
    /// table.
    Sqlite {
        connection: SqliteConnection,
        data_version: i64,
    },
    Postgres(Pool),
}

/// The groups of tables that were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Changes {
    pub(crate) keys: bool,
    pub(crate) consent: bool,
    pub(crate) sign_in_locks: bool,
}

impl Changes {
    pub(crate) const ALL: Self = Self { keys: true, consent: true, sign_in_locks: true };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counters {
    keys: i64,
    consent: i64,
    sign_in_locks: i64,
}

impl ChangeWatch {
    pub(crate) async fn start(pool: &Pool) -> Result<Self, StoreError> {
        match pool {
            Pool::Sqlite(of) => {
                // Detached: closing the pool does not wait for it.
                let mut connection = of.acquire().await?.detach();
                let data_version = data_version(&mut connection).await?;
                let counters = counters(Target::Sqlite(&mut connection)).await?;
                Ok(Self { source: Source::Sqlite { connection, data_version }, counters })
            }
            Pool::Postgres(_) => Ok(Self { source: Source::Postgres(pool.clone()), counters: counters(pool).await? }),
        }
    }

    /// The changes since the last call.
    pub(crate) async fn changes(&mut self) -> Result<Changes, StoreError> {
        let now = match &mut self.source {
            Source::Sqlite { connection, data_version: before } => {
                let data_version = data_version(connection).await?;
                if std::mem::replace(before, data_version) == data_version {
                    return Ok(Changes::default());
                }
                counters(Target::Sqlite(connection)).await?
            }
            Source::Postgres(pool) => counters(&*pool).await?,
        };
        let before = std::mem::replace(&mut self.counters, now);
        Ok(Changes {
            keys: before.keys != now.keys,
            consent: before.consent != now.consent,
            sign_in_locks: before.sign_in_locks != now.sign_in_locks,
        })
    }
}

async fn data_version(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("pragma data_version").fetch_one(connection).await?)
}

async fn counters<'a>(target: impl Into<Target<'a>>) -> Result<Counters, StoreError> {
    let mut counters = Counters::default();
    for row in sql::query("select what, version from change_counters").fetch_all(target).await? {
        let version = row.try_get("version")?;
        match row.try_get::<&str, _>("what")? {
            "keys" => counters.keys = version,
            "rights" => counters.consent = version,
            "sign_in_locks" => counters.sign_in_locks = version,
            _ => {}
        }
    }
    Ok(counters)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::auth::role::Role;
    use crate::store::audit::LOCAL;
    use crate::store::audit::NewAuditEntry;
    use crate::store::audit_action::AuditAction;
    use crate::store::database::Store;

    /// Tables that the service does not cache.
    const NOT_CACHED: &[&str] = &[
        "allocation_grants",
        "allocations",
        "audience_day_changes",
        "audience_day_members",
        "audience_day_sets",
        "audience_days",
        "audience_drafts",
        "audience_versions",
        "audiences",
        "audit",
        "change_counters",
        "exclusion_list_ids",
        "exclusion_lists",
        "forgotten_salt",
        "member_pseudonyms",
        "push_list_batches",
        "push_list_members",
        "push_list_sendings",
        "push_lists",
        "report_links",
        "report_notes",
        "revoked_openids",
        "sessions",
        "team_blocks",
        "team_invitation_members",
        "team_invitations",
        "team_members",
        "team_suggestions",
        "teams",
        "users",
        "wechat_results",
    ];

    #[tokio::test]
    async fn only_written_groups_are_reported() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(&home.path().join("zhihui.db")).await.unwrap();
        let mut watch = store.watch().await.unwrap();
        let entry = NewAuditEntry {
            at: 0,
            actor: "a",
            role: None,
            source: LOCAL,
            action: AuditAction::OptOut,
            member_id: Some("m"),
            detail: json!({}),
        };
        store.audit().append(&entry).await.unwrap();
        assert_eq!(watch.changes().await.unwrap(), Changes::default(), "an entry of the audit log");
        store.keys().add("a", Role::Admin, 0).await.unwrap();
        assert_eq!(watch.changes().await.unwrap(), Changes { keys: true, ..Changes::default() });
        store.consent().set_personalised("m", false, &entry).await.unwrap();
        assert_eq!(watch.changes().await.unwrap(), Changes { consent: true, ..Changes::default() });
        store.consent().set_personalised("m", true, &entry).await.unwrap();
        assert_eq!(watch.changes().await.unwrap(), Changes { consent: true, ..Changes::default() });
        let lock = crate::store::sign_in_locks::Lock { name: "a".into(), address: String::new() };
        store.users().store_lock(&lock, 9, 0).await.unwrap();
        assert_eq!(watch.changes().await.unwrap(), Changes { sign_in_locks: true, ..Changes::default() });
        assert_eq!(watch.changes().await.unwrap(), Changes::default());
    }

    #[tokio::test]
    async fn every_table_has_change_triggers_or_is_not_cached() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(&home.path().join("zhihui.db")).await.unwrap();
        let mut connection = store.pool().acquire().await.unwrap();
        let tables = "select name, (select count(*) from sqlite_schema as t where t.type = 'trigger' and t.tbl_name = s.name \
                      and t.name like '%\\_counts\\_%' escape '\\') from sqlite_schema as s where type = 'table' \
                      and name not like 'sqlite_%' and name not like '%_migrations'";
        let tables: Vec<(String, i64)> = sql::query_as(tables).fetch_all(&mut connection).await.unwrap();
        for (table, triggers) in tables {
            let expected = if NOT_CACHED.contains(&table.as_str()) { 0 } else { 3 };
            assert_eq!(triggers, expected, "{table}: add change triggers in a migration, or list it in NOT_CACHED");
        }
    }
}
