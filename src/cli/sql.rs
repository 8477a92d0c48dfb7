//! Arguments of `zhihui sql`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::AsOf;

#[derive(Debug, Args)]
pub(crate) struct Sql {
    /// One SELECT statement, `show tables`, or `describe TABLE`.
    pub(crate) statement: String,
    /// Format of the rows; default: by the ending of --out, otherwise table. Tables and csv show times in the zone of the
    /// union with their offset, json and parquet in UTC.
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with = "json")]
    pub(crate) format: Option<SqlFormat>,
    /// Write all rows to this file (.csv, .json or .parquet) instead of the first million to stdout.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}

/// The format of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SqlFormat {
    /// Aligned columns, for reading.
    Table,
    /// Comma-separated text, without formulas of spreadsheet programs; a file has the mark that Excel needs.
    Csv,
    /// One array of objects.
    Json,
    /// Apache Parquet.
    Parquet,
}
