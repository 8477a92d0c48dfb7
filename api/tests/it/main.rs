//! The service as its callers see it.
//!
//! `support` starts one over a small state; `lists` and `reports` ask it; `problems` asks wrongly; `access` asks
//! as everybody; `rights` asks for members; `limits` asks too much; `server` asks over a socket; `document` compares the description with the
//! routes; `pages` looks at the HTML;
//! `engine` asks the real engine over a tiny snapshot.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may fail by panicking, and nothing is public here")]

mod access;
mod document;
mod engine;
mod events;
mod limits;
mod lists;
mod pages;
mod problems;
mod reports;
mod rights;
mod server;
mod support;
mod uploads;
