//! What the page does: commit a seed, allocate by order or by draw, record the results as sign-ups.

use serde_json::Value;
use zhihui_engine::allocation::{TicketOrder, allocate};

use super::database::{Activity, Allocations};
use super::error::AllocationError;
use crate::auth::caller::Caller;
use crate::events::writer::PreparedEvents;
use crate::live::push_queries::{PushQueries, TicketPool};
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::audit::NewAuditEntry;
use crate::store::audit_action::AuditAction;

/// The sign-ups of an activity.
pub(crate) async fn ticket_pool(service: &Service, item_id: &str) -> Result<TicketPool, Problem> {
    let id = item_id.to_owned();
    let pool = service.compute(move |live| (live.engine.as_ref() as &dyn PushQueries).ticket_pool(&id)).await?;
    pool.ok_or_else(|| AllocationError::UnknownActivity(item_id.to_owned()).into())
}

/// Commits a random seed for a later draw.
pub(crate) async fn commit_seed(service: &Service, caller: &Caller, item_id: &str) -> Result<(), Problem> {
    let pool = ticket_pool(service, item_id).await?;
    let seed = uuid::Uuid::new_v4().simple().to_string();
    let activity = Activity { id: item_id, title: &pool.title };
    Ok(Allocations::new(&service.store).commit(activity, &seed, entry(service, caller)).await?)
}

/// Allocates the tickets in the order of the sign-ups.
pub(crate) async fn allocate_first_come(service: &Service, caller: &Caller, item_id: &str) -> Result<(), Problem> {
    let pool = ticket_pool(service, item_id).await?;
    if pool.requests.is_empty() {
        return Err(AllocationError::NoRequests.into());
    }
    let allocation = allocate(item_id, pool.rules, &TicketOrder::FirstCome, pool.requests);
    let activity = Activity { id: item_id, title: &pool.title };
    let allocations = Allocations::new(&service.store);
    Ok(allocations.store_first_come(activity, &allocation, entry(service, caller)).await?)
}

/// Draws with the committed seed, once sign-up has closed.
pub(crate) async fn draw(service: &Service, caller: &Caller, item_id: &str, id: &str) -> Result<(), Problem> {
    let pool = ticket_pool(service, item_id).await?;
    if pool.closes_at.is_some_and(|closes_at| service.now() < closes_at) {
        return Err(AllocationError::SignUpIsOpen.into());
    }
    if pool.requests.is_empty() {
        return Err(AllocationError::NoRequests.into());
    }
    let allocations = Allocations::new(&service.store);
    let order = TicketOrder::Draw { seed: allocations.open_seed(item_id, id).await? };
    let allocation = allocate(item_id, pool.rules, &order, pool.requests);
    Ok(allocations.store_draw(id, item_id, &order, &allocation, entry(service, caller)).await?)
}

/// Stores the results as sign-ups. A repeated call stores the same events, which count once.
pub(crate) async fn record_results(service: &Service, caller: &Caller, item_id: &str, id: &str) -> Result<(), Problem> {
    let allocations = Allocations::new(&service.store);
    let record = allocations.get(item_id, id).await?;
    if record.allocated.is_none() {
        return Err(AllocationError::NotAllocated.into());
    }
    let writer = service.events.get().ok_or_else(|| Problem::new(Code::NotStored, "this service stores no events"))?;
    let events = record.events(&allocations.grants(id).await?);
    let count = events.len();
    writer.append_all(PreparedEvents::new(events).await?).await?;
    Ok(allocations.mark_recorded(&record, count, entry(service, caller)).await?)
}

fn entry<'a>(service: &Service, caller: &'a Caller) -> NewAuditEntry<'a> {
    caller.audit_entry(service.now(), AuditAction::Allocation, None, Value::Null)
}
