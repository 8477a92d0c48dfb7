//! Ingest into a real lake, tried from outside: once-only rows, refusals, replacement, full disks, public data.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs, reason = "tests")]

mod chunks;
mod faults;
mod identifying;
mod keyed;
mod once;
mod public_data;
mod support;
mod workbooks;
