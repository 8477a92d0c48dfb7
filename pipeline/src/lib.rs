//! Batch jobs: ingest → build → train → publish; the lake, its SQL, report queries and exports. The only writer of the lake.
//!
//! polars reads what comes from outside, Delta tables keep it, `DataFusion` turns it into what everything downstream reads.
//! Clocks, flags and the environment stay outside: instants, seeds and paths are arguments.

pub mod backtest;
pub mod backup;
pub mod build;
pub mod config;
pub mod data_checks;
pub mod evaluate;
pub mod export;
pub mod ingest;
pub mod journal;
pub mod lake;
pub mod members;
pub mod publish;
pub mod report;
pub mod sql;
pub mod train;
pub mod trial;
