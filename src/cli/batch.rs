//! Arguments of the commands that ingest, train and evaluate.

use std::path::PathBuf;

use clap::Args;

use super::AsOf;

#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// Files or folders.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Table of the files, if their name does not say it.
    #[arg(long, value_name = "TABLE")]
    pub(crate) table: Option<String>,
    /// Read nothing into the lake: show how each file would be read, with its first rows.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Files or folders to ingest first; default: inbox/ of the home.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Print what would be done, and change nothing.
    #[arg(long)]
    pub(crate) plan: bool,
    /// Publish despite failed data checks: the data are correct.
    #[arg(long)]
    pub(crate) accept_checks: bool,
    /// Also maintain when due by [maintain] in zhihui.toml or for a pending erasure; for scheduled runs.
    #[arg(long, conflicts_with = "plan")]
    pub(crate) nightly: bool,
    #[command(flatten)]
    pub(crate) search: SearchBudget,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}

#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// Publish despite failed data checks: the data are correct.
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

/// Limits of the settings search of the commands that train.
#[derive(Debug, Args)]
pub(crate) struct SearchBudget {
    /// Time limit of the settings search, such as 10m; 0s for no search; default: as in zhihui.toml.
    #[arg(long, value_name = "TIME")]
    pub(crate) budget: Option<String>,
    /// Maximum number of trials; if time suffices, all machines find the same settings; default: as in zhihui.toml.
    #[arg(long, value_name = "N")]
    pub(crate) trials: Option<usize>,
    /// Search, fit and judge anew, even if the model of an earlier night may be kept (`train_every_days` in zhihui.toml).
    #[arg(long)]
    pub(crate) anew: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    /// Training interactions, `user_id,item_id[,weight][,timestamp]` (csv or parquet); default: the lake.
    #[arg(long, requires = "test", value_name = "FILE")]
    pub(crate) train: Option<PathBuf>,
    /// Test interactions, `user_id,item_id`.
    #[arg(long, requires = "train", value_name = "FILE")]
    pub(crate) test: Option<PathBuf>,
    /// Recommenders, separated by commas; `served` is the service itself, on the lake; default: all.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub(crate) models: Vec<String>,
    /// Lengths of the lists.
    #[arg(long, value_delimiter = ',', default_values_t = [20_usize], value_name = "K")]
    pub(crate) k: Vec<usize>,
    /// Set a parameter, such as ials.factors=64; may be repeated.
    #[arg(long, value_name = "MODEL.PARAM=VALUE")]
    pub(crate) set: Vec<String>,
    /// Search recommenders and parameters on a part of the training data.
    #[arg(long)]
    pub(crate) tune: bool,
    /// Time limit of tuning including the last fit and its measurement, such as 90s; default: 10m. It ends only between
    /// two trials. Without --tune: leave out recommenders that would exceed it; default: none.
    #[arg(long, value_name = "TIME")]
    pub(crate) budget: Option<String>,
    /// Maximum number of trials; if time suffices, all machines find the same settings.
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub(crate) trials: usize,
    /// On the lake: measure the service as nightly runs would have made it, trained every few nights and judged on the
    /// following days.
    #[arg(long, conflicts_with_all = ["train", "tune"])]
    pub(crate) as_served: bool,
    /// Nights between two trainings of --as-served.
    #[arg(long, default_value_t = 2, requires = "as_served", value_name = "NIGHTS", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) every: u16,
    /// On the lake: maximum number of test windows of a week, 8 by default, or of weeks for --as-served, 4 by default;
    /// the first half of the history has none.
    #[arg(long, value_name = "N")]
    pub(crate) windows: Option<usize>,
    #[command(flatten)]
    pub(crate) backtest: Backtest,
    /// Random seed.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}

/// `evaluate --audiences`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Audiences at past dates")]
pub(crate) struct Backtest {
    /// Judge audiences instead of recommenders: at past dates, the audience of every item with later responses,
    /// compared with chance, "active lately", activity on the topics, item-kNN and popularity by age band. A response
    /// is a read within 72 hours, or a sign-up within 7 days that was not cancelled.
    #[arg(long, conflicts_with_all = ["train", "test", "models", "set", "tune"])]
    pub(crate) audiences: bool,
    /// Number of dates in the second half of the history, or the dates, separated by commas, or `pushes` for the days
    /// of the last 26 pushes, one training each.
    #[arg(long, default_value = "4", requires = "audiences", value_name = "N|TIMES|pushes")]
    pub(crate) dates: String,
    /// Sizes of the lists: shares of the candidates such as 1%, or numbers of members such as 200.
    #[arg(long, value_delimiter = ',', default_values_t = ["1%", "5%", "10%"].map(str::to_owned), requires = "audiences", value_name = "SIZES")]
    pub(crate) size: Vec<String>,
    /// Days within which a sign-up counts as a response; for a read at most 3.
    #[arg(long, default_value_t = 7, requires = "audiences", value_parser = clap::value_parser!(u32).range(1..=366), value_name = "N")]
    pub(crate) days: u32,
    /// Maximum number of articles, and of other items, at each date: those with most responses, and as many new ones.
    #[arg(long, default_value_t = 200, requires = "audiences", value_name = "N")]
    pub(crate) items: usize,
    /// Members on the lists: `reachable` as in an audience; `everyone` also without an openid and for undescribed
    /// items; `active` only with an earlier read or sign-up; default: reachable if any member is.
    #[arg(long, requires = "audiences", value_name = "WHOM")]
    pub(crate) among: Option<String>,
    /// With --json: report every list. Unlike the slices, a list may be about fewer than ten people.
    #[arg(long, requires = "audiences")]
    pub(crate) lists: bool,
}
