//! The batch jobs of Zhihui: ingest, build, train, publish; the lake they share and the SQL over it.

pub mod build;
pub mod lake;
pub mod report;
pub mod sql;
