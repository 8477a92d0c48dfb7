//! One connection, from its first byte to its last.

use std::future::Future;
use std::net::SocketAddr;

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

use crate::routes::note_client;
use crate::service::Service;

/// Longest head of a request in bytes.
const LONGEST_HEAD: usize = 64 * 1024;

/// Serves the requests of one connection; the watcher tells it when to stop after the one in progress.
pub(super) fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    service: &Service,
    watcher: Watcher,
) -> impl Future<Output = ()> + Send + 'static {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps Nagle's delay");
    }
    let of = service.clone();
    let settings = &service.settings().server;
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        note_client(&mut request, peer, &of.settings().proxies);
        router.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_read_timeout)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    async move {
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}
