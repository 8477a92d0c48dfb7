//! The one integration-test binary: it drives the real program and reads the real sources.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod structure;
