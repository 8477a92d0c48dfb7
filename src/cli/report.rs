//! Arguments of `zhihui report`.

use std::path::PathBuf;

use clap::Args;

use super::AsOf;

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// First day or time; default: 30 days before --to.
    #[arg(long, value_name = "D")]
    pub(crate) from: Option<String>,
    /// Exclusive end; default: the last midnight.
    #[arg(long, value_name = "D")]
    pub(crate) to: Option<String>,
    /// Period to compare with: previous, `last_year` or none; default: previous.
    #[arg(long, value_name = "NAME")]
    pub(crate) compare: Option<String>,
    /// Only this union and the unions below it; the report then covers a calendar month.
    #[arg(long, value_name = "U")]
    pub(crate) union: Option<String>,
    /// Only members of this district; the report then covers a calendar month.
    #[arg(long, value_name = "NAME")]
    pub(crate) district: Option<String>,
    /// Only members of this age band; the report then covers a calendar month.
    #[arg(long, value_name = "BAND")]
    pub(crate) age_band: Option<String>,
    /// Write the report to this file (.html, .xlsx, .pdf, .json, .csv, or .zip with all tables); default: text on stdout.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The table of a .csv file: metrics, or a name in `tables` of the report.
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// Make and send the reports of [[report.schedule]] in zhihui.toml that are due; each period is sent once.
    #[arg(long, conflicts_with_all = ["from", "to", "compare", "union", "district", "age_band", "out", "table"])]
    pub(crate) scheduled: bool,
    /// Send scheduled reports although data are stale or a data check failed.
    #[arg(long, requires = "scheduled")]
    pub(crate) accept_checks: bool,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}
