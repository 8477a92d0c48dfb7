//! Erases a member: the steps that the route and WeChat's callbacks share.

use super::export::known_openids;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::audit::NewAuditEntry;
use crate::store::error::StoreError;

/// Erases a member from responses at once and requests the rest: the next run erases the member from the tables, the next
/// maintenance from the disk. A repeated erasure changes nothing.
pub(crate) async fn erase_member(service: &Service, id: &str, entry: &NewAuditEntry<'_>) -> Result<(), Problem> {
    let openids = known_openids(service, id).await?;
    service.store.erasures().erase(id, &openids, entry).await.map_err(StoreError::write_problem)?;
    if let Some(events) = service.events.get() {
        events.inbox().erase_member(id, &openids).await.map_err(StoreError::write_problem)?;
    }
    service.reload_consent().await.map_err(StoreError::write_problem)
}
