//! The lease of the single writer of a lake in an object store: an object that writers on all machines change by conditional puts.
//!
//! Only the holder changes the object, and renews it. Another machine takes it over after it has seen no renewal for the term, by
//! its own monotonic clock, so that clocks of machines need not agree. The safety of commits does not depend on any clock: see
//! [`super::fence`].

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutMode, UpdateVersion};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

use super::LakeError;

/// The object, relative to the lake.
const OBJECT: &str = ".lease";

/// The content of the lease object. Every change has another content, and so another `ETag`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lease {
    /// The fencing number, which grows with every change of the holder.
    pub(super) number: i64,
    /// The machine and process of the holder, for messages.
    pub(super) owner: String,
    /// A random id of this holder.
    hold: String,
    /// Whether the holder has not released it.
    held: bool,
    renewals: u64,
    /// Seconds without a renewal after which another machine takes it over.
    seconds: u64,
    /// The number of the last take-over. Earlier holders may be alive without knowing that they lost the lease.
    pub(super) fence: i64,
    /// Whether all tables reject commits of holders before `fence`.
    pub(super) sealed: bool,
}

/// The lease object as it was read or written.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) lease: Lease,
    pub(super) version: UpdateVersion,
}

/// Reads and writes the lease object.
#[derive(Debug, Clone)]
pub(super) struct LeaseObject {
    store: Arc<dyn ObjectStore>,
    /// The name of this process in the lease.
    owner: String,
    term: Duration,
}

impl Lease {
    /// The lease with another renewal, for the same holder.
    pub(super) fn renewed(&self, sealed: bool) -> Self {
        Self { renewals: self.renewals + 1, sealed, ..self.clone() }
    }

    /// The lease after its release.
    pub(super) fn released(&self, sealed: bool) -> Self {
        Self { held: false, ..self.renewed(sealed) }
    }

    pub(super) fn is_of_same_hold(&self, other: &Self) -> bool {
        self.hold == other.hold && self.held
    }

    pub(super) fn is_held(&self) -> bool {
        self.held
    }

    pub(super) fn term(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

impl LeaseObject {
    pub(super) fn new(store: Arc<dyn ObjectStore>, owner: String, term: Duration) -> Self {
        Self { store, owner, term }
    }

    pub(super) fn term(&self) -> Duration {
        self.term
    }

    /// Takes the lease. A timeout of zero does not wait for a holder that is seen to renew the lease, only for the term of one
    /// that does not.
    pub(super) async fn acquire(&self, timeout: Duration) -> Result<Found, LakeError> {
        let poll_interval = (self.term / 10).min(Duration::from_millis(500));
        let started = Instant::now();
        let mut seen: Option<(UpdateVersion, Instant)> = None;
        loop {
            let found = self.read().await?;
            let unchanged_since = match (&found, &seen) {
                (Some(found), Some((version, since))) if found.version == *version => Some(*since),
                _ => None,
            };
            let next = match &found {
                None => Some(self.next(0, 0, true)),
                Some(Found { lease, .. }) if !lease.held => Some(self.next(lease.number, lease.fence, lease.sealed)),
                Some(Found { lease, .. }) if unchanged_since.is_some_and(|since| since.elapsed() >= lease.term()) => {
                    tracing::warn!(holder = lease.owner, "taking over the lake's lease, which is not renewed any more");
                    Some(self.next(lease.number, lease.number + 1, false))
                }
                Some(_) => None,
            };
            if let Some(next) = next {
                let before = found.map(|found| found.version);
                if let Some(version) = self.write(&next, before).await? {
                    return Ok(Found { lease: next, version });
                }
            } else if let Some(Found { lease, version }) = found
                && unchanged_since.is_none()
            {
                let is_renewed = seen.is_some();
                if is_renewed && started.elapsed() >= timeout {
                    return Err(LakeError::Busy { holder: lease.owner });
                }
                if !is_renewed && !timeout.is_zero() {
                    tracing::info!(holder = lease.owner, "waiting for another writer of the lake");
                }
                seen = Some((version, Instant::now()));
            }
            tokio::time::sleep(poll_interval).await;
        }
    }

    fn next(&self, number: i64, fence: i64, sealed: bool) -> Lease {
        Lease {
            number: number + 1,
            owner: self.owner.clone(),
            hold: Uuid::new_v4().to_string(),
            held: true,
            renewals: 0,
            seconds: self.term.as_secs().max(1),
            fence,
            sealed,
        }
    }

    /// Reads the object; `None` if nobody has taken the lease yet.
    pub(super) async fn read(&self) -> Result<Option<Found>, LakeError> {
        self.read_with_time().await.map(|found| found.map(|(found, _)| found))
    }

    /// Reads the object and the time of its last change by the store's clock.
    pub(super) async fn read_with_time(&self) -> Result<Option<(Found, DateTime<Utc>)>, LakeError> {
        let object = match self.store.get(&Path::from(OBJECT)).await {
            Ok(object) => object,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(source) => return Err(failed("reading", source)),
        };
        let at = object.meta.last_modified;
        let version = UpdateVersion { e_tag: object.meta.e_tag.clone(), version: object.meta.version.clone() };
        let bytes = object.bytes().await.map_err(|source| failed("reading", source))?;
        let lease = serde_json::from_slice(&bytes).map_err(|error| {
            LakeError::Location(format!(
                "{OBJECT} is not a lease ({error}); delete this object while no writer is at work"
            ))
        })?;
        Ok(Some((Found { lease, version }, at)))
    }

    /// Replaces the object if it is still at `before`. `None` if it is not.
    pub(super) async fn write(
        &self,
        lease: &Lease,
        before: Option<UpdateVersion>,
    ) -> Result<Option<UpdateVersion>, LakeError> {
        let mode = before.map_or(PutMode::Create, PutMode::Update);
        let bytes = serde_json::to_vec(lease).map_err(|error| LakeError::Location(format!("{OBJECT}: {error}")))?;
        match self.store.put_opts(&Path::from(OBJECT), bytes.into(), mode.into()).await {
            Ok(done) => Ok(Some(done.into())),
            // The response of an attempt that was repeated may have been lost.
            Err(error) => match self.read().await? {
                Some(found) if found.lease == *lease => Ok(Some(found.version)),
                _ if matches!(error, Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(None),
                _ => Err(failed("writing", error)),
            },
        }
    }
}

fn failed(what: &'static str, source: Error) -> LakeError {
    let what = if what == "reading" { "reading the writer's lease" } else { "writing the writer's lease" };
    LakeError::Store { table: "the lake".to_owned(), what, source }
}
