//! The service as its callers see it.
//!
//! `support` starts one over a small state; `lists` and `reports` ask it; `problems` asks wrongly; `roles` asks as everybody,
//! `unions` as staff of one union; `access` signs in and out; `rights` asks for members; `audit` looks at what was written
//! down; `limits` asks too much, `sign_in_flood` with wrong passwords; `server` asks over a socket, `proxies` as a proxy does; `document` reads the description; `pages` looks at the HTML;
//! `engine` asks the real engine over a tiny snapshot.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may fail by panicking, and nothing is public here")]

mod access;
mod answer;
mod audit;
mod document;
mod engine;
mod events;
mod limits;
mod lists;
mod members_page;
mod pages;
mod problems;
mod proxies;
mod reports;
mod rights;
mod roles;
mod server;
mod sign_in_flood;
mod small_jobs;
mod small_reports;
mod support;
mod unions;
mod uploads;
