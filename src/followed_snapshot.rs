//! Follows the snapshot that any machine of the lake publishes: fetches it, and lets the service refuse when it falls behind.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::task::JoinHandle;
use zhihui_api::Service;
use zhihui_engine::Engine;
use zhihui_engine::overlay::Consent;
use zhihui_pipeline::publish::{Pointer, Polled, Revocations, SharedSnapshots};

use crate::home::Home;
use crate::output::{format_error, print_message};
use crate::{clock, shared_revocations};

/// Interval of questions for the pointer and the revocations.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// Time for an answer.
const POLL_TIMEOUT: Duration = Duration::from_secs(5);

/// Time until a fetch that failed is tried again.
const FETCH_PAUSE: Duration = Duration::from_secs(10);

/// The engine in service, whose members are looked up in the revocations.
pub(crate) type ServedEngine = Arc<Mutex<Option<Arc<Engine>>>>;

/// The state of following.
pub(crate) struct FollowedSnapshot {
    home: Arc<Home>,
    shared: SharedSnapshots,
    engine: ServedEngine,
    pointer: Option<(Pointer, Option<String>)>,
    revocations: Option<(Revocations, Option<String>)>,
    /// Consent that was sent, and the version for whose members the revocations were carried out.
    sent: Option<Arc<Consent>>,
    carried_out: Option<String>,
    last_contact: Instant,
    fetching: Option<JoinHandle<anyhow::Result<()>>>,
    /// After a failure.
    next_fetch: Instant,
    last_message: String,
}

impl FollowedSnapshot {
    /// Prepares to follow; `None` for a local lake.
    pub(crate) async fn of(home: &Arc<Home>, engine: ServedEngine) -> anyhow::Result<Option<Self>> {
        if home.config.lake.url.is_none() {
            return Ok(None);
        }
        let Some(shared) = SharedSnapshots::of(&home.lake().await?) else { return Ok(None) };
        Ok(Some(Self {
            home: Arc::clone(home),
            shared,
            engine,
            pointer: None,
            revocations: None,
            sent: None,
            carried_out: None,
            last_contact: Instant::now(),
            fetching: None,
            next_fetch: Instant::now(),
            last_message: String::new(),
        }))
    }

    /// Fetches the published snapshot before the service starts.
    pub(crate) async fn fetch_first(&mut self) -> anyhow::Result<()> {
        if let Polled::Changed(pointer, e_tag) = self.shared.poll(None).await? {
            fetch(&self.home, &self.shared, &pointer).await?;
            self.pointer = Some((*pointer, e_tag));
        }
        Ok(())
    }

    /// Follows until the service ends.
    pub(crate) async fn follow(mut self, service: Service) {
        loop {
            tokio::time::sleep(POLL_INTERVAL).await;
            let done = tokio::time::timeout(POLL_TIMEOUT, self.poll()).await;
            match done.context("no answer in time").and_then(|done| done) {
                Ok(()) => {
                    self.last_contact = Instant::now();
                    self.last_message.clear();
                }
                Err(error) => self.say(format!("cannot follow the published snapshot: {}", format_error(&error))),
            }
            self.collect_fetched().await;
            if let Err(error) = self.exchange_revocations(&service).await {
                self.say(format!("cannot exchange revocations: {}", format_error(&error)));
            }
            service.refuse(self.why_behind(&service));
        }
    }

    /// Asks for the pointer and the revocations, and begins to fetch a new snapshot.
    async fn poll(&mut self) -> anyhow::Result<()> {
        let known = self.pointer.as_ref().and_then(|(_, e_tag)| e_tag.clone());
        if let Polled::Changed(pointer, e_tag) = self.shared.poll(known).await? {
            // Maintenance keeps fewer snapshots after an erasure, without publishing another one.
            let published = self.home.published();
            if published.current()?.as_ref() == Some(&pointer.manifest.version) {
                published.keep_only(&pointer.kept)?;
            }
            self.pointer = Some((*pointer, e_tag));
        }
        let known = self.revocations.as_ref().and_then(|(_, e_tag)| e_tag.clone());
        if let Some(newer) = self.shared.revocations(known).await? {
            self.revocations = Some(newer);
            self.carried_out = None;
        }
        let Some((pointer, _)) = &self.pointer else { return Ok(()) };
        let may_fetch = self.fetching.is_none() && Instant::now() >= self.next_fetch;
        if may_fetch && self.home.published().current()?.as_ref() != Some(&pointer.manifest.version) {
            let (home, shared, pointer) = (Arc::clone(&self.home), self.shared.clone(), pointer.clone());
            self.fetching = Some(tokio::spawn(async move { fetch(&home, &shared, &pointer).await }));
        }
        Ok(())
    }

    async fn collect_fetched(&mut self) {
        if !self.fetching.as_ref().is_some_and(JoinHandle::is_finished) {
            return;
        }
        let Some(fetching) = self.fetching.take() else { return };
        if let Err(error) = fetching.await.context("fetching was interrupted").and_then(|fetched| fetched) {
            self.say(format!("cannot fetch the published snapshot: {}", format_error(&error)));
            self.next_fetch = Instant::now() + FETCH_PAUSE;
        }
    }

    /// Sends what members asked for here, and carries out what they asked for elsewhere.
    async fn exchange_revocations(&mut self, service: &Service) -> anyhow::Result<()> {
        let consent = service.consent();
        if !self.sent.as_ref().is_some_and(|sent| Arc::ptr_eq(sent, &consent)) {
            let sending = shared_revocations::send(&self.home, &self.shared);
            tokio::time::timeout(POLL_TIMEOUT, sending).await.context("no answer in time")??;
            self.sent = Some(consent);
        }
        let engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (Some(engine), Some((revocations, _))) = (engine, &self.revocations) else { return Ok(()) };
        let version = &engine.snapshot().version;
        if self.carried_out.as_ref() != Some(version) {
            shared_revocations::carry_out(&self.home, revocations, engine.snapshot()).await?;
            self.carried_out = Some(version.clone());
        }
        Ok(())
    }

    /// Returns why the service must not answer: it may serve members who were revoked since.
    fn why_behind(&self, service: &Service) -> Option<String> {
        let longest = self.home.config.publish.refuse_after()?;
        if self.last_contact.elapsed() > longest {
            let seconds = self.last_contact.elapsed().as_secs();
            return Some(format!("no contact with the object store of the lake for {seconds} seconds"));
        }
        let (pointer, _) = self.pointer.as_ref()?;
        let is_late = (clock::now() - pointer.serve_from).to_std().is_ok_and(|late| late > longest);
        let version = &pointer.manifest.version;
        (is_late && service.version().as_ref() != Some(version)).then(|| {
            format!("the snapshot {version} was published by {}, but could not be loaded here", pointer.published_by)
        })
    }

    /// Prints a message once, not twice a second.
    fn say(&mut self, message: String) {
        if message != self.last_message {
            print_message(&message);
            self.last_message = message;
        }
    }
}

/// Fetches a snapshot, makes it current, and deletes those that its publisher does not keep.
async fn fetch(home: &Home, shared: &SharedSnapshots, pointer: &Pointer) -> anyhow::Result<()> {
    let published = home.published();
    let version = &pointer.manifest.version;
    if published.current()?.as_ref() != Some(version) {
        // Both wait while a command writes the same snapshot.
        tokio::task::block_in_place(|| published.announce(version, pointer.serve_from))?;
        let file = published.file_of(version);
        let partial = file.with_extension("part");
        shared.fetch(pointer, &partial).await?;
        std::fs::rename(&partial, &file).with_context(|| file.display().to_string())?;
        tokio::task::block_in_place(|| published.adopt(&pointer.manifest))?;
    }
    Ok(published.keep_only(&pointer.kept)?)
}
