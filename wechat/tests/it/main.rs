//! Integration tests of the crate.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "a test that cannot go on should stop")]

mod account;
mod callback_delivery;
mod callbacks;
mod datacube;
mod fault_injection;
mod mass_sends;
mod page;
mod tags;
mod tokens;
mod users;
