//! One connection, from its first byte to its last.

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
use super::watched::Watched;
use crate::problem::{Code, Problem};
use crate::routes::note_client;
use crate::service::Service;

/// Longest head of a request in bytes.
const LONGEST_HEAD: usize = 64 * 1024;

/// Serves the requests of one connection; the watcher tells it when to stop after the one in progress.
pub(super) fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    entry: Entry,
    (router, forwarded): (Router, Arc<Forwarded>),
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
        let named = note_client(&mut request, peer, &of.settings().proxies);
        let place = named.map(|client| forwarded.enter(client).ok_or(client)).transpose();
        let answer = router.clone();
        async move {
            let answer = match place {
                Ok(place) => {
                    let answer = answer.oneshot(request).await?;
                    match place {
                        Some(place) => place.keep_for(answer),
                        None => answer,
                    }
                }
                Err(client) => refusal(client),
            };
            drop(handling);
            Ok::<Response, Infallible>(answer)
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

/// The answer to a client that has too many requests in progress behind a proxy.
fn refusal(client: IpAddr) -> Response {
    tracing::debug!(%client, "too many requests of one client behind a proxy");
    let detail = "this address has too many requests in progress; wait for their answers";
    Problem::new(Code::RateLimited, detail).retry_after(1).into_response()
}
