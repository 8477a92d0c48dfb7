//! The running service: the published state that answers, the keys, the counters, and where reports come from.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use axum::http::{Method, StatusCode};
use bytes::Bytes;
use utoipa::openapi::OpenApi;
use zhihui_data::{ErasedIds, Zone};
use zhihui_engine::overlay::Wishes;

use crate::access::{Budget, KeyRing, Refusals, SignInGuard};
use crate::answering::{Answering, Facts};
use crate::clock::Clock;
use crate::events::Intake;
use crate::free_space::FreeSpace;
use crate::heavy::Places;
use crate::inbox::Inbox;
use crate::member_files::MemberFiles;
use crate::pages::{self, Counted, Looks};
use crate::problem::{Code, Problem};
use crate::published::Published;
use crate::reporting::Reports;
use crate::settings::Settings;
use crate::store::{Store, StoreError};
use crate::telemetry::{Load, Meters, Telemetry};
use crate::workshop::Workshop;

/// The service's state. Cheap to clone; every clone is the same service.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    settings: Settings,
    clock: Clock,
    store: Store,
    keys: KeyRing,
    reports: Arc<dyn Reports>,
    workshop: OnceLock<Arc<dyn Workshop>>,
    counted: Counted,
    looks: Looks,
    live: ArcSwapOption<Live>,
    wishes: ArcSwap<Wishes>,
    forgotten: ArcSwap<ErasedIds>,
    member_files: OnceLock<Arc<dyn MemberFiles>>,
    intake: OnceLock<Intake>,
    telemetry: Telemetry,
    places: Places,
    sign_ins: SignInGuard,
    refusals: Refusals,
    erasures: Budget,
    stopping: AtomicBool,
    free_space: FreeSpace,
    document: OnceLock<Bytes>,
    unmatched: Meters,
}

/// A published state with what is told of it often.
pub(crate) struct Live {
    pub(crate) facts: Facts,
    pub(crate) answers: Box<dyn Answering>,
}

/// How old the published state is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staleness {
    /// What is published.
    pub facts: Facts,
    /// Seconds since the instant whose state it is; never negative.
    pub age_seconds: i64,
    /// Whether that is longer than set.
    pub stale: bool,
}

impl Service {
    /// A service with the keys that are valid now and nothing published.
    ///
    /// # Errors
    /// [`StoreError`] when the keys cannot be read.
    pub async fn new(
        settings: Settings,
        clock: Clock,
        store: Store,
        reports: Arc<dyn Reports>,
    ) -> Result<Self, StoreError> {
        let telemetry = Telemetry::new();
        let keys = KeyRing::new(settings.limits.clone());
        store.load_keys(&keys).await?;
        let sign_ins = SignInGuard::default();
        sign_ins.restore(store.users().locks(clock()).await?);
        let (wishes, forgotten) = (store.rights().wishes().await?, store.rights().forgotten().await?);
        Ok(Self(Arc::new(Inner {
            places: Places::new(&settings.limits),
            sign_ins,
            refusals: Refusals::default(),
            erasures: Budget::new(settings.limits.erasures_per_hour),
            settings,
            clock,
            store,
            keys,
            reports,
            workshop: OnceLock::new(),
            counted: Counted::default(),
            looks: Looks::default(),
            live: ArcSwapOption::empty(),
            wishes: ArcSwap::from_pointee(wishes),
            forgotten: ArcSwap::from_pointee(forgotten),
            member_files: OnceLock::new(),
            intake: OnceLock::new(),
            unmatched: telemetry.meters("unmatched", &[Method::GET]),
            telemetry,
            stopping: AtomicBool::new(false),
            free_space: FreeSpace::default(),
            document: OnceLock::new(),
        })))
    }

    /// Replaces what answers, whole and at once; requests in progress finish with what they began with.
    pub fn publish(&self, answers: impl Answering) {
        let facts = answers.facts();
        tracing::info!(version = %facts.version, members = facts.members, items = facts.items, "published");
        answers.grant(&self.0.wishes.load());
        let live = Arc::new(Live { facts, answers: Box::new(answers) });
        self.0.live.store(Some(Arc::clone(&live)));
        // A wish may have come while this state was made.
        live.answers.grant(&self.0.wishes.load());
        self.refresh_gauges();
    }

    /// Takes events from now on and keeps them in this inbox; the first inbox stays.
    pub fn keep_events(&self, inbox: Inbox) {
        self.0.intake.get_or_init(|| Intake::start(inbox, WeakService(Arc::downgrade(&self.0))));
    }

    /// Publishes a snapshot together with the events above its sequence number; those that come meanwhile are in it too.
    ///
    /// # Errors
    /// [`StoreError`] when the inbox cannot be read; what was published stays.
    pub async fn publish_with_events(&self, published: Published) -> Result<(), StoreError> {
        match self.intake() {
            Some(intake) => {
                // Switches are ordered with the events of the inbox, which may have come after they were read.
                self.reload_wishes().await?;
                intake.publish(published).await
            }
            None => {
                self.publish(published);
                Ok(())
            }
        }
    }

    /// Replaces what answers by the same snapshot with more events.
    pub(crate) fn refresh(&self, answers: impl Answering) {
        let facts = answers.facts();
        let live = Arc::new(Live { facts, answers: Box::new(answers) });
        self.0.live.store(Some(Arc::clone(&live)));
        // A wish may have come while this state was made.
        live.answers.honour();
    }

    /// Who takes events; `None` where nobody does.
    pub(crate) fn intake(&self) -> Option<&Intake> {
        self.0.intake.get()
    }

    /// The union's zone; the usual one while nothing is published.
    pub(crate) fn zone(&self) -> Zone {
        self.0.live.load().as_ref().map_or_else(Zone::default, |live| live.facts.zone)
    }

    /// Takes up the keys that are valid now; [`serve`](crate::serve) does so by itself when the database changes.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read; those read last stay valid.
    pub async fn reload_keys(&self) -> Result<(), StoreError> {
        self.0.store.load_keys(&self.0.keys).await
    }

    /// Takes up the locks that the database has, without those that `zhihui user unlock` removed.
    pub(crate) async fn reload_sign_in_locks(&self) -> Result<(), StoreError> {
        self.0.sign_ins.restore(self.store().users().locks(self.now()).await?);
        Ok(())
    }

    /// Who tried to sign in with a wrong password, and how often.
    pub(crate) fn sign_ins(&self) -> &SignInGuard {
        &self.0.sign_ins
    }

    /// How many members each caller erased lately.
    pub(crate) fn erasures(&self) -> &Budget {
        &self.0.erasures
    }

    /// Which refusals were recorded lately.
    pub(crate) fn refusals(&self) -> &Refusals {
        &self.0.refusals
    }

    /// Takes up what members asked for; [`serve`](crate::serve) does so by itself when the database changes.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read; what was read last holds on.
    pub async fn reload_wishes(&self) -> Result<(), StoreError> {
        let inbox = self.intake().map_or("", |intake| intake.inbox().id());
        let rights = self.store().rights();
        let (wishes, forgotten) = (rights.wishes_beside(inbox).await?, rights.forgotten().await?);
        self.0.forgotten.store(Arc::new(forgotten));
        if **self.0.wishes.load() != wishes {
            self.0.wishes.store(Arc::new(wishes));
            if let Some(live) = self.0.live.load_full() {
                live.answers.grant(&self.0.wishes.load());
            }
        }
        Ok(())
    }

    /// Who was erased: nothing that names them may be taken in.
    #[must_use]
    pub fn forgotten(&self) -> Arc<ErasedIds> {
        self.0.forgotten.load_full()
    }

    /// Says where everything held of a member is read; without it only what is in memory and in the database is told.
    #[must_use]
    pub fn with_member_files(self, files: Arc<dyn MemberFiles>) -> Self {
        // The first one stays: there is one home.
        let _ = self.0.member_files.set(files);
        self
    }

    pub(crate) fn member_files(&self) -> Option<&Arc<dyn MemberFiles>> {
        self.0.member_files.get()
    }

    /// Topics that never become preferences, segments or reasons; empty while nothing is published.
    pub(crate) fn sensitive_topics(&self) -> Vec<String> {
        self.live().map(|live| live.answers.sensitive_topics()).unwrap_or_default()
    }

    pub(crate) fn wishes(&self) -> Arc<Wishes> {
        self.0.wishes.load_full()
    }

    /// Takes in how many bytes are free on the volume of the home: too few make the service say that it is not ready.
    pub fn note_free_space(&self, bytes: u64) {
        self.0.free_space.note(bytes);
        self.0.telemetry.free_space.set(bytes as f64);
    }

    pub(crate) fn free_space(&self) -> &FreeSpace {
        &self.0.free_space
    }

    /// How old the published state is; `None` while nothing is published.
    #[must_use]
    pub fn staleness(&self) -> Option<Staleness> {
        let live = self.0.live.load();
        let facts = live.as_ref()?.facts.clone();
        let age_seconds = (self.now() - facts.as_of).max(0);
        Some(Staleness { stale: age_seconds > self.0.settings.freshness.stale_after_seconds, facts, age_seconds })
    }

    /// What answers now.
    pub(crate) fn live(&self) -> Result<Arc<Live>, Problem> {
        self.0.live.load_full().ok_or_else(|| {
            let detail = "no snapshot has been published; run `zhihui run` and ask again";
            Problem::new(Code::NoSnapshot, detail).retry_after(30)
        })
    }

    pub(crate) fn places(&self) -> &Places {
        &self.0.places
    }

    pub(crate) fn now(&self) -> i64 {
        (self.0.clock)()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn keys(&self) -> &KeyRing {
        &self.0.keys
    }

    pub(crate) fn reports(&self) -> &dyn Reports {
        self.0.reports.as_ref()
    }

    /// Lets the pages see the pipeline's side; the first one stays. Without it they show what is published alone.
    #[must_use]
    pub fn with_workshop(self, workshop: Arc<dyn Workshop>) -> Self {
        if let Some(inbox) = workshop.inbox() {
            pages::remove_parts(&inbox);
        }
        self.0.workshop.get_or_init(|| workshop);
        self
    }

    pub(crate) fn workshop(&self) -> Option<&Arc<dyn Workshop>> {
        self.0.workshop.get()
    }

    /// What pages counted lately.
    pub(crate) fn counted(&self) -> &Counted {
        &self.0.counted
    }

    /// Which members' pages are open to whom.
    pub(crate) fn looks(&self) -> &Looks {
        &self.0.looks
    }

    pub(crate) fn telemetry(&self) -> &Telemetry {
        &self.0.telemetry
    }

    /// Counts an answer to a request that no route takes.
    pub(crate) fn count_unmatched(&self, status: StatusCode) {
        self.0.unmatched.count(&Method::GET, status, Duration::ZERO);
    }

    /// Keeps the description of the routes; the first one stays.
    pub(crate) fn set_document(&self, document: &OpenApi) {
        if let Ok(text) = document.to_json() {
            self.0.document.get_or_init(|| text.into());
        }
    }

    pub(crate) fn document(&self) -> Option<Bytes> {
        self.0.document.get().cloned()
    }

    pub(crate) fn refresh_gauges(&self) {
        let staleness = self.staleness();
        self.0.telemetry.note_snapshot(staleness.as_ref().map(|now| (&now.facts, now.age_seconds)));
    }

    /// Notes how busy the service is, for whoever reads the metrics now.
    pub(crate) fn refresh_load(&self) {
        self.0.telemetry.note_load(&Load {
            events_waiting: self.intake().map_or(0, Intake::waiting),
            long_computations: self.0.places.taken(),
        });
    }

    pub(crate) fn begin_stop(&self) {
        self.0.stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::Relaxed)
    }
}

/// The service as its own tasks know it, so that they do not keep it alive.
#[derive(Clone)]
pub(crate) struct WeakService(Weak<Inner>);

impl WeakService {
    pub(crate) fn upgrade(&self) -> Option<Service> {
        self.0.upgrade().map(Service)
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("staleness", &self.staleness()).finish_non_exhaustive()
    }
}
