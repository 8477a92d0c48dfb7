//! Requests in progress of clients behind trusted proxies, counted by the address that the proxy names.

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

/// Counts requests by client. The connections of a trusted proxy belong to many clients and are not capped.
#[derive(Debug)]
pub(super) struct Forwarded {
    most: usize,
    by_client: Mutex<HashMap<IpAddr, usize>>,
}

/// A request's place; dropping it frees the place.
#[derive(Debug)]
pub(super) struct Place {
    forwarded: Arc<Forwarded>,
    client: IpAddr,
}

impl Forwarded {
    /// Admits at most `most` requests of one client at a time.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most: most.max(1), by_client: Mutex::default() })
    }

    /// A place for a request; `None` where the client has as many as it may.
    pub(super) fn enter(self: &Arc<Self>, client: IpAddr) -> Option<Place> {
        let mut by_client = self.by_client.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by_client.entry(client).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place { forwarded: Arc::clone(self), client })
    }
}

impl Place {
    /// Keeps the place until the body of the answer is sent or dropped.
    pub(super) fn keep_for(self, answer: Response) -> Response {
        answer.map(|body| Body::new(Kept { body, _place: self }))
    }
}

impl Drop for Place {
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

/// A body with the place of its request.
struct Kept {
    body: Body,
    _place: Place,
}

impl HttpBody for Kept {
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
    fn a_client_keeps_its_cap_until_its_answers_are_sent() {
        let forwarded = Forwarded::new(1);
        let (client, other) = (IpAddr::from([203, 0, 113, 7]), IpAddr::from([203, 0, 113, 8]));
        let place = forwarded.enter(client).expect("a place");
        assert!(forwarded.enter(client).is_none() && forwarded.enter(other).is_some());
        let answer = place.keep_for(Response::new(Body::from("text")));
        assert!(forwarded.enter(client).is_none(), "the body is not sent yet");
        drop(answer);
        assert!(forwarded.enter(client).is_some());
        assert!(forwarded.by_client.lock().expect("not poisoned").is_empty());
    }
}
