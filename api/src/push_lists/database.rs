//! The tables of push lists: creates a list, reads it, and moves it from state to state. Every change is in the audit log.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use zhihui_engine::audience::{ExperimentArm, HoldOutKind};

use super::error::PushListError;
use super::freeze::NewPushList;
use super::left_out::leave_out;
use super::members::{ListMember, MemberPage};
use super::record::PushList;
use super::sent_item::SentItem;
use super::state::ListStep;
use crate::store::audit::{NewAuditEntry, append_in};
use crate::store::audit_action::AuditAction;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::{self, Connection, Pool, Row, ToParameter as _, insert_rows};

/// Members written by one statement.
const INSERT_BATCH: usize = 4_000;
/// Length of a reason in characters.
const REASON_LENGTH: std::ops::RangeInclusive<usize> = 2..=500;

/// The push lists of a home.
#[derive(Debug, Clone, Copy)]
pub struct PushLists<'a> {
    pool: &'a Pool,
}

impl<'a> PushLists<'a> {
    /// The push lists of a database.
    #[must_use]
    pub fn new(store: &'a Store) -> Self {
        Self { pool: store.pool() }
    }

    pub(super) fn pool(&self) -> &'a Pool {
        self.pool
    }

    /// Stores a frozen list as a draft of the actor of `entry`. `union_id` limits who may see it.
    ///
    /// # Errors
    /// [`PushListError::NobodySelected`], [`PushListError::ItemUnavailable`] or [`PushListError::Store`]; nothing is stored then.
    pub async fn create(
        &self,
        list: &NewPushList,
        union_id: Option<&str>,
        entry: &NewAuditEntry<'_>,
    ) -> Result<PushList, PushListError> {
        let counts = list.counts();
        if counts.push == 0 {
            let item = (list.item_id.as_deref().unwrap_or_default(), list.content.item_title.as_str());
            return Err(PushListError::nobody_selected(item, &list.content.preview.excluded));
        }
        let id = if list.id.is_empty() { new_list_id() } else { list.id.clone() };
        let mut transaction = self.pool.begin_write().await?;
        sql::query(
            "insert into push_lists (id, state, item_id, topic, frozen, rule_version, as_of, model_version, members_sha256, \
             push, hold_out, union_id, created_by, frozen_at) values ($1, 'draft', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(&id)
        .bind(list.item_id.as_deref().unwrap_or_default())
        .bind(&list.topic)
        .bind(serde_json::to_string(&list.content).map_err(StoreError::damaged)?)
        .bind(&list.rule_version)
        .bind(&list.content.preview.as_of)
        .bind(&list.content.preview.version)
        .bind(&list.members_sha256)
        .bind(counts.push as i64)
        .bind(counts.hold_out as i64)
        .bind(union_id)
        .bind(entry.actor)
        .bind(entry.at)
        .execute(&mut *transaction)
        .await?;
        for batch in list.members.chunks(INSERT_BATCH) {
            insert_members(&mut transaction, &id, batch).await?;
        }
        let detail = json!({ "push_list": id, "item_id": list.item_id, "topic": list.topic, "rule": list.content.rule,
            "rule_version": list.rule_version, "limit": list.content.limit, "hold_out": list.content.hold_out_share,
            "selection": list.content.selection, "counts": counts, "members_sha256": list.members_sha256,
            "purpose": list.content.purpose, "exclusions": list.content.preview.exclusions,
            "variants": list.content.variants, "variants_sha256": list.content.variants_sha256 });
        let entry = NewAuditEntry { action: AuditAction::PushListCreated, detail, ..entry.clone() };
        append_in(&mut transaction, &entry).await?;
        transaction.commit().await?;
        self.get(&id, None).await
    }

    /// A list. With `within`, only if its author is limited to the same union.
    ///
    /// # Errors
    /// [`PushListError::Unknown`] or [`PushListError::Store`].
    pub async fn get(&self, id: &str, within: Option<&str>) -> Result<PushList, PushListError> {
        let mut connection = self.pool.acquire().await?;
        read(&mut connection, id, within).await
    }

    /// Like [`PushLists::get`], without counting who is left out, which reads all members of the list.
    pub(crate) async fn get_alone(&self, id: &str, within: Option<&str>) -> Result<PushList, PushListError> {
        let mut connection = self.pool.acquire().await?;
        read_alone(&mut connection, id, within).await
    }

    /// The latest lists, newest first. `left_out` is empty in all of them.
    ///
    /// # Errors
    /// [`PushListError::Store`].
    pub async fn latest(&self, limit: u32, within: Option<&str>) -> Result<Vec<PushList>, PushListError> {
        let sql = "select * from push_lists where $1 is null or union_id = $1 order by frozen_at desc, id limit $2";
        let rows = sql::query(sql).bind(within).bind(limit).fetch_all(self.pool).await?;
        Ok(rows.iter().map(PushList::from_row).collect::<Result<_, StoreError>>()?)
    }

    /// Submits, approves, rejects or closes a list as the actor of `entry`. Only a rejection has a reason.
    ///
    /// # Errors
    /// [`PushListError`]; the list is unchanged then.
    pub async fn step(
        &self,
        id: &str,
        step: ListStep,
        reason: Option<&str>,
        within: Option<&str>,
        entry: &NewAuditEntry<'_>,
    ) -> Result<PushList, PushListError> {
        let (sql, action) = match step {
            ListStep::Submit => (
                "update push_lists set state = $1, submitted_by = $2, submitted_at = $3 where id = $4",
                AuditAction::PushListSubmitted,
            ),
            ListStep::Approve => (
                "update push_lists set state = $1, approved_by = $2, approved_at = $3 where id = $4",
                AuditAction::Approval,
            ),
            ListStep::Reject => (
                "update push_lists set state = $1, rejected_by = $2, rejected_at = $3, rejected_reason = $5 where id = $4",
                AuditAction::PushListRejected,
            ),
            ListStep::Close | ListStep::Export => (
                "update push_lists set state = $1, closed_by = $2, closed_at = $3 where id = $4",
                AuditAction::PushListClosed,
            ),
        };
        let reason = reason.map(str::trim);
        if step == ListStep::Reject && !reason.is_some_and(|reason| REASON_LENGTH.contains(&reason.chars().count())) {
            return Err(PushListError::NoReason);
        }
        let mut transaction = self.pool.begin_write().await?;
        let list = read(&mut transaction, id, within).await?;
        let next = list.state.after(step).ok_or(PushListError::WrongState { state: list.state, step })?;
        if step == ListStep::Approve && list.created_by == entry.actor {
            return Err(PushListError::OwnApproval);
        }
        let update = sql::query(sql).bind(next.as_str()).bind(entry.actor).bind(entry.at).bind(id).bind(reason);
        update.execute(&mut *transaction).await?;
        let entry = NewAuditEntry { action, detail: detail(&list, json!({ "reason": reason })), ..entry.clone() };
        append_in(&mut transaction, &entry).await?;
        let list = read(&mut transaction, id, within).await?;
        transaction.commit().await?;
        Ok(list)
    }

    /// The members after a rank, at most `n`.
    ///
    /// # Errors
    /// [`PushListError::Store`].
    pub async fn members(&self, id: &str, after: usize, n: u32) -> Result<MemberPage, PushListError> {
        let sql = "select * from push_list_members where list_id = $1 and rank > $2 order by rank limit $3";
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows = sql::query(sql).bind(id).bind(after).bind(i64::from(n) + 1).fetch_all(self.pool).await?;
        let members: Vec<ListMember> = rows.iter().take(n as usize).map(member).collect::<Result<_, _>>()?;
        let next = (rows.len() > n as usize).then(|| members.last().map(|member| member.rank)).flatten();
        Ok(MemberPage { members, next })
    }

    /// The members with ranks in `after + 1..=to`.
    pub(super) async fn members_between(&self, id: &str, after: u32, to: u32) -> Result<Vec<ListMember>, StoreError> {
        let sql = "select * from push_list_members where list_id = $1 and rank > $2 and rank <= $3 order by rank";
        let rows = sql::query(sql).bind(id).bind(after).bind(to).fetch_all(self.pool).await?;
        rows.iter().map(member).collect()
    }

    /// Fixes the time of the pushes, the item of a list of a topic, and who is left out, unless an earlier attempt did. Returns
    /// the list, which has `sent_at` then, and whether this call fixed it.
    pub(crate) async fn begin_export(
        &self,
        id: &str,
        item: &SentItem,
        left_out: &[(usize, &str)],
        now: i64,
    ) -> Result<(PushList, bool), PushListError> {
        let mut transaction = self.pool.begin_write().await?;
        let list = read_alone(&mut transaction, id, None).await?;
        if list.state.after(ListStep::Export).is_none() {
            return Err(PushListError::WrongState { state: list.state, step: ListStep::Export });
        }
        let is_first = list.sent_at.is_none();
        if is_first {
            sql::query("update push_lists set sent_at = $1 where id = $2")
                .bind(now)
                .bind(id)
                .execute(&mut *transaction)
                .await?;
            if list.topic.is_some() {
                sql::query("update push_lists set sent_item_id = $1, sent_item_title = $2 where id = $3")
                    .bind(&item.id)
                    .bind(&item.title)
                    .bind(id)
                    .execute(&mut *transaction)
                    .await?;
            }
            leave_out(&mut transaction, id, left_out).await?;
        }
        let list = read(&mut transaction, id, None).await?;
        transaction.commit().await?;
        Ok((list, is_first))
    }

    /// Records that the pushes of a list are durable and its file was made.
    pub(crate) async fn mark_exported(
        &self,
        list: &PushList,
        extra: Value,
        entry: &NewAuditEntry<'_>,
    ) -> Result<(), PushListError> {
        let mut transaction = self.pool.begin_write().await?;
        sql::query(
            "update push_lists set state = 'exported', exported_at = coalesce(exported_at, $1) \
             where id = $2 and state in ('approved', 'exported')",
        )
        .bind(entry.at)
        .bind(&list.id)
        .execute(&mut *transaction)
        .await?;
        let entry = NewAuditEntry { action: AuditAction::Export, detail: detail(list, extra), ..entry.clone() };
        append_in(&mut transaction, &entry).await?;
        Ok(transaction.commit().await?)
    }
}

/// An id that no list has.
pub(super) fn new_list_id() -> String {
    format!("pl_{}", uuid::Uuid::new_v4().simple())
}

fn member(row: &Row) -> Result<ListMember, StoreError> {
    let (arm, reasons): (&str, &str) = (row.try_get("arm")?, row.try_get("reasons")?);
    let hold_out: Option<&str> = row.try_get("hold_out")?;
    let is_pushed = arm == "push";
    Ok(ListMember {
        rank: row.try_get::<u32, _>("rank")? as usize,
        member_id: row.try_get("member_id")?,
        arm: if is_pushed { ExperimentArm::Push } else { ExperimentArm::HoldOut },
        // Lists that are older than standing hold-outs have only their own.
        hold_out: hold_out.and_then(HoldOutKind::parse).or((!is_pushed).then_some(HoldOutKind::List)),
        variant: row.try_get("variant")?,
        probability: row.try_get("probability")?,
        reasons: serde_json::from_str(reasons).map_err(StoreError::damaged)?,
        left_out: row.try_get("left_out")?,
    })
}

async fn insert_members(connection: &mut Connection, list_id: &str, members: &[ListMember]) -> Result<(), StoreError> {
    let columns = "push_list_members (list_id, rank, member_id, arm, hold_out, variant, probability, reasons)";
    let row = |member: &ListMember| {
        Ok([
            list_id.parameter(),
            (member.rank as i64).parameter(),
            (&member.member_id).parameter(),
            member.arm.as_str().parameter(),
            member.hold_out.map(HoldOutKind::as_str).parameter(),
            (&member.variant).parameter(),
            member.probability.parameter(),
            serde_json::to_string(&member.reasons).map_err(StoreError::damaged)?.parameter(),
        ])
    };
    let rows = members.iter().map(row).collect::<Result<Vec<_>, StoreError>>()?;
    Ok(insert_rows(connection, columns, rows).await?)
}

/// What the audit log says of a step.
fn detail(list: &PushList, extra: Value) -> Value {
    let mut detail = json!({ "push_list": list.id, "item_id": list.item_id, "topic": list.topic, "counts": list.counts,
        "members_sha256": list.members_sha256, "purpose": list.purpose });
    if let Some(sha256) = &list.variants_sha256 {
        detail["variants_sha256"] = json!(sha256);
    }
    if let (Value::Object(detail), Value::Object(extra)) = (&mut detail, extra) {
        detail.extend(extra.into_iter().filter(|(_, value)| !value.is_null()));
    }
    detail
}

/// A list without the number of its members who are left out.
async fn read_alone(connection: &mut Connection, id: &str, within: Option<&str>) -> Result<PushList, PushListError> {
    let sql = "select * from push_lists where id = $1 and ($2 is null or union_id = $2)";
    let row = sql::query(sql).bind(id).bind(within).fetch_optional(&mut *connection).await?;
    Ok(PushList::from_row(&row.ok_or_else(|| PushListError::Unknown(id.to_owned()))?)?)
}

async fn read(connection: &mut Connection, id: &str, within: Option<&str>) -> Result<PushList, PushListError> {
    let mut list = read_alone(&mut *connection, id, within).await?;
    let sql = "select count(*) from push_list_members where list_id = $1";
    let stored: u32 = sql::query_scalar(sql).bind(id).fetch_one(&mut *connection).await?;
    let stored = stored as usize;
    // Grouping all members would sort them.
    let sql = "select left_out, count(*) as members from push_list_members where list_id = $1 and left_out is not null \
               group by left_out";
    let mut left_out = BTreeMap::new();
    for row in sql::query(sql).bind(id).fetch_all(&mut *connection).await? {
        let (reason, members): (String, u32) = (row.try_get("left_out")?, row.try_get("members")?);
        left_out.insert(reason, members as usize);
    }
    // Erasure deletes the rows of a member.
    let erased = (list.counts.push + list.counts.hold_out).saturating_sub(stored);
    if erased > 0 {
        left_out.insert("erased".to_owned(), erased);
    }
    list.left_out = left_out;
    list.stored = stored;
    Ok(list)
}
