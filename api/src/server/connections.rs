//! Open connections: their number by peer, and which one has been idle longest.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// A connection without traffic for this long and without a request in progress may be closed for a new one.
pub(crate) const STALLED_AFTER: Duration = Duration::from_secs(1);

/// All open connections.
#[derive(Debug)]
pub(crate) struct Connections {
    began: Instant,
    max_per_peer: usize,
    stalled_after: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    by_number: HashMap<u64, Arc<Progress>>,
    by_peer: HashMap<IpAddr, usize>,
}

/// Activity of a connection.
#[derive(Debug)]
pub(crate) struct Progress {
    peer: IpAddr,
    began: Instant,
    /// Time of the last traffic, in milliseconds since `began`.
    last_traffic: AtomicU64,
    /// Requests in progress.
    handling: AtomicUsize,
    close: Notify,
}

/// Registration of a connection, removed on drop.
#[derive(Debug)]
pub(crate) struct Entry {
    connections: Arc<Connections>,
    number: u64,
    pub(crate) progress: Arc<Progress>,
}

/// A request in progress, counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Handling(Arc<Progress>);

impl Connections {
    pub(crate) fn new(max_per_peer: usize, stalled_after: Duration) -> Arc<Self> {
        let (began, max_per_peer) = (Instant::now(), max_per_peer.max(1));
        Arc::new(Self { began, max_per_peer, stalled_after, state: Mutex::default() })
    }

    /// Registers a connection. If a capped peer has too many, its longest stalled connection is closed instead; `None` if no
    /// connection is stalled.
    pub(crate) fn register(self: &Arc<Self>, peer: IpAddr, is_capped: bool) -> Option<Entry> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let own = state.by_peer.get(&peer).copied().unwrap_or(0);
        if is_capped && own >= self.max_per_peer && !state.close_stalled(self.stalled_after, |one| one.peer == peer) {
            return None;
        }
        let number = state.next;
        state.next += 1;
        let (last_traffic, handling) = (AtomicU64::new(millis(self.began)), AtomicUsize::new(0));
        let progress = Arc::new(Progress { peer, began: self.began, last_traffic, handling, close: Notify::new() });
        state.by_number.insert(number, Arc::clone(&progress));
        *state.by_peer.entry(peer).or_default() += 1;
        Some(Entry { connections: Arc::clone(self), number, progress })
    }

    /// Closes the longest stalled connection of any peer. Returns whether there was one.
    pub(crate) fn close_stalled(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).close_stalled(self.stalled_after, |_| true)
    }
}

impl State {
    fn close_stalled(&mut self, after: Duration, is_candidate: impl Fn(&Progress) -> bool) -> bool {
        let stalled =
            self.by_number.iter().filter(|(_, progress)| is_candidate(progress) && progress.is_stalled(after));
        let Some((&number, _)) = stalled.min_by_key(|(_, progress)| progress.last_traffic.load(Ordering::Relaxed))
        else {
            return false;
        };
        if let Some(progress) = self.remove(number) {
            tracing::debug!(peer = %progress.peer, "a stalled connection is closed");
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
    /// Records traffic.
    pub(crate) fn record_traffic(&self) {
        self.last_traffic.store(millis(self.began), Ordering::Relaxed);
    }

    /// Counts a request in progress until the result is dropped.
    pub(crate) fn handle(self: &Arc<Self>) -> Handling {
        self.handling.fetch_add(1, Ordering::Relaxed);
        Handling(Arc::clone(self))
    }

    /// Waits until the connection is to be closed.
    pub(crate) async fn closed(&self) {
        self.close.notified().await;
    }

    fn is_stalled(&self, after: Duration) -> bool {
        let quiet = millis(self.began).saturating_sub(self.last_traffic.load(Ordering::Relaxed));
        self.handling.load(Ordering::Relaxed) == 0 && u128::from(quiet) >= after.as_millis()
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        self.0.record_traffic();
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
    async fn a_peer_at_its_cap_loses_its_longest_stalled_connection() {
        let connections = Connections::new(2, SHORT);
        let (peer, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let first = connections.register(peer, true).expect("accepted");
        let second = connections.register(peer, true).expect("accepted");
        assert!(connections.register(peer, true).is_none(), "nothing is stalled yet");
        assert!(connections.register(other, true).is_some() && connections.register(peer, false).is_some());
        tokio::time::sleep(2 * SHORT).await;
        first.progress.record_traffic();
        let third = connections.register(peer, true).expect("the second one is closed");
        second.progress.closed().await;
        drop((second, third));
        let _handling = first.progress.handle();
        tokio::time::sleep(2 * SHORT).await;
        assert!(!connections.close_stalled(), "a request is in progress");
    }
}
