//! What a client needs from the outside: requests over HTTP, and time.

use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

/// Sends requests to the host of the interfaces.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends a request to a path with its query, and returns the body of the answer. With JSON it is a POST, else a GET.
    ///
    /// # Errors
    /// [`TransportError`] without a complete answer with status 200.
    async fn send(&self, path_and_query: &str, json: Option<Vec<u8>>) -> Result<Vec<u8>, TransportError>;
}

/// Time as the client sees it.
#[async_trait]
pub trait Timer: Send + Sync {
    /// Seconds since 1970 in UTC.
    fn now(&self) -> i64;

    /// Waits.
    async fn sleep(&self, duration: Duration);
}

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TransportError {
    /// No connection was made, so the host did not see the request.
    #[error("cannot connect: {0}")]
    Unreachable(String),
    /// The host may have seen the request and carried it out.
    #[error("no answer: {0}")]
    NoAnswer(String),
}
