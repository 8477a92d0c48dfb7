//! Serves one connection.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use tokio::net::TcpStream;
use tower::ServiceExt as _;

use super::connections::Entry;
use super::forwarded::Forwarded;
use super::watched_stream::WatchedStream;
use crate::middleware::client::add_client;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;

/// Maximum length of the head of a request in bytes.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Serves the requests of a connection. The watcher stops it after the request in progress.
pub(crate) fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    entry: Entry,
    (router, forwarded): (Router, Arc<Forwarded>),
    service: &Service,
    watcher: Watcher,
) -> impl Future<Output = ()> + Send + 'static {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot disable Nagle's algorithm on a connection");
    }
    let shared = service.clone();
    let settings = &service.settings.server;
    let stream = WatchedStream::new(stream, Arc::clone(&entry.progress), settings.write_timeout);
    let progress = Arc::clone(&entry.progress);
    let service = service_fn(move |request: Request<Incoming>| {
        let handling = progress.handle();
        let mut request = request.map(Body::new);
        let forwarded_client = add_client(&mut request, peer, &shared.settings.proxies);
        let slot = forwarded_client.map(|client| forwarded.acquire(client).ok_or(client)).transpose();
        let router = router.clone();
        async move {
            let response = match slot {
                Ok(slot) => {
                    let response = router.oneshot(request).await?;
                    match slot {
                        Some(slot) => slot.hold_until_sent(response),
                        None => response,
                    }
                }
                Err(client) => too_many_requests(client),
            };
            drop(handling);
            Ok::<Response, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_read_timeout)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    async move {
        tokio::select! {
            served = watcher.watch(connection) => {
                if let Err(error) = served {
                    tracing::debug!(%error, "a connection ended with an error");
                }
            }
            () = entry.progress.closed() => {}
        }
    }
}

/// Refuses a client behind a proxy that has too many requests in progress.
fn too_many_requests(client: IpAddr) -> Response {
    tracing::debug!(%client, "a client behind a proxy has too many requests in progress");
    let detail = "this address has too many requests in progress; wait for their responses";
    Problem::new(Code::RateLimited, detail).retry_after(1).into_response()
}
