//! Accepts connections within limits, serves them, and stops gracefully.
//!
//! `axum::serve` has no timeout for the head of a request, so that a slow client could hold its connection forever. This
//! loop drives hyper directly.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::connections::{Connections, Entry, STALLED_AFTER};
use super::forwarded::Forwarded;
use super::{background, connection};
use crate::audiences::days;
use crate::router::router;
use crate::service::Service;

/// Pause after a failed accept, for example without a free file descriptor.
const ACCEPT_ERROR_PAUSE: Duration = Duration::from_millis(50);

/// How long a connection waits for a permit before a stalled one is closed.
const STALLED_CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// Why the service did not stop gracefully.
#[derive(Debug, Error)]
pub enum ServeError {
    /// Requests were in progress at the deadline, and their connections were closed.
    #[error("{connections} connections with requests in progress were closed {} s after the stop", after.as_secs())]
    Deadline {
        /// Number of connections.
        connections: usize,
        /// The deadline.
        after: Duration,
    },
}

/// Serves until `shutdown` completes, then finishes the requests in progress.
///
/// # Errors
/// [`ServeError::Deadline`] if requests take longer than the stop deadline.
pub async fn serve(
    listener: TcpListener,
    service: Service,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let settings = service.settings.server.clone();
    let router = router(&service);
    let background = tokio::spawn(background::run(service.clone()));
    let audience_days = tokio::spawn(days::background::run(service.clone()));
    let permits = Arc::new(Semaphore::new(settings.max_connections.max(1)));
    let forwarded = Forwarded::new(settings.max_connections_per_peer);
    let open = Connections::new(settings.max_connections_per_peer, STALLED_AFTER);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    let accept = || Box::pin(accept(&listener, &permits, &open, &service));
    // Kept across iterations, because it may hold a connection that waits for a permit.
    let mut accepting = accept();
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = &mut accepting => accepted,
        };
        accepting = accept();
        match accepted {
            Ok((stream, peer, entry, permit)) => {
                let gauge = service.telemetry.connections.clone();
                let serving = connection::serve(
                    stream,
                    peer,
                    entry,
                    (router.clone(), Arc::clone(&forwarded)),
                    &service,
                    graceful.watcher(),
                );
                connections.spawn(async move {
                    gauge.increment(1);
                    serving.await;
                    gauge.decrement(1);
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_ERROR_PAUSE).await;
            }
        }
    }
    service.stopping.store(true, Ordering::Relaxed);
    drop(accepting);
    drop(listener);
    let finished = timeout(settings.stop_deadline, graceful.shutdown()).await;
    background.abort();
    audience_days.abort();
    let left = connections.len();
    connections.abort_all();
    finished.map_err(|_| ServeError::Deadline { connections: left, after: settings.stop_deadline })
}

type Accepted = (TcpStream, SocketAddr, Entry, OwnedSemaphorePermit);

/// Waits for the next connection and a permit for it. Stalled connections are closed if there is none.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
    open: &Arc<Connections>,
    service: &Service,
) -> std::io::Result<Accepted> {
    loop {
        let (stream, peer) = listener.accept().await?;
        let address = peer.ip().to_canonical();
        // A trusted proxy serves many clients. Their requests are limited one by one instead.
        let Some(entry) = open.register(address, !service.settings.proxies.trusts(address)) else {
            tracing::debug!(peer = %address, "a peer has too many connections");
            continue;
        };
        loop {
            let permit = Arc::clone(permits).acquire_owned();
            if let Ok(permit) = timeout(STALLED_CHECK_INTERVAL, permit).await {
                return Ok((stream, peer, entry, permit.map_err(std::io::Error::other)?));
            }
            open.close_stalled();
        }
    }
}
