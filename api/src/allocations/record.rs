//! An allocation as a row of the database.

use zhihui_data::Event;
use zhihui_engine::allocation::{Allocation, Grant, TicketRequest, TicketResult, TicketRules};

use crate::store::error::StoreError;
use crate::store::sql::Row;

/// Who did something, and when in seconds since 1970 in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) by: String,
    pub(crate) at: i64,
}

/// An allocation of an activity, or a draw that is not held yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AllocationRecord {
    pub(crate) id: String,
    pub(crate) item_id: String,
    pub(crate) item_title: String,
    /// The committed seed of a draw; `None` for first come.
    pub(crate) commitment: Option<String>,
    pub(crate) committed: Option<Step>,
    /// The seed of a draw that was held.
    pub(crate) seed: Option<String>,
    /// Identifies who took part; `None` before the draw.
    pub(crate) requests_sha256: Option<String>,
    pub(crate) allocated: Option<Step>,
    /// When the results were recorded as sign-ups.
    pub(crate) recorded: Option<Step>,
    rules: Option<TicketRules>,
}

impl AllocationRecord {
    pub(super) fn from_row(row: &Row) -> Result<Self, StoreError> {
        let step = |by: &str, at: &str| -> Result<Option<Step>, StoreError> {
            let (by, at): (Option<String>, Option<i64>) = (row.try_get(by)?, row.try_get(at)?);
            Ok(by.zip(at).map(|(by, at)| Step { by, at }))
        };
        let allocated = step("allocated_by", "allocated_at")?;
        let seed: Option<String> = row.try_get("seed")?;
        let rules: Option<String> = row.try_get("rules")?;
        Ok(Self {
            id: row.try_get("id")?,
            item_id: row.try_get("item_id")?,
            item_title: row.try_get("item_title")?,
            commitment: row.try_get("commitment")?,
            committed: step("committed_by", "committed_at")?,
            seed: seed.filter(|_| allocated.is_some()),
            requests_sha256: row.try_get("requests_sha256")?,
            recorded: step("recorded_by", "recorded_at")?,
            rules: rules.map(|rules| serde_json::from_str(&rules)).transpose().map_err(StoreError::damaged)?,
            allocated,
        })
    }

    /// The result with its grants; `None` before the draw.
    pub(crate) fn result(&self, grants: Vec<Grant>) -> Option<Allocation> {
        self.rules.map(|rules| Allocation::of_grants(rules, grants))
    }

    /// The results as sign-ups. Those of an allocation are always the same, so repeating them changes nothing. Empty before
    /// the draw.
    pub(crate) fn events(&self, grants: &[Grant]) -> Vec<Event> {
        let Some(allocated) = &self.allocated else { return Vec::new() };
        let at = allocated.at.saturating_mul(1_000_000);
        let sign_up = |grant: &Grant| {
            let event_id = Some(format!("allocation:{}:{}", self.id, grant.request.member_id));
            Some(Event { event_id, ..grant.sign_up(&self.item_id, at)? })
        };
        grants.iter().filter_map(sign_up).collect()
    }
}

pub(super) fn grant_from_row(row: &Row) -> Result<Grant, StoreError> {
    let result: String = row.try_get("result")?;
    let unknown = || StoreError::damaged(format!("an allocation has the unknown result {result:?}"));
    Ok(Grant {
        request: TicketRequest {
            member_id: row.try_get("member_id")?,
            union_id: row.try_get("union_id")?,
            signed_up_at: row.try_get("signed_up_at")?,
            tickets: row.try_get("tickets")?,
            children: row.try_get("children")?,
        },
        place: row.try_get::<u32, _>("place")? as usize,
        granted_tickets: row.try_get("granted_tickets")?,
        result: TicketResult::parse(&result).ok_or_else(unknown)?,
        wait_place: row.try_get::<Option<u32>, _>("wait_place")?.map(|place| place as usize),
    })
}
