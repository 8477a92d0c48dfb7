//! The arguments of `sample`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::AsOf;

/// The format of sample files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SampleFiles {
    /// Files as people and programs send them: CSV in several encodings, a workbook, JSON lines.
    Csv,
    /// Apache Parquet with typed columns for all tables, without damaged rows.
    Parquet,
}

#[derive(Debug, Args)]
pub(crate) struct Sample {
    /// Output folder, new or empty.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Number of members. Above 100,000, all processors make the sample, and each day has files of its own.
    #[arg(long, default_value_t = 43_000)]
    pub(crate) members: u32,
    /// Number of unions.
    #[arg(long, default_value_t = 1_200)]
    pub(crate) unions: u32,
    /// Days of history.
    #[arg(long, default_value_t = 365)]
    pub(crate) days: u32,
    /// Random seed.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Mean number of reads of a member in a year, including members who never read; pushes and lists add some.
    #[arg(long, default_value_t = 45.0, value_name = "N")]
    pub(crate) reads_per_member: f64,
    /// Format of the files.
    #[arg(long, value_enum, default_value_t = SampleFiles::Csv)]
    pub(crate) format: SampleFiles,
    /// Leave out the damaged rows. Parquet files never have any.
    #[arg(long)]
    pub(crate) clean: bool,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}
