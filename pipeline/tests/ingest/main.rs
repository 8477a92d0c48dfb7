//! Tests of ingest into a lake: duplicates, refused files, replaced rows, rows of several sources, full disks, public data.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs, reason = "tests")]

mod chunks;
mod faults;
mod keyed;
mod mapped;
mod mapping_keys;
mod merged_sources;
mod once;
mod personal_columns;
mod public_data;
mod statistics;
mod support;
mod workbooks;
