//! The tables of exclusion lists. Every change is in the audit log, without the ids.

use chrono::NaiveDate;
use serde_json::json;
use zhihui_engine::audience::ExclusionReason;

use super::error::{ExclusionError, MAX_NAME, MAX_PURPOSE};
use super::record::{ExclusionList, ExclusionListInfo, NamedMembers};
use super::source::ExclusionSource;
use crate::clock::rfc3339;
use crate::push_lists::actor::Actor;
use crate::store::audit::{NewAuditEntry, append_in};
use crate::store::audit_action::AuditAction;
use crate::store::database::Store;
use crate::store::deleted_row::{DeletedRow, RESTORE_SECONDS};
use crate::store::error::StoreError;
use crate::store::sql::{self, Pool, Row};

/// Ids in one row.
const IDS_PER_ROW: usize = 5_000;

/// The lists of a caller: of owners who see all unions, and of those limited to the same union.
const VISIBLE: &str = "deleted_at is null and ($1 is null or union_id is null or union_id = $1)";

/// Which lists to apply or count.
#[derive(Debug, Clone, Copy)]
pub struct WantedExclusions<'a> {
    /// The chosen lists, besides those that always apply.
    pub chosen: &'a [String],
    /// Whether to count the other lists, too.
    pub count_others: bool,
    /// The union subtree that the caller may see, or `None` for all members.
    pub within: Option<&'a str>,
    /// Today in the zone of the home. Lists that ended before are left out.
    pub today: NaiveDate,
}

/// The exclusion lists of a home.
#[derive(Debug, Clone, Copy)]
pub struct ExclusionLists<'a> {
    pool: &'a Pool,
}

impl<'a> ExclusionLists<'a> {
    /// The exclusion lists of a database.
    #[must_use]
    pub fn new(store: &'a Store) -> Self {
        Self { pool: store.pool() }
    }

    /// Stores a list of the actor of `entry`. `union_id` limits who may see it.
    ///
    /// # Errors
    /// [`ExclusionError`]; nothing is stored then.
    pub async fn create(
        &self,
        info: &ExclusionListInfo,
        named: &NamedMembers,
        (union_id, today): (Option<&str>, NaiveDate),
        entry: &NewAuditEntry<'_>,
    ) -> Result<ExclusionList, ExclusionError> {
        check_text("name", &info.name, MAX_NAME)?;
        info.purpose.as_deref().map_or(Ok(()), |purpose| check_text("purpose", purpose, MAX_PURPOSE))?;
        if let Some(until) = info.until.filter(|until| *until < today) {
            return Err(ExclusionError::Ended(until));
        }
        if named.member_ids.is_empty() {
            return Err(ExclusionError::NobodyKnown(named.unknown.len()));
        }
        let id = format!("xl_{}", uuid::Uuid::new_v4().simple());
        let mut transaction = self.pool.begin_write().await?;
        sql::query("delete from exclusion_lists where deleted_at < $1")
            .bind(entry.at - RESTORE_SECONDS)
            .execute(&mut *transaction)
            .await?;
        sql::query(
            "insert into exclusion_lists (id, name, purpose, owner, union_id, always, until, members, unknown, created_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(&id)
        .bind(info.name.trim())
        .bind(info.purpose.as_deref().map(str::trim))
        .bind(entry.actor)
        .bind(union_id)
        .bind(info.always)
        .bind(info.until.map(|until| until.to_string()))
        .bind(named.member_ids.len() as i64)
        .bind(named.unknown.len() as i64)
        .bind(entry.at)
        .execute(&mut *transaction)
        .await?;
        for (number, ids) in named.member_ids.chunks(IDS_PER_ROW).enumerate() {
            sql::query("insert into exclusion_list_ids (list_id, number, ids) values ($1, $2, $3)")
                .bind(&id)
                .bind(number as i64)
                .bind(format!("\n{}\n", ids.join("\n")))
                .execute(&mut *transaction)
                .await?;
        }
        let detail = json!({ "exclusion_list": id, "name": info.name.trim(), "purpose": info.purpose,
            "always": info.always, "until": info.until, "members": named.member_ids.len(), "unknown": named.unknown.len() });
        let entry = NewAuditEntry { action: AuditAction::ExclusionListAdded, detail, ..entry.clone() };
        append_in(&mut transaction, &entry).await?;
        transaction.commit().await?;
        self.get(&id, None, today).await
    }

    /// A list. With `within`, only one of an owner who sees all unions or is limited to the same one.
    ///
    /// # Errors
    /// [`ExclusionError::Unknown`] or [`ExclusionError::Store`].
    pub async fn get(&self, id: &str, within: Option<&str>, today: NaiveDate) -> Result<ExclusionList, ExclusionError> {
        let lists = self.list(within, today).await?;
        lists.into_iter().find(|list| list.id == id).ok_or_else(|| ExclusionError::Unknown(id.to_owned()))
    }

    /// All lists, by name.
    ///
    /// # Errors
    /// [`ExclusionError::Store`].
    pub async fn list(&self, within: Option<&str>, today: NaiveDate) -> Result<Vec<ExclusionList>, ExclusionError> {
        let sql = format!("select * from exclusion_lists where {VISIBLE} order by name, id");
        let rows = sql::query(sqlx::AssertSqlSafe(sql)).bind(within).fetch_all(self.pool).await?;
        Ok(rows.iter().map(|row| from_row(row, today)).collect::<Result<_, StoreError>>()?)
    }

    /// Deletes a list. It can be restored for ten minutes. Frozen push lists keep what it excluded.
    ///
    /// # Errors
    /// [`ExclusionError`], such as a list that another person uploaded; nothing is deleted then.
    pub async fn delete(&self, id: &str, actor: &Actor, at: i64) -> Result<(), ExclusionError> {
        self.mark(id, actor, (Some(at), i64::MIN), &actor.entry(at, AuditAction::ExclusionListDeleted)).await
    }

    /// Restores a list that was deleted within the last ten minutes. Who may delete a list may restore it.
    ///
    /// # Errors
    /// [`ExclusionError`]; nothing is restored then.
    pub async fn restore(&self, id: &str, actor: &Actor, at: i64) -> Result<(), ExclusionError> {
        self.mark(id, actor, (None, at - RESTORE_SECONDS), &actor.entry(at, AuditAction::ExclusionListAdded)).await
    }

    /// Sets the time of the deletion. Restores only what was deleted at or after `since`.
    async fn mark(
        &self,
        id: &str,
        actor: &Actor,
        (deleted_at, since): (Option<i64>, i64),
        entry: &NewAuditEntry<'_>,
    ) -> Result<(), ExclusionError> {
        let mut transaction = self.pool.begin_write().await?;
        let sql = "select * from exclusion_lists where id = $1 and ($2 is null or union_id is null or union_id = $2) \
                   and (deleted_at is null) = ($3 is not null) and coalesce(deleted_at, $4) >= $4";
        let select = sql::query(sql).bind(id).bind(actor.union_id.as_deref()).bind(deleted_at).bind(since);
        let row = select.fetch_optional(&mut *transaction).await?;
        let list = from_row(&row.ok_or_else(|| ExclusionError::Unknown(id.to_owned()))?, NaiveDate::MIN)?;
        if !list.may_be_changed_by(actor) {
            return Err(ExclusionError::NotOwn(list.owner));
        }
        let sql = "update exclusion_lists set deleted_at = $1 where id = $2";
        sql::query(sql).bind(deleted_at).bind(id).execute(&mut *transaction).await?;
        let detail = json!({ "exclusion_list": id, "name": list.name, "restored": deleted_at.is_none() });
        append_in(&mut transaction, &NewAuditEntry { detail, ..entry.clone() }).await?;
        Ok(transaction.commit().await?)
    }

    /// The deleted list of this id, if it can be restored now.
    pub(crate) async fn deleted(
        &self,
        id: Option<&str>,
        within: Option<&str>,
        now: i64,
    ) -> Result<Option<DeletedRow>, StoreError> {
        DeletedRow::find((self.pool, "exclusion_lists"), id, within, now).await
    }

    /// The members of the lists that apply, and of those to count. A list of another union applies if it always does, but is
    /// not named.
    ///
    /// # Errors
    /// [`ExclusionError::Unknown`] for a chosen list that does not exist, or [`ExclusionError::Store`].
    pub async fn sources(&self, wanted: WantedExclusions<'_>) -> Result<Vec<ExclusionSource>, ExclusionError> {
        let WantedExclusions { chosen, count_others, within, today } = wanted;
        let visible = self.list(within, today).await?;
        if let Some(id) = chosen.iter().find(|id| !visible.iter().any(|list| list.id == **id)) {
            return Err(ExclusionError::Unknown(id.clone()));
        }
        let mut sources = Vec::new();
        for list in self.list(None, today).await?.into_iter().filter(|list| !list.ended) {
            let is_visible = visible.iter().any(|seen| seen.id == list.id);
            let applies = list.always || chosen.contains(&list.id);
            if applies || (count_others && is_visible) {
                let ids = self.ids(&list.id).await?;
                // Ids leave a list when members are erased, and erased members are in no audience.
                let (key, name) = (list.id.clone(), is_visible.then_some(list.name));
                let reason = ExclusionReason::ExclusionList;
                sources.push(ExclusionSource { id: list.id, key, name, reason, ids: ids.into(), applies });
            }
        }
        Ok(sources)
    }

    async fn ids(&self, id: &str) -> Result<String, StoreError> {
        let sql = "select ids from exclusion_list_ids where list_id = $1 order by number";
        let rows: Vec<String> = sql::query_scalar(sql).bind(id).fetch_all(self.pool).await?;
        Ok(rows.concat())
    }
}

fn from_row(row: &Row, today: NaiveDate) -> Result<ExclusionList, StoreError> {
    let until: Option<String> = row.try_get("until")?;
    let until: Option<NaiveDate> = until.and_then(|until| until.parse().ok());
    let count = |name: &str| -> Result<usize, StoreError> { Ok(row.try_get::<u32, _>(name)? as usize) };
    Ok(ExclusionList {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        purpose: row.try_get("purpose")?,
        owner: row.try_get("owner")?,
        always: row.try_get("always")?,
        until,
        ended: until.is_some_and(|until| until < today),
        members: count("members")?,
        unknown: count("unknown")?,
        created_at: rfc3339(row.try_get("created_at")?),
        union_id: row.try_get("union_id")?,
    })
}

fn check_text(field: &'static str, text: &str, max: usize) -> Result<(), ExclusionError> {
    let text = text.trim();
    let fits = (1..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(ExclusionError::BadText { field, max }) }
}
