//! The tables of allocations: commits a seed, stores results and reads them. Every change is in the audit log.

use serde_json::{Value, json};
use zhihui_engine::allocation::{Allocation, Grant, TicketOrder, TicketResult, commitment, requests_sha256};

use super::error::AllocationError;
use super::record::{AllocationRecord, grant_from_row};
use crate::store::audit::{NewAuditEntry, append_in};
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::{self, Connection, Pool, ToParameter as _, insert_rows};

/// Rows written by one statement.
const INSERT_BATCH: usize = 3_000;

/// The allocations of a home.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allocations<'a> {
    pool: &'a Pool,
}

/// An activity by id and title.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Activity<'a> {
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
}

impl<'a> Allocations<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { pool: store.pool() }
    }

    /// The allocations of an activity, newest first, and last of all a draw that is not held yet.
    pub(crate) async fn of_item(&self, item_id: &str) -> Result<Vec<AllocationRecord>, AllocationError> {
        let sql = "select * from allocations where item_id = $1 order by allocated_at desc, id";
        let rows = sql::query(sql).bind(item_id).fetch_all(self.pool).await?;
        Ok(rows.iter().map(AllocationRecord::from_row).collect::<Result<_, StoreError>>()?)
    }

    /// One allocation of an activity.
    pub(crate) async fn get(&self, item_id: &str, id: &str) -> Result<AllocationRecord, AllocationError> {
        let found = self.of_item(item_id).await?.into_iter().find(|record| record.id == id);
        found.ok_or(AllocationError::Unknown)
    }

    /// The grants of an allocation, in order. Erased members are missing.
    pub(crate) async fn grants(&self, id: &str) -> Result<Vec<Grant>, AllocationError> {
        let sql = "select * from allocation_grants where allocation_id = $1 order by place";
        let rows = sql::query(sql).bind(id).fetch_all(self.pool).await?;
        Ok(rows.iter().map(grant_from_row).collect::<Result<_, StoreError>>()?)
    }

    /// Commits a seed for a later draw.
    pub(crate) async fn commit(
        &self,
        activity: Activity<'_>,
        seed: &str,
        entry: NewAuditEntry<'_>,
    ) -> Result<(), AllocationError> {
        let mut transaction = self.pool.begin_write().await?;
        let sql = "select 1 from allocations where item_id = $1 and allocated_at is null";
        if sql::query(sql).bind(activity.id).fetch_optional(&mut *transaction).await?.is_some() {
            return Err(AllocationError::CommittedAlready);
        }
        let id = new_id();
        let commitment = commitment(seed);
        sql::query(
            "insert into allocations (id, item_id, item_title, method, seed, commitment, committed_by, committed_at) \
             values ($1, $2, $3, 'draw', $4, $5, $6, $7)",
        )
        .bind(&id)
        .bind(activity.id)
        .bind(activity.title)
        .bind(seed)
        .bind(&commitment)
        .bind(entry.actor)
        .bind(entry.at)
        .execute(&mut *transaction)
        .await?;
        let detail =
            json!({ "step": "commit", "allocation": id, "activity_id": activity.id, "commitment": commitment });
        append_in(&mut transaction, &NewAuditEntry { detail, ..entry }).await?;
        Ok(transaction.commit().await?)
    }

    /// The committed seed of a draw that is not held yet.
    pub(crate) async fn open_seed(&self, item_id: &str, id: &str) -> Result<String, AllocationError> {
        if self.get(item_id, id).await?.allocated.is_some() {
            return Err(AllocationError::AllocatedAlready);
        }
        let sql = "select seed from allocations where id = $1 and seed is not null";
        let seed: Option<(String,)> = sql::query_as(sql).bind(id).fetch_optional(self.pool).await?;
        seed.map(|(seed,)| seed).ok_or(AllocationError::Unknown)
    }

    /// Stores the result of an allocation by the order of sign-ups.
    pub(crate) async fn store_first_come(
        &self,
        activity: Activity<'_>,
        allocation: &Allocation,
        entry: NewAuditEntry<'_>,
    ) -> Result<(), AllocationError> {
        let mut transaction = self.pool.begin_write().await?;
        let id = new_id();
        // Complete from the beginning: a row without a result would be an open draw.
        sql::query(
            "insert into allocations (id, item_id, item_title, method, allocated_by, allocated_at, rules, \
             requests_sha256) values ($1, $2, $3, 'first_come', $4, $5, $6, $7)",
        )
        .bind(&id)
        .bind(activity.id)
        .bind(activity.title)
        .bind(entry.actor)
        .bind(entry.at)
        .bind(json!(allocation.rules).to_string())
        .bind(sha256(allocation))
        .execute(&mut *transaction)
        .await?;
        finish(&mut transaction, &id, activity.id, &TicketOrder::FirstCome, allocation, entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Stores the result of a draw and reveals its seed.
    pub(crate) async fn store_draw(
        &self,
        id: &str,
        item_id: &str,
        order: &TicketOrder,
        allocation: &Allocation,
        entry: NewAuditEntry<'_>,
    ) -> Result<(), AllocationError> {
        let mut transaction = self.pool.begin_write().await?;
        let sql = "update allocations set allocated_by = $1, allocated_at = $2, rules = $3, requests_sha256 = $4 \
                   where id = $5 and allocated_at is null";
        let updated = sql::query(sql)
            .bind(entry.actor)
            .bind(entry.at)
            .bind(json!(allocation.rules).to_string())
            .bind(sha256(allocation))
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        if updated.rows_affected() == 0 {
            return Err(AllocationError::AllocatedAlready);
        }
        finish(&mut transaction, id, item_id, order, allocation, entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Notes that the results are durable as sign-ups. Only the first time counts.
    pub(crate) async fn mark_recorded(
        &self,
        record: &AllocationRecord,
        sign_ups: usize,
        entry: NewAuditEntry<'_>,
    ) -> Result<(), AllocationError> {
        let mut transaction = self.pool.begin_write().await?;
        let sql = "update allocations set recorded_by = $1, recorded_at = $2 where id = $3 and recorded_at is null";
        sql::query(sql).bind(entry.actor).bind(entry.at).bind(&record.id).execute(&mut *transaction).await?;
        let detail = json!({ "step": "record", "allocation": record.id, "activity_id": record.item_id,
            "sign_ups": sign_ups });
        append_in(&mut transaction, &NewAuditEntry { detail, ..entry }).await?;
        Ok(transaction.commit().await?)
    }
}

fn new_id() -> String {
    format!("al_{}", uuid::Uuid::new_v4().simple())
}

fn sha256(allocation: &Allocation) -> String {
    let requests: Vec<_> = allocation.grants.iter().map(|grant| grant.request.clone()).collect();
    requests_sha256(&requests)
}

/// Writes the grants and the entry of the audit log.
async fn finish(
    connection: &mut Connection,
    id: &str,
    item_id: &str,
    order: &TicketOrder,
    allocation: &Allocation,
    entry: NewAuditEntry<'_>,
) -> Result<(), AllocationError> {
    let columns = "allocation_grants (allocation_id, place, member_id, union_id, signed_up_at, tickets, children, \
                   granted_tickets, result, wait_place)";
    for batch in allocation.grants.chunks(INSERT_BATCH) {
        let row = |grant: &Grant| {
            [
                id.parameter(),
                (grant.place as i64).parameter(),
                (&grant.request.member_id).parameter(),
                (&grant.request.union_id).parameter(),
                grant.request.signed_up_at.parameter(),
                grant.request.tickets.parameter(),
                grant.request.children.parameter(),
                grant.granted_tickets.parameter(),
                grant.result.as_str().parameter(),
                grant.wait_place.map(|place| place as i64).parameter(),
            ]
        };
        insert_rows(connection, columns, batch.iter().map(row)).await?;
    }
    let totals = |wanted: fn(TicketResult) -> bool| {
        let (members, tickets) = allocation.totals(wanted);
        json!({ "members": members, "tickets": tickets })
    };
    let detail: Value = json!({ "step": "allocate", "allocation": id, "activity_id": item_id,
        "method": order.as_str(), "requests_sha256": sha256(allocation), "rules": allocation.rules,
        "granted": totals(TicketResult::is_granted), "waiting": totals(TicketResult::is_waiting) });
    append_in(connection, &NewAuditEntry { detail, ..entry }).await?;
    Ok(())
}
