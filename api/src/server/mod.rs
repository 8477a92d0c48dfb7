//! The listening side: accepts, bounds and serves connections, and stops without cutting anybody off.
//!
//! `axum::serve` sets no timeout for the head of a request, so that a slow client would hold its connection for ever;
//! this loop drives hyper itself.

#[path = "connection.rs"]
mod connection;
#[path = "connections.rs"]
mod connections;
#[path = "forwarded.rs"]
mod forwarded;
#[path = "background.rs"]
mod keeper;
#[path = "watched_stream.rs"]
mod watched;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;

use connections::{Connections, Entry, STALLED_AFTER};
use forwarded::Forwarded;

use crate::routes::router;
use crate::service::Service;

/// How long to wait when the system has no file descriptor left for another connection.
const AFTER_ACCEPT_ERROR: Duration = Duration::from_millis(50);

/// How long a connection waits for a place before a stalled one is looked for, and how often.
const LOOK_FOR_STALLED: Duration = Duration::from_millis(20);

/// Why the service ended in another way than asked.
#[derive(Debug, Error)]
pub enum ServeError {
    /// Requests still ran when the deadline came; their connections were closed.
    #[error("{connections} connections still had requests {} s after the stop and were closed", after.as_secs())]
    Deadline {
        /// How many.
        connections: usize,
        /// How long they were waited for.
        after: Duration,
    },
}

/// Serves until `shutdown` is done, then finishes the requests in progress.
///
/// # Errors
/// [`ServeError::Deadline`] when requests outlasted the deadline for the stop.
pub async fn serve(
    listener: TcpListener,
    service: Service,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let settings = service.settings().server.clone();
    let router = router(&service);
    let keeper = tokio::spawn(keeper::keep(service.clone()));
    let places = Arc::new(Semaphore::new(settings.max_connections.max(1)));
    let forwarded = Forwarded::new(settings.max_connections_per_peer);
    let open = Connections::new(settings.max_connections_per_peer, STALLED_AFTER);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    let accept = || Box::pin(accept(&listener, &places, &open, &service));
    // Kept from one turn to the next: it may hold a connection that waits for a place.
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
            Ok((stream, peer, entry, place)) => {
                let gauge = service.telemetry().connections.clone();
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
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(AFTER_ACCEPT_ERROR).await;
            }
        }
    }
    service.begin_stop();
    drop(accepting);
    drop(listener);
    let finished = timeout(settings.stop_deadline, graceful.shutdown()).await;
    keeper.abort();
    let left = connections.len();
    connections.abort_all();
    finished.map_err(|_| ServeError::Deadline { connections: left, after: settings.stop_deadline })
}

type Accepted = (TcpStream, SocketAddr, Entry, OwnedSemaphorePermit);

/// The next connection, once there is a place for it. Where there is none, those that stalled give up theirs.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    open: &Arc<Connections>,
    service: &Service,
) -> std::io::Result<Accepted> {
    loop {
        let (stream, peer) = listener.accept().await?;
        let address = peer.ip().to_canonical();
        // A trusted proxy brings many clients, whose requests are counted one by one.
        let Some(entry) = open.enter(address, !service.settings().proxies.trusts(address)) else {
            tracing::debug!(peer = %address, "too many connections of one peer");
            continue;
        };
        loop {
            let place = Arc::clone(places).acquire_owned();
            if let Ok(place) = timeout(LOOK_FOR_STALLED, place).await {
                return Ok((stream, peer, entry, place.map_err(std::io::Error::other)?));
            }
            open.close_stalled();
        }
    }
}
