//! Serves WeChat's interfaces, with faults.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream;

use super::super::interfaces::{Answer, Call, Interface, Refusal, answer};
use super::super::seeded;
use super::super::shared::Simulator;
use super::super::state::faults::Fault;
use crate::error_code::ErrorCode;

/// Answers a request to an interface.
pub(super) async fn call(
    State(simulator): State<Simulator>,
    interface: &'static Interface,
    method: Method,
    Query(query): Query<BTreeMap<String, String>>,
    body: Bytes,
) -> Response {
    let now = simulator.now();
    let (fault, answer, request_id, slow_millis) = {
        let mut state = simulator.lock();
        let fault = state.faults.next();
        let answer = match fault {
            Some(Fault::Busy) => Err(ErrorCode::BUSY.into()),
            Some(Fault::TooFrequent) => Err(ErrorCode::TOO_FREQUENT.into()),
            Some(fault) if !fault.takes_effect() => Err(ErrorCode::BUSY.into()),
            _ => answer(&mut state, interface, method == Method::POST, &Call { now, query: &query, body: &body }),
        };
        let number = seeded::draw(state.settings.seed, "request id", state.faults.overview().0);
        let request_id = format!("{now:08x}-{:08x}-{:08x}", number >> 32, number & 0xffff_ffff);
        (fault, answer, request_id, state.settings.slow_answer_millis)
    };
    match fault {
        Some(Fault::Closed) => closed(),
        Some(Fault::NotJson) => html("<html><body><center><h1>200 OK</h1></center></body></html>", StatusCode::OK),
        Some(Fault::BadGateway) => {
            html("<html><body><center><h1>502 Bad Gateway</h1></center></body></html>", StatusCode::BAD_GATEWAY)
        }
        Some(Fault::Slow) => {
            tokio::time::sleep(Duration::from_millis(u64::from(slow_millis))).await;
            json(&answer, &request_id)
        }
        Some(Fault::Busy | Fault::TooFrequent) | None => json(&answer, &request_id),
    }
}

/// Answers a request to a path that is not an interface.
pub(super) async fn unknown() -> Response {
    (StatusCode::NOT_FOUND, "no such interface of the simulator\n").into_response()
}

fn json(answer: &Answer, request_id: &str) -> Response {
    let body = answer.as_ref().map_or_else(|refusal: &Refusal| refusal.to_json(request_id), Clone::clone);
    ([(header::CONTENT_TYPE, "application/json; encoding=utf-8")], body.to_string()).into_response()
}

fn html(text: &'static str, status: StatusCode) -> Response {
    (status, [(header::CONTENT_TYPE, "text/html")], text).into_response()
}

/// Returns an answer that breaks off, so that the server closes the connection.
fn closed() -> Response {
    let error = std::io::Error::new(std::io::ErrorKind::ConnectionAborted, "fault: closed");
    let body = Body::from_stream(stream::once(async { Err::<Bytes, _>(error) }));
    ([(header::CONTENT_LENGTH, "100")], body).into_response()
}
