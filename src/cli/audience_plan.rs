//! Arguments of `zhihui audience-plan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::AsOf;

#[derive(Debug, Args)]
pub(crate) struct AudiencePlan {
    /// The items: 2 to 20 ids.
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', required = true)]
    pub(crate) items: Vec<String>,
    /// What members are grouped by.
    #[arg(long, value_enum, default_value = "age_band")]
    pub(crate) by: PlanGrouping,
    /// JSON file with a rule.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) rule: Option<PathBuf>,
    /// Share of the hold-out.
    #[arg(long, default_value_t = zhihui_engine::audience::DEFAULT_HOLD_OUT, value_name = "SHARE")]
    pub(crate) hold_out: f64,
    /// Leave out the members of this exclusion list; repeat it for others.
    #[arg(long, value_name = "ID")]
    pub(crate) exclude: Vec<String>,
    /// Leave out the members of push lists for other items, or keep them. Default: `one_list_at_a_time` in zhihui.toml.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false")]
    pub(crate) one_list_at_a_time: Option<bool>,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}

/// What `--by` groups members by.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum PlanGrouping {
    AgeBand,
    Segment,
}
