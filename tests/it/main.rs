//! The one integration-test binary: it drives the real program and reads the real sources.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    missing_docs,
    unreachable_pub,
    reason = "a test that cannot go on should stop"
)]

mod consent;
mod evaluate;
mod events;
mod faults;
mod ingest;
mod journey;
mod notebook;
mod pages;
mod profiles;
mod program;
mod rights;
mod rules;
mod schemathesis;
mod service;
mod structure;
