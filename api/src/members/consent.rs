//! Changes a member's consent, with or without an event inbox.

use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::audit::NewAuditEntry;
use crate::store::error::StoreError;

/// Allows or refuses personalised lists for a member. The next response applies it.
pub(crate) async fn set_personalised(
    service: &Service,
    member_id: &str,
    allowed: bool,
    entry: &NewAuditEntry<'_>,
) -> Result<(), Problem> {
    let consent = service.store.consent();
    let written = match service.events.get() {
        Some(events) => consent.set_personalised_with_inbox(events.inbox(), member_id, allowed, entry).await,
        None => consent.set_personalised(member_id, allowed, entry).await,
    };
    written.map_err(StoreError::write_problem)?;
    service.reload_consent().await.map_err(StoreError::write_problem)
}

/// Sets whether a member wants to be matched with teams. The next response applies it.
pub(crate) async fn set_team_match(
    service: &Service,
    member_id: &str,
    wanted: bool,
    entry: &NewAuditEntry<'_>,
) -> Result<(), Problem> {
    let written = service.store.consent().set_team_match(member_id, wanted, entry).await;
    written.map_err(StoreError::write_problem)?;
    service.reload_consent().await.map_err(StoreError::write_problem)
}

/// Deletes a topic of a member. The next response applies it.
pub(crate) async fn delete_topic(
    service: &Service,
    (member_id, openids): (&str, &[String]),
    topic: &str,
    entry: &NewAuditEntry<'_>,
) -> Result<(), Problem> {
    let consent = service.store.consent();
    let written = match service.events.get() {
        Some(events) => consent.delete_topic_with_inbox(events.inbox(), (member_id, openids), topic, entry).await,
        None => consent.delete_topic(member_id, topic, entry).await,
    };
    written.map_err(StoreError::write_problem)?;
    service.reload_consent().await.map_err(StoreError::write_problem)
}
