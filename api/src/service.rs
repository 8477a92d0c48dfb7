//! The state that handlers share. Each part lives in the module that owns it; this file only assembles them.

use std::ops::Deref;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use axum::http::Method;
use bytes::Bytes;

use crate::audiences::days::state::DayState;
use crate::auth::hourly_quota::HourlyQuota;
use crate::auth::state::AuthState;
use crate::clock::Clock;
use crate::computations::{CancelFlag, Computations};
use crate::events::writer::EventWriter;
use crate::items::reach_cache::ReachCache;
use crate::live::slot::{LiveSlot, LiveSnapshot};
use crate::members::state::MemberState;
use crate::middleware::problem::Problem;
use crate::ports::Ports;
use crate::server::free_space::FreeSpace;
use crate::server::telemetry::{RouteMetrics, Telemetry};
use crate::settings::Settings;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::inbox::database::Inbox;

/// Maximum number of views of a link to a report within an hour. Each is written to the audit log.
const MAX_LINK_VIEWS: usize = 600;

/// The shared state of the service. Clones are cheap and refer to the same state.
#[derive(Clone)]
pub struct Service(Arc<State>);

/// The parts of a [`Service`], which dereferences to them.
pub struct State {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) auth: AuthState,
    pub(crate) live: Arc<LiveSlot>,
    pub(crate) events: OnceLock<EventWriter>,
    pub(crate) ports: Ports,
    pub(crate) members: MemberState,
    pub(crate) days: DayState,
    pub(crate) reach: ReachCache,
    /// Views of each link to a report within the last hour.
    pub(crate) link_views: HourlyQuota,
    pub(crate) computations: Computations,
    pub(crate) telemetry: Telemetry,
    /// Counters of requests that match no route.
    pub(crate) unmatched: RouteMetrics,
    pub(crate) free_space: FreeSpace,
    /// The OpenAPI document; set when the router is built.
    pub(crate) openapi: OnceLock<Bytes>,
    pub(crate) stopping: AtomicBool,
}

impl Service {
    /// Loads keys, sign-in locks and consent from the store. No snapshot is published yet.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub async fn new(settings: Settings, clock: Clock, store: Store, ports: Ports) -> Result<Self, StoreError> {
        let telemetry = Telemetry::new();
        Ok(Self(Arc::new(State {
            auth: AuthState::load(&store, &settings.limits, clock()).await?,
            live: Arc::new(LiveSlot::new(store.consent().load().await?, store.erasures().erased_members().await?)),
            events: OnceLock::new(),
            ports,
            members: MemberState::new(&settings.limits),
            days: DayState::default(),
            reach: ReachCache::default(),
            link_views: HourlyQuota::new(MAX_LINK_VIEWS),
            computations: Computations::new(&settings.limits),
            unmatched: telemetry.route_metrics("unmatched", &[Method::GET]),
            telemetry,
            free_space: FreeSpace::default(),
            openapi: OnceLock::new(),
            stopping: AtomicBool::new(false),
            settings,
            clock,
            store,
        })))
    }

    /// Starts to accept events and stores them in this inbox. Later calls have no effect.
    pub fn accept_events(&self, inbox: Inbox) {
        self.events.get_or_init(|| EventWriter::start(inbox, Arc::clone(&self.live)));
    }

    /// Reports the free bytes on the volume of the home. If there are too few, the service is not ready.
    pub fn set_free_space(&self, bytes: u64) {
        self.free_space.set(bytes);
        self.telemetry.free_space.set(bytes as f64);
    }

    /// The current time, seconds since 1970 in UTC.
    pub(crate) fn now(&self) -> i64 {
        (self.clock)()
    }

    /// Runs a long computation on the published engine in a blocking thread.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce(&LiveSnapshot) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        self.compute_cancellable(|live, _| work(live)).await
    }

    /// Like [`Service::compute`], for work that checks the flag and ends early once its caller has gone.
    pub(crate) async fn compute_cancellable<T: Send + 'static>(
        &self,
        work: impl FnOnce(&LiveSnapshot, &CancelFlag) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let live = self.live.current()?;
        self.computations.run(move |cancel| work(&live, cancel)).await
    }
}

impl Deref for Service {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("staleness", &self.staleness()).finish_non_exhaustive()
    }
}
