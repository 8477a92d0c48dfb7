//! Arguments of what ingests, trains and evaluates.

use std::path::PathBuf;

use clap::Args;

use super::AsOf;

#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// Files or folders.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The table of files whose name does not say it.
    #[arg(long, value_name = "TABLE")]
    pub(crate) table: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Files or folders to ingest first; default: the home's inbox/.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    pub(crate) plan: bool,
    /// Publish although a data check fails: the data are right as they are.
    #[arg(long)]
    pub(crate) accept_checks: bool,
    /// Also maintain when it is due by [maintain] in zhihui.toml, or when an erasure waits; for a timer.
    #[arg(long, conflicts_with = "plan")]
    pub(crate) nightly: bool,
    #[command(flatten)]
    pub(crate) search: SearchBudget,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}

#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// Publish although a data check fails: the data are right as they are.
    #[arg(long)]
    pub(crate) accept_checks: bool,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}

#[derive(Debug, Args)]
pub(crate) struct Train {
    #[command(flatten)]
    pub(crate) search: SearchBudget,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}

/// `--budget` of the commands that train.
#[derive(Debug, Args)]
pub(crate) struct SearchBudget {
    /// Time for trying other settings before training, such as 10m; 0s: none are tried; default: what zhihui.toml says.
    #[arg(long, value_name = "TIME")]
    pub(crate) budget: Option<String>,
    /// Settings to try at most: with time enough the same are found on every machine; default: what zhihui.toml says.
    #[arg(long, value_name = "N")]
    pub(crate) trials: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    /// Training interactions: `user_id,item_id[,weight][,timestamp]` (csv or parquet); default: the lake.
    #[arg(long, requires = "test", value_name = "FILE")]
    pub(crate) train: Option<PathBuf>,
    /// Test interactions: `user_id,item_id`.
    #[arg(long, requires = "train", value_name = "FILE")]
    pub(crate) test: Option<PathBuf>,
    /// Recommenders, separated by commas; `served` is the service itself, on the lake; default: all.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub(crate) models: Vec<String>,
    /// Lengths of the lists.
    #[arg(long, value_delimiter = ',', default_values_t = [20_usize], value_name = "K")]
    pub(crate) k: Vec<usize>,
    /// A parameter, for example ials.factors=64; may be repeated.
    #[arg(long, value_name = "MODEL.PARAM=VALUE")]
    pub(crate) set: Vec<String>,
    /// Search for the best recommender and parameters on a part of the training data.
    #[arg(long)]
    pub(crate) tune: bool,
    /// Time for tuning, the last fit and its measurement, for example 90s or 10m (the default); it ends only between two trials.
    /// Without --tune: recommenders that would not be done by then are left out; default: none are.
    #[arg(long, value_name = "TIME")]
    pub(crate) budget: Option<String>,
    /// Settings to try at most: with time enough the same are found on every machine.
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub(crate) trials: usize,
    /// On the lake: the service as its nights would have made it: trained every few nights, judged on the days that follow.
    #[arg(long, conflicts_with_all = ["train", "tune"])]
    pub(crate) as_served: bool,
    /// Nights between two trainings of --as-served.
    #[arg(long, default_value_t = 2, requires = "as_served", value_name = "NIGHTS", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) every: u16,
    /// On the lake: at most so many test windows of a week each, 8 by default, or weeks for --as-served, 4 by default; the first
    /// half of the history is never one.
    #[arg(long, value_name = "N")]
    pub(crate) windows: Option<usize>,
    #[command(flatten)]
    pub(crate) backtest: Backtest,
    /// Seed of everything random.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}

/// `evaluate --audiences`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Audiences at past dates")]
pub(crate) struct Backtest {
    /// Instead of recommenders: at past dates, the audience of every item that members then responded to, made from what was
    /// known, beside chance, "active lately", activity on the topic, item-kNN and popularity by age band. A response is a
    /// read within 72 hours, or a sign-up within 7 days that was not cancelled.
    #[arg(long, conflicts_with_all = ["train", "test", "models", "set", "tune"])]
    pub(crate) audiences: bool,
    /// Number of dates over the last half of the history, or the dates themselves, separated by commas.
    #[arg(long, default_value = "4", requires = "audiences", value_name = "N|TIMES")]
    pub(crate) dates: String,
    /// Lengths of the lists: shares of the possible members such as 1%, or numbers of members such as 200.
    #[arg(long, value_delimiter = ',', default_values_t = ["1%", "5%", "10%"].map(str::to_owned), requires = "audiences", value_name = "SIZES")]
    pub(crate) size: Vec<String>,
    /// Days within which a sign-up counts as a response; for a read it is at most 3.
    #[arg(long, default_value_t = 7, requires = "audiences", value_parser = clap::value_parser!(u32).range(1..=366), value_name = "N")]
    pub(crate) days: u32,
    /// Articles, and other items, for which lists are made at each date, at most: those with most responses.
    #[arg(long, default_value_t = 200, requires = "audiences", value_name = "N")]
    pub(crate) items: usize,
    /// Whom lists are made from: `reachable` as in an audience, `everyone` also without an openid and for items without a
    /// description, `active` only who read or signed up for something before; default: reachable where anybody is.
    #[arg(long, requires = "audiences", value_name = "WHOM")]
    pub(crate) among: Option<String>,
    /// With --json: every single list as well. Unlike the parts, a list may tell of fewer than ten people.
    #[arg(long, requires = "audiences")]
    pub(crate) lists: bool,
}
