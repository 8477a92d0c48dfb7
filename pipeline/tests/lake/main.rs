//! The lake and its SQL, tried from outside: power cuts, damaged logs, racing writers, maintenance, privacy, refusals.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod columns;
mod damage;
mod maintenance;
mod power;
mod power_disk;
mod power_path;
mod privacy;
mod queries;
mod races;
mod support;
mod tables;
