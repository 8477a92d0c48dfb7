//! The arguments of `audience`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use zhihui_engine::audience;

use super::AsOf;

/// Which candidates are selected for an item with seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Selection {
    /// The likeliest to respond: the smallest list expected to fill the seats.
    Likeliest,
    /// The same expected number of seats, spread evenly over unions.
    Even,
}

impl From<Selection> for audience::Selection {
    fn from(selection: Selection) -> Self {
        match selection {
            Selection::Likeliest => Self::Likeliest,
            Selection::Even => Self::Even,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Audience {
    /// The item to push.
    #[arg(long, value_name = "I", required_unless_present = "topic")]
    pub(crate) item: Option<String>,
    /// The topic to push.
    #[arg(long, value_name = "T", conflicts_with = "item")]
    pub(crate) topic: Option<String>,
    /// JSON file with a rule.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) rule: Option<PathBuf>,
    /// Maximum number of members in the arm `push`.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Share of the hold-out.
    #[arg(long, default_value_t = zhihui_engine::audience::DEFAULT_HOLD_OUT, value_name = "SHARE")]
    pub(crate) hold_out: f64,
    /// Leave out the members of this exclusion list; repeat it for others.
    #[arg(long, value_name = "ID")]
    pub(crate) exclude: Vec<String>,
    /// Leave out the members of other push lists that are under way, or keep them. Default: `one_list_at_a_time` in zhihui.toml.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false")]
    pub(crate) one_list_at_a_time: Option<bool>,
    /// Which candidates are selected for an item with seats.
    #[arg(long, value_enum, default_value_t = Selection::Likeliest)]
    pub(crate) selection: Selection,
    /// Compare both selections for an item with seats, and print the demand of every union instead of the list.
    #[arg(long, requires = "item", conflicts_with_all = ["topic", "out"])]
    pub(crate) seat_plan: bool,
    /// Write the list to this file (.csv or .xlsx). A list is not a push and counts against no cap.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Purpose of the list, recorded in the audit log.
    #[arg(long, value_name = "TEXT")]
    pub(crate) purpose: Option<String>,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}
