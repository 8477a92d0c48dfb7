//! Batch jobs: ingest, build, train, publish; the lake, its SQL, reports and exports. The only writer of the lake.
//!
//! polars parses input files, Delta tables store the rows, and `DataFusion` derives the tables that all other crates read.
//! Does not read clocks, flags or the environment: instants, seeds and paths are arguments.

pub mod backtest;
pub mod backup;
pub mod build;
pub mod cluster;
pub mod config;
pub mod data_checks;
pub mod evaluate;
pub mod export;
pub mod ingest;
pub mod lake;
pub mod members;
pub mod process_limits;
pub mod publish;
pub mod report;
pub mod run_history;
pub mod sql;
pub mod train;
pub mod trial;
