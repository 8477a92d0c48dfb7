//! The lake and its SQL by their public interface: power failures, damaged logs, concurrent writers, maintenance, privacy, errors.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod columns;
mod damage;
mod leases;
mod maintenance;
mod opened_tables;
mod power;
mod power_disk;
mod power_path;
mod privacy;
mod queries;
mod races;
mod support;
mod tables;
