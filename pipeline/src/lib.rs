//! The batch jobs of Zhihui: ingest, build, train, publish; the lake they share and the SQL over it.

pub mod config;
pub mod ingest;
pub mod lake;
pub mod sql;
