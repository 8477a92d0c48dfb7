//! What the running service does by itself: sees revoked keys and members' wishes, folds latencies, tells how old the snapshot is.

use tokio::time::{MissedTickBehavior, interval};

use crate::service::Service;
use crate::store::{Changes, StoreError, Watch};

/// Runs until it is aborted. While the database cannot be read, the keys last read stay valid and the log says so once.
pub(super) async fn keep(service: Service) {
    let mut tick = interval(service.settings().server.watch_interval);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut watch = None;
    let mut failing = false;
    loop {
        tick.tick().await;
        service.telemetry().upkeep();
        service.refresh_gauges();
        if let Some(intake) = service.intake() {
            intake.look();
        }
        match look(&service, &mut watch).await {
            Ok(()) => failing = false,
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::error!(%error, "keys and members' wishes cannot be read again; those read last hold on");
                }
                watch = None;
            }
        }
    }
}

async fn look(service: &Service, watch: &mut Option<Watch>) -> Result<(), StoreError> {
    let changes = match watch {
        Some(watch) => watch.changes().await?,
        None => {
            *watch = Some(service.store().watch().await?);
            Changes::ALL
        }
    };
    if changes.keys {
        service.reload_keys().await?;
    }
    if changes.rights {
        service.reload_wishes().await?;
    }
    if changes.sign_in_locks {
        service.reload_sign_in_locks().await?;
    }
    Ok(())
}
