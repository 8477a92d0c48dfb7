//! One connection, from its first byte to its last.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use tokio::net::TcpStream;
use tower::Service as _;

use super::connections::Entry;
use super::watched::Watched;
use crate::routes::note_client;
use crate::service::Service;

/// Longest head of a request in bytes.
const LONGEST_HEAD: usize = 64 * 1024;

/// Serves the requests of one connection; the watcher tells it when to stop after the one in progress.
pub(super) fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    entry: Entry,
    router: Router,
    service: &Service,
    watcher: Watcher,
) -> impl Future<Output = ()> + Send + 'static {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps Nagle's delay");
    }
    let of = service.clone();
    let settings = &service.settings().server;
    let stream = Watched::new(stream, Arc::clone(&entry.progress), settings.write_timeout);
    let progress = Arc::clone(&entry.progress);
    let service = service_fn(move |request: Request<Incoming>| {
        let handling = progress.handle();
        let mut request = request.map(Body::new);
        note_client(&mut request, peer, &of.settings().proxies);
        let answer = router.clone().call(request);
        async move {
            let answer = answer.await;
            drop(handling);
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_read_timeout)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    async move {
        tokio::select! {
            served = watcher.watch(connection) => {
                if let Err(error) = served {
                    tracing::debug!(%error, "a connection ended early");
                }
            }
            () = entry.progress.closed() => {}
        }
    }
}
