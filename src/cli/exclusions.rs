//! The arguments of `exclusions`.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Subcommand;

/// Members whom audiences leave out.
#[derive(Debug, Subcommand)]
pub(crate) enum ExclusionCommand {
    /// Stores a list. Ids that belong to no member are counted and not stored.
    Add {
        /// Its name.
        name: String,
        /// A file with member ids or openids: text, CSV or a workbook.
        file: PathBuf,
        /// Why these members are left out.
        #[arg(long, value_name = "TEXT")]
        purpose: Option<String>,
        /// Apply the list to every audience.
        #[arg(long)]
        always: bool,
        /// The last day on which it applies, such as 2027-03-31.
        #[arg(long, value_name = "DAY")]
        until: Option<NaiveDate>,
        /// The account that acts.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Prints the lists.
    List,
    /// Deletes a list. Frozen push lists stay as they are.
    Remove {
        /// The list's id.
        id: String,
        /// The account that acts.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
}
