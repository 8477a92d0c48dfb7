//! Publishing a snapshot to the running service, and how old the published one is.

use std::sync::Arc;

use zhihui_data::ErasedIds;
use zhihui_engine::overlay::Consent;

use super::published_engine::PublishedEngine;
use super::queries::{EngineQueries, SnapshotInfo};
use crate::service::Service;
use crate::store::error::StoreError;

/// The age of the published snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staleness {
    /// Summary of the snapshot.
    pub info: SnapshotInfo,
    /// Seconds since the snapshot's `as_of`; never negative.
    pub age_seconds: i64,
    /// Whether the age exceeds `stale_after_seconds`.
    pub stale: bool,
}

impl Service {
    /// Replaces the published engine at once. Requests in progress finish with the engine they started with.
    pub fn publish(&self, engine: impl EngineQueries) {
        self.live.publish(engine);
        self.refresh_snapshot_metrics();
    }

    /// Publishes a snapshot together with the events after its sequence number, including those that arrive meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the inbox cannot be read. The snapshot published before stays.
    pub async fn publish_with_events(&self, engine: PublishedEngine) -> Result<(), StoreError> {
        match self.events.get() {
            Some(events) => {
                // Consent switches are ordered with the events of the inbox, some of which may be newer than the
                // consent loaded at start.
                self.reload_consent().await?;
                events.publish(engine).await?;
                self.refresh_snapshot_metrics();
                Ok(())
            }
            None => {
                self.publish(engine);
                Ok(())
            }
        }
    }

    /// Reloads consent and erasures. [`serve`](crate::serve) calls it whenever the database changes.
    ///
    /// # Errors
    /// [`StoreError`] if they cannot be read. Those loaded before stay in effect.
    pub async fn reload_consent(&self) -> Result<(), StoreError> {
        let inbox = self.events.get().map_or("", |events| events.inbox().id());
        let consent = self.store.consent().load_with_inbox(inbox).await?;
        self.live.set_consent(consent, self.store.erasures().erased_members().await?);
        Ok(())
    }

    /// The age of the published snapshot, or `None` before the first publish.
    #[must_use]
    pub fn staleness(&self) -> Option<Staleness> {
        let info = self.live.get()?.info.clone();
        let age_seconds = (self.now() - info.as_of).max(0);
        Some(Staleness { stale: age_seconds > self.settings.freshness.stale_after_seconds, info, age_seconds })
    }

    /// Answers nothing from the published snapshot from now on, for this reason, which `/readyz` names; with `None`, answers again.
    pub fn refuse(&self, why: Option<String>) {
        self.live.refuse(why);
    }

    /// The name of the published snapshot, even while nothing is answered from it.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        Some(self.live.loaded()?.info.version.clone())
    }

    /// The consent that applies now. Another `Arc` after a change.
    #[must_use]
    pub fn consent(&self) -> Arc<Consent> {
        self.live.consent()
    }

    /// Hashes of the erased members and openids.
    #[must_use]
    pub fn erased_members(&self) -> Arc<ErasedIds> {
        self.live.erased()
    }

    /// Sets the gauges of the published snapshot.
    pub(crate) fn refresh_snapshot_metrics(&self) {
        let staleness = self.staleness();
        self.telemetry.set_snapshot(staleness.as_ref().map(|now| (&now.info, now.age_seconds)));
    }
}
