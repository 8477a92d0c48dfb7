//! The service as its callers see it.
//!
//! `support` starts one over a small state; `lists`, `audiences` and `reports` ask it; `problems` asks wrongly; `access` asks
//! as everybody; `limits` asks too much; `server` asks over a socket; `document` compares the description with the
//! routes; `pages` looks at the HTML.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod access;
mod document;
mod limits;
mod lists;
mod pages;
mod problems;
mod reports;
mod server;
mod support;
