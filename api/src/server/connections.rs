//! The connections being served: how many each peer has, and which of them has waited longest for its client.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// A connection on which nothing moved for so long, and no answer is being made, may give up its place to a new one.
pub(super) const STALLED_AFTER: Duration = Duration::from_secs(1);

/// Every connection being served.
#[derive(Debug)]
pub(super) struct Connections {
    began: Instant,
    most_per_peer: usize,
    stalled_after: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    by_number: HashMap<u64, Arc<Progress>>,
    by_peer: HashMap<IpAddr, usize>,
}

/// What a connection is doing.
#[derive(Debug)]
pub(super) struct Progress {
    peer: IpAddr,
    began: Instant,
    /// Milliseconds from `began` until bytes moved last.
    moved: AtomicU64,
    /// Requests whose answers are being made.
    handling: AtomicUsize,
    close: Notify,
}

/// A connection's entry; dropping it takes the connection out.
#[derive(Debug)]
pub(super) struct Entry {
    connections: Arc<Connections>,
    number: u64,
    pub(super) progress: Arc<Progress>,
}

/// A request whose answer is being made.
#[derive(Debug)]
pub(super) struct Handling(Arc<Progress>);

impl Connections {
    pub(super) fn new(most_per_peer: usize, stalled_after: Duration) -> Arc<Self> {
        let (began, most_per_peer) = (Instant::now(), most_per_peer.max(1));
        Arc::new(Self { began, most_per_peer, stalled_after, state: Mutex::default() })
    }

    /// Enters a connection. Where a capped peer has too many, it takes the place of the one of that peer that stalled longest;
    /// `None` where none did.
    pub(super) fn enter(self: &Arc<Self>, peer: IpAddr, is_capped: bool) -> Option<Entry> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let own = state.by_peer.get(&peer).copied().unwrap_or(0);
        if is_capped && own >= self.most_per_peer && !state.close_stalled(self.stalled_after, |one| one.peer == peer) {
            return None;
        }
        let number = state.next;
        state.next += 1;
        let (moved, handling) = (AtomicU64::new(millis(self.began)), AtomicUsize::new(0));
        let progress = Arc::new(Progress { peer, began: self.began, moved, handling, close: Notify::new() });
        state.by_number.insert(number, Arc::clone(&progress));
        *state.by_peer.entry(peer).or_default() += 1;
        Some(Entry { connections: Arc::clone(self), number, progress })
    }

    /// Closes the connection that stalled longest, whoever's it is; `false` where none did.
    pub(super) fn close_stalled(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).close_stalled(self.stalled_after, |_| true)
    }
}

impl State {
    fn close_stalled(&mut self, after: Duration, may_be: impl Fn(&Progress) -> bool) -> bool {
        let stalled = self.by_number.iter().filter(|(_, progress)| may_be(progress) && progress.is_stalled(after));
        let Some((&number, _)) = stalled.min_by_key(|(_, progress)| progress.moved.load(Ordering::Relaxed)) else {
            return false;
        };
        if let Some(progress) = self.remove(number) {
            tracing::debug!(peer = %progress.peer, "a stalled connection gives up its place");
            progress.close.notify_one();
        }
        true
    }

    fn remove(&mut self, number: u64) -> Option<Arc<Progress>> {
        let progress = self.by_number.remove(&number)?;
        if let Some(own) = self.by_peer.get_mut(&progress.peer) {
            *own -= 1;
            if *own == 0 {
                self.by_peer.remove(&progress.peer);
            }
        }
        Some(progress)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.connections.state.lock().unwrap_or_else(PoisonError::into_inner).remove(self.number);
    }
}

impl Progress {
    /// Notes that bytes moved.
    pub(super) fn note(&self) {
        self.moved.store(millis(self.began), Ordering::Relaxed);
    }

    /// Notes that an answer is being made, until the result is dropped.
    pub(super) fn handle(self: &Arc<Self>) -> Handling {
        self.handling.fetch_add(1, Ordering::Relaxed);
        Handling(Arc::clone(self))
    }

    /// Waits until the place is given up.
    pub(super) async fn closed(&self) {
        self.close.notified().await;
    }

    fn is_stalled(&self, after: Duration) -> bool {
        let quiet = millis(self.began).saturating_sub(self.moved.load(Ordering::Relaxed));
        self.handling.load(Ordering::Relaxed) == 0 && u128::from(quiet) >= after.as_millis()
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        self.0.note();
        self.0.handling.fetch_sub(1, Ordering::Relaxed);
    }
}

fn millis(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn a_peer_keeps_its_cap_and_loses_the_connection_that_stalled_longest() {
        let connections = Connections::new(2, SHORT);
        let (peer, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let first = connections.enter(peer, true).expect("a place");
        let second = connections.enter(peer, true).expect("a place");
        assert!(connections.enter(peer, true).is_none(), "nothing stalled yet");
        assert!(connections.enter(other, true).is_some() && connections.enter(peer, false).is_some());
        tokio::time::sleep(2 * SHORT).await;
        first.progress.note();
        let third = connections.enter(peer, true).expect("the second one's place");
        second.progress.closed().await;
        drop((second, third));
        let _handling = first.progress.handle();
        tokio::time::sleep(2 * SHORT).await;
        assert!(!connections.close_stalled(), "an answer is being made");
    }
}
