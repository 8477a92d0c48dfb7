//! Holds the published engine and the consent that applies to it, and replaces both without blocking readers.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use zhihui_data::{ErasedIds, Zone};
use zhihui_engine::overlay::Consent;

use super::queries::{EngineQueries, SnapshotInfo};
use crate::middleware::problem::{Code, Problem};

/// The published engine and its cached summary.
pub(crate) struct LiveSnapshot {
    pub(crate) info: SnapshotInfo,
    pub(crate) engine: Box<dyn EngineQueries>,
}

/// The slot that every request reads the published engine from.
pub(crate) struct LiveSlot {
    current: ArcSwapOption<LiveSnapshot>,
    consent: ArcSwap<Consent>,
    erased: ArcSwap<ErasedIds>,
    /// Why nothing is answered although there is an engine.
    refused: ArcSwapOption<String>,
}

impl LiveSlot {
    pub(crate) fn new(consent: Consent, erased: ErasedIds) -> Self {
        Self {
            current: ArcSwapOption::empty(),
            consent: ArcSwap::from_pointee(consent),
            erased: ArcSwap::from_pointee(erased),
            refused: ArcSwapOption::empty(),
        }
    }

    /// Publishes the engine of a new snapshot. Requests in progress finish with the engine they started with.
    pub(crate) fn publish(&self, engine: impl EngineQueries) {
        engine.set_consent(&self.consent.load());
        let live = self.replace(engine);
        let info = &live.info;
        tracing::info!(version = %info.version, members = info.members, items = info.items, "published");
        // Consent may have changed between the first call and the replacement.
        live.engine.set_consent(&self.consent.load());
    }

    /// Publishes the same snapshot with more events.
    pub(crate) fn refresh(&self, engine: impl EngineQueries) {
        // Consent may have changed while the overlay was extended.
        self.replace(engine).engine.apply_consent();
    }

    fn replace(&self, engine: impl EngineQueries) -> Arc<LiveSnapshot> {
        let live = Arc::new(LiveSnapshot { info: engine.info(), engine: Box::new(engine) });
        self.current.store(Some(Arc::clone(&live)));
        live
    }

    /// The published engine, or a problem that says how to publish one.
    pub(crate) fn current(&self) -> Result<Arc<LiveSnapshot>, Problem> {
        if let Some(why) = self.refusal() {
            return Err(Problem::new(Code::NotReady, why).retry_after(5));
        }
        self.get().ok_or_else(|| {
            let detail = "no snapshot has been published; run `zhihui run` and try again";
            Problem::new(Code::NoSnapshot, detail).retry_after(30)
        })
    }

    /// The published engine, or `None` before the first publish and while nothing may be answered.
    pub(crate) fn get(&self) -> Option<Arc<LiveSnapshot>> {
        self.loaded().filter(|_| self.refused.load().is_none())
    }

    /// The published engine, even while nothing may be answered.
    pub(crate) fn loaded(&self) -> Option<Arc<LiveSnapshot>> {
        self.current.load_full()
    }

    /// Answers nothing from now on for this reason; with `None`, answers again.
    pub(crate) fn refuse(&self, why: Option<String>) {
        self.refused.store(why.map(Arc::new));
    }

    /// Why nothing is answered.
    pub(crate) fn refusal(&self) -> Option<String> {
        self.refused.load().as_ref().map(|why| why.as_ref().clone())
    }

    /// The time zone of the snapshot, or the default before the first publish.
    pub(crate) fn zone(&self) -> Zone {
        self.current.load().as_ref().map_or_else(Zone::default, |live| live.info.zone)
    }

    /// Topics that never become preferences, segments or reasons. Empty before the first publish.
    pub(crate) fn sensitive_topics(&self) -> Vec<String> {
        self.get().map(|live| live.engine.sensitive_topics()).unwrap_or_default()
    }

    /// Replaces consent and erasures. The next request sees them.
    pub(crate) fn set_consent(&self, consent: Consent, erased: ErasedIds) {
        self.erased.store(Arc::new(erased));
        if **self.consent.load() != consent {
            self.consent.store(Arc::new(consent));
            if let Some(live) = self.loaded() {
                live.engine.set_consent(&self.consent.load());
            }
        }
    }

    pub(crate) fn consent(&self) -> Arc<Consent> {
        self.consent.load_full()
    }

    /// Hashes of the erased members and openids. Events that name one of them are rejected.
    pub(crate) fn erased(&self) -> Arc<ErasedIds> {
        self.erased.load_full()
    }
}
