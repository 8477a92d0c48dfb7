//! Saved audiences: a named rule with its versions, each with its author.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::saved_error::SavedAudienceError;
use super::saved_rules::SavedRules;
use crate::clock::rfc3339;
use crate::store::audit::{NewAuditEntry, append_in};
use crate::store::audit_action::AuditAction;
use crate::store::database::Store;
use crate::store::deleted_row::{DeletedRow, RESTORE_SECONDS};
use crate::store::error::StoreError;
use crate::store::sql::{self, Connection, Pool};

/// Maximum length of a name or a note in characters.
pub(crate) const MAX_TEXT: usize = 100;

/// A version of a saved audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AudienceVersion {
    /// Number of the version, from 1.
    pub version: i64,
    /// The rule.
    pub rule: Value,
    /// Who saved it.
    pub author: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// What was changed, in the author's words.
    pub note: Option<String>,
}

/// Something that uses a saved audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AudienceUse {
    /// `audience` or `push_list`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
}

/// A saved audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SavedAudience {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// The current rule.
    pub rule: Value,
    /// Who saved it first.
    pub owner: String,
    /// Number of the current version.
    pub version: i64,
    /// When it was saved first.
    pub created_at: String,
    /// When the current version was saved.
    pub updated_at: String,
    /// All versions, latest first.
    pub versions: Vec<AudienceVersion>,
    /// Where it is used.
    pub used_in: Vec<AudienceUse>,
}

/// Changes to a saved audience. Missing fields stay as they are.
#[derive(Debug, Clone, Default)]
pub struct AudienceChanges {
    /// The new name.
    pub name: Option<String>,
    /// The new rule, which becomes the next version.
    pub rule: Option<Value>,
    /// What was changed.
    pub note: Option<String>,
    /// The version that the change was made on; refuses the change if there is a later one.
    pub version: Option<i64>,
}

/// The saved audiences of a home.
#[derive(Debug, Clone, Copy)]
pub struct SavedAudiences<'a> {
    pool: &'a Pool,
}

impl<'a> SavedAudiences<'a> {
    /// The saved audiences of a database.
    #[must_use]
    pub fn new(store: &'a Store) -> Self {
        Self { pool: store.pool() }
    }

    /// The current rules of all audiences.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rules(&self) -> Result<SavedRules, StoreError> {
        let sql = "select a.id, v.rule from audiences a join audience_versions v on v.audience_id = a.id and v.version = a.version \
                   where a.deleted_at is null";
        let rows: Vec<(String, String)> = sql::query_as(sql).fetch_all(self.pool).await?;
        let parsed = rows.into_iter().filter_map(|(id, rule)| Some((id, serde_json::from_str(&rule).ok()?)));
        Ok(SavedRules::new(parsed))
    }

    /// The names of all audiences by id. With `within`, only of those whose owner is limited to the same union.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub(crate) async fn names(&self, within: Option<&str>) -> Result<BTreeMap<String, String>, StoreError> {
        let sql = "select id, name from audiences where deleted_at is null and ($1 is null or union_id = $1)";
        let rows: Vec<(String, String)> = sql::query_as(sql).bind(within).fetch_all(self.pool).await?;
        Ok(rows.into_iter().collect())
    }

    /// Saves a new audience of the actor of `entry`. The rule must have been checked.
    ///
    /// # Errors
    /// [`SavedAudienceError`]; nothing is saved then.
    pub async fn create(
        &self,
        (name, rule, note): (&str, &Value, Option<&str>),
        union_id: Option<&str>,
        entry: &NewAuditEntry<'_>,
    ) -> Result<SavedAudience, SavedAudienceError> {
        check_text("name", name)?;
        note.map_or(Ok(()), |note| check_text("note", note))?;
        let id = format!("au_{}", uuid::Uuid::new_v4().simple());
        let mut transaction = self.pool.begin_write().await?;
        let sql =
            "insert into audiences (id, name, owner, union_id, version, created_at) values ($1, $2, $3, $4, 1, $5)";
        let insert = sql::query(sql).bind(&id).bind(name.trim()).bind(entry.actor).bind(union_id).bind(entry.at);
        insert.execute(&mut *transaction).await?;
        insert_version(&mut transaction, (&id, 1), (rule, note), entry).await?;
        let detail = json!({ "audience": id, "name": name.trim(), "version": 1, "rule": rule });
        let entry = NewAuditEntry { action: AuditAction::AudienceSaved, detail, ..entry.clone() };
        append_in(&mut transaction, &entry).await?;
        transaction.commit().await?;
        self.get(&id, None).await
    }

    /// An audience. With `within`, only if its owner is limited to the same union.
    ///
    /// # Errors
    /// [`SavedAudienceError::Unknown`] or [`SavedAudienceError::Store`].
    pub async fn get(&self, id: &str, within: Option<&str>) -> Result<SavedAudience, SavedAudienceError> {
        let sql = "select * from audiences where id = $1 and deleted_at is null and ($2 is null or union_id = $2)";
        let row = sql::query(sql).bind(id).bind(within).fetch_optional(self.pool).await?;
        let row = row.ok_or_else(|| SavedAudienceError::Unknown(id.to_owned()))?;
        let sql = "select * from audience_versions where audience_id = $1 order by version desc";
        let mut versions = Vec::new();
        for row in sql::query(sql).bind(id).fetch_all(self.pool).await? {
            let rule: String = row.try_get("rule")?;
            versions.push(AudienceVersion {
                version: row.try_get("version")?,
                rule: serde_json::from_str(&rule).unwrap_or(Value::Null),
                author: row.try_get("author")?,
                at: rfc3339(row.try_get("at")?),
                note: row.try_get("note")?,
            });
        }
        let current = versions.first().map(|latest| (latest.rule.clone(), latest.at.clone())).unwrap_or_default();
        Ok(SavedAudience {
            id: id.to_owned(),
            name: row.try_get("name")?,
            rule: current.0,
            owner: row.try_get("owner")?,
            version: row.try_get("version")?,
            created_at: rfc3339(row.try_get("created_at")?),
            updated_at: current.1,
            versions,
            used_in: self.used_in(id).await?,
        })
    }

    /// All audiences, by name.
    ///
    /// # Errors
    /// [`SavedAudienceError::Store`].
    pub async fn list(&self, within: Option<&str>) -> Result<Vec<SavedAudience>, SavedAudienceError> {
        let sql =
            "select id from audiences where deleted_at is null and ($1 is null or union_id = $1) order by name, id";
        let ids: Vec<String> = sql::query_scalar(sql).bind(within).fetch_all(self.pool).await?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.push(self.get(&id, within).await?);
        }
        Ok(found)
    }

    /// Renames an audience or saves its next version. The rule must have been checked.
    ///
    /// # Errors
    /// [`SavedAudienceError`]; nothing is changed then.
    pub async fn update(
        &self,
        id: &str,
        changes: &AudienceChanges,
        within: Option<&str>,
        entry: &NewAuditEntry<'_>,
    ) -> Result<SavedAudience, SavedAudienceError> {
        changes.name.as_deref().map_or(Ok(()), |name| check_text("name", name))?;
        changes.note.as_deref().map_or(Ok(()), |note| check_text("note", note))?;
        let mut transaction = self.pool.begin_write().await?;
        let sql =
            "select version from audiences where id = $1 and deleted_at is null and ($2 is null or union_id = $2)";
        let current: Option<i64> =
            sql::query_scalar(sql).bind(id).bind(within).fetch_optional(&mut *transaction).await?;
        let current = current.ok_or_else(|| SavedAudienceError::Unknown(id.to_owned()))?;
        if changes.version.is_some_and(|version| version != current) {
            return Err(SavedAudienceError::Changed { current });
        }
        let version = current + i64::from(changes.rule.is_some());
        sql::query("update audiences set name = coalesce($1, name), version = $2 where id = $3")
            .bind(changes.name.as_deref().map(str::trim))
            .bind(version)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        if let Some(rule) = &changes.rule {
            insert_version(&mut transaction, (id, version), (rule, changes.note.as_deref()), entry).await?;
        }
        let detail = json!({ "audience": id, "name": changes.name, "version": version, "rule": changes.rule });
        let entry = NewAuditEntry { action: AuditAction::AudienceSaved, detail, ..entry.clone() };
        append_in(&mut transaction, &entry).await?;
        transaction.commit().await?;
        self.get(id, within).await
    }

    /// Deletes an audience that nothing uses. It can be restored for [`RESTORE_SECONDS`].
    ///
    /// # Errors
    /// [`SavedAudienceError`]; nothing is deleted then.
    pub async fn delete(
        &self,
        id: &str,
        within: Option<&str>,
        entry: &NewAuditEntry<'_>,
    ) -> Result<(), SavedAudienceError> {
        let audience = self.get(id, within).await?;
        if !audience.used_in.is_empty() {
            return Err(SavedAudienceError::InUse(audience.used_in));
        }
        let mut transaction = self.pool.begin_write().await?;
        let sql = "delete from audiences where deleted_at < $1";
        sql::query(sql).bind(entry.at - RESTORE_SECONDS).execute(&mut *transaction).await?;
        let sql = "update audiences set deleted_at = $1 where id = $2";
        sql::query(sql).bind(entry.at).bind(id).execute(&mut *transaction).await?;
        let detail = json!({ "audience": id, "name": audience.name });
        let entry = NewAuditEntry { action: AuditAction::AudienceDeleted, detail, ..entry.clone() };
        append_in(&mut transaction, &entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Removes the audiences whose deletion cannot be undone any more, with their days.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub(crate) async fn remove_deleted(&self, now: i64) -> Result<(), StoreError> {
        let sql = "select count(*) from audiences where deleted_at < $1";
        let deleted: i64 = sql::query_scalar(sql).bind(now - RESTORE_SECONDS).fetch_one(self.pool).await?;
        if deleted > 0 {
            let sql = "delete from audiences where deleted_at < $1";
            sql::query(sql).bind(now - RESTORE_SECONDS).execute(self.pool).await?;
        }
        Ok(())
    }

    /// The deleted audience of this id, if it can be restored now.
    pub(crate) async fn deleted(
        &self,
        id: Option<&str>,
        within: Option<&str>,
        now: i64,
    ) -> Result<Option<DeletedRow>, StoreError> {
        DeletedRow::find((self.pool, "audiences"), id, within, now).await
    }

    /// Restores an audience that was deleted within [`RESTORE_SECONDS`], if all audiences that it refers to still exist.
    ///
    /// # Errors
    /// [`SavedAudienceError`]; nothing is restored then.
    pub(crate) async fn restore(
        &self,
        id: &str,
        within: Option<&str>,
        entry: &NewAuditEntry<'_>,
    ) -> Result<(), SavedAudienceError> {
        let deleted = self.deleted(Some(id), within, entry.at).await?;
        let name = deleted.ok_or_else(|| SavedAudienceError::Unknown(id.to_owned()))?.name;
        let sql = "select v.rule from audiences a join audience_versions v on v.audience_id = a.id and v.version = a.version \
                   where a.id = $1";
        let rule: String = sql::query_scalar(sql).bind(id).fetch_one(self.pool).await?;
        let rules = self.rules().await?;
        let named = rules.ids_in(&serde_json::from_str(&rule).unwrap_or(Value::Null));
        if let Some(gone) = named.into_iter().find(|named| rules.resolve(named).is_none()) {
            return Err(SavedAudienceError::Unknown(gone));
        }
        let mut transaction = self.pool.begin_write().await?;
        let sql = "update audiences set deleted_at = null where id = $1";
        sql::query(sql).bind(id).execute(&mut *transaction).await?;
        let detail = json!({ "audience": id, "name": name, "restored": true });
        let entry = NewAuditEntry { action: AuditAction::AudienceSaved, detail, ..entry.clone() };
        append_in(&mut transaction, &entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Other audiences that refer to this one, and push lists made from it that are not closed.
    async fn used_in(&self, id: &str) -> Result<Vec<AudienceUse>, SavedAudienceError> {
        let audiences = self.rules().await?.users_of(id);
        // Ids are quoted in the JSON as they are.
        let sql = "select id, frozen from push_lists where state <> 'closed' and instr(frozen, $1) > 0 \
                   order by frozen_at, id";
        let lists: Vec<(String, String)> = sql::query_as(sql).bind(format!("\"{id}\"")).fetch_all(self.pool).await?;
        let is_source = |frozen: &str| {
            let frozen: Result<FrozenAudiences, _> = serde_json::from_str(frozen);
            frozen.is_ok_and(|frozen| frozen.audiences.contains_key(id))
        };
        let lists = lists.into_iter().filter(|(_, frozen)| is_source(frozen)).map(|(id, _)| id).collect();
        let uses = |kind: &'static str, ids: Vec<String>| ids.into_iter().map(move |id| AudienceUse { kind, id });
        Ok(uses("audience", audiences).chain(uses("push_list", lists)).collect())
    }
}

/// The saved audiences behind the rule of a frozen push list.
#[derive(Deserialize)]
struct FrozenAudiences {
    audiences: BTreeMap<String, IgnoredAny>,
}

async fn insert_version(
    connection: &mut Connection,
    (id, version): (&str, i64),
    (rule, note): (&Value, Option<&str>),
    entry: &NewAuditEntry<'_>,
) -> Result<(), StoreError> {
    let sql =
        "insert into audience_versions (audience_id, version, rule, author, at, note) values ($1, $2, $3, $4, $5, $6)";
    let insert = sql::query(sql).bind(id).bind(version).bind(rule.to_string()).bind(entry.actor).bind(entry.at);
    insert.bind(note.map(str::trim)).execute(connection).await?;
    Ok(())
}

fn check_text(field: &'static str, text: &str) -> Result<(), SavedAudienceError> {
    let text = text.trim();
    let fits = (1..=MAX_TEXT).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(SavedAudienceError::BadText(field)) }
}
