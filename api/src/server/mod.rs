//! The HTTP server: sockets, timeouts, graceful stop, health and metrics.

pub(crate) mod background;
pub(crate) mod connection;
pub(crate) mod connections;
pub(crate) mod forwarded;
pub(crate) mod free_space;
pub(crate) mod health;
pub(crate) mod listen;
pub(crate) mod openapi;
pub(crate) mod telemetry;
pub(crate) mod watched_stream;
