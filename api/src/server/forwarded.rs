//! Limits the requests in progress of each client behind a trusted proxy, by the forwarded address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

/// Requests in progress by client. The connections of a trusted proxy serve many clients and are not capped.
#[derive(Debug)]
pub(crate) struct Forwarded {
    max: usize,
    by_client: Mutex<HashMap<IpAddr, usize>>,
}

/// Permission for one request, released on drop.
#[derive(Debug)]
pub(crate) struct RequestSlot {
    forwarded: Arc<Forwarded>,
    client: IpAddr,
}

impl Forwarded {
    /// Allows at most `max` requests of one client at a time.
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max: max.max(1), by_client: Mutex::default() })
    }

    /// Counts a request, or returns `None` if the client has too many in progress.
    pub(crate) fn acquire(self: &Arc<Self>, client: IpAddr) -> Option<RequestSlot> {
        let mut by_client = self.by_client.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by_client.entry(client).or_default();
        if *count >= self.max {
            return None;
        }
        *count += 1;
        Some(RequestSlot { forwarded: Arc::clone(self), client })
    }
}

impl RequestSlot {
    /// Holds the slot until the body of the response is sent or dropped.
    pub(crate) fn hold_until_sent(self, response: Response) -> Response {
        response.map(|body| Body::new(BodyWithSlot { body, _slot: self }))
    }
}

impl Drop for RequestSlot {
    fn drop(&mut self) {
        let mut by_client = self.forwarded.by_client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_client.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                by_client.remove(&self.client);
            }
        }
    }
}

/// A body with the slot of its request.
struct BodyWithSlot {
    body: Body,
    _slot: RequestSlot,
}

impl HttpBody for BodyWithSlot {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_held_until_the_response_is_sent() {
        let forwarded = Forwarded::new(1);
        let (client, other) = (IpAddr::from([203, 0, 113, 7]), IpAddr::from([203, 0, 113, 8]));
        let slot = forwarded.acquire(client).expect("a slot");
        assert!(forwarded.acquire(client).is_none() && forwarded.acquire(other).is_some());
        let response = slot.hold_until_sent(Response::new(Body::from("text")));
        assert!(forwarded.acquire(client).is_none(), "the body is not sent yet");
        drop(response);
        assert!(forwarded.acquire(client).is_some());
        assert!(forwarded.by_client.lock().expect("not poisoned").is_empty());
    }
}
