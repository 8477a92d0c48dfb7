//! Arguments of `zhihui source` and `zhihui config`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum SourceCommand {
    /// Prints a `[[source]]` section for a file of another system, each line marked as sure or unsure.
    Suggest {
        /// The file.
        file: PathBuf,
        /// Table of the rows, if neither the file's name nor its columns say it.
        #[arg(long, value_name = "TABLE")]
        table: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Checks the settings of the home, and names unknown keys with their line and the nearest known key.
    Check,
}
