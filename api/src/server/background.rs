//! Background tasks of the service: reload revoked keys and consent, aggregate latencies, publish the snapshot's age, delete
//! teams of ended activities, and erase members whose permissions are revoked.

use tokio::time::{MissedTickBehavior, interval};

use crate::service::Service;
use crate::store::change_watch::{ChangeWatch, Changes};
use crate::store::error::StoreError;

/// Time between two deletions.
const DELETION_SECONDS: i64 = 3_600;

/// Runs until aborted. If the database cannot be read, what was loaded before stays in effect, and the error is logged once.
pub(crate) async fn run(service: Service) {
    let mut tick = interval(service.settings.server.watch_interval);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut watch = None;
    let mut failing = false;
    let mut next_deletion = service.now();
    loop {
        tick.tick().await;
        service.telemetry.upkeep();
        service.refresh_snapshot_metrics();
        if let Some(events) = service.events.get() {
            events.catch_up();
        }
        if service.live.get().is_some() && service.now() >= next_deletion {
            next_deletion = service.now() + DELETION_SECONDS;
            if let Err(error) = service.delete_ended_teams().await {
                tracing::error!(%error, "teams of ended activities could not be deleted; the next hour tries again");
            }
            if let Err(problem) = service.erase_owners_of_revoked_openids().await {
                let error = problem.detail;
                tracing::error!(error, "members of revoked openids could not be erased; the next hour tries again");
            }
        }
        match reload_changed(&service, &mut watch).await {
            Ok(()) => failing = false,
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::error!(%error, "keys and consent cannot be reloaded; those loaded before stay in effect");
                }
                watch = None;
            }
        }
    }
}

async fn reload_changed(service: &Service, watch: &mut Option<ChangeWatch>) -> Result<(), StoreError> {
    let changes = match watch {
        Some(watch) => watch.changes().await?,
        None => {
            *watch = Some(service.store.watch().await?);
            Changes::ALL
        }
    };
    if changes.keys {
        service.reload_keys().await?;
    }
    if changes.consent {
        service.reload_consent().await?;
    }
    if changes.sign_in_locks {
        service.reload_sign_in_locks().await?;
    }
    Ok(())
}
