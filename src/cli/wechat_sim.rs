//! The arguments of `wechat-sim`.

use clap::{Args, ValueEnum};

/// The kind of the simulated account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SimulatedAccount {
    /// A verified service account (服务号): mass sends to lists of openids.
    Service,
    /// A verified subscription account (订阅号): one mass send a day, to all followers or one tag.
    Subscription,
}

#[derive(Debug, Args)]
pub(crate) struct WechatSim {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS")]
    pub(crate) listen: String,
    /// Random seed.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Kind of the account.
    #[arg(long, value_enum, default_value = "service", value_name = "KIND")]
    pub(crate) account: SimulatedAccount,
    /// `AppID` of the account.
    #[arg(long, default_value = "wx00000000simulator", value_name = "ID")]
    pub(crate) app_id: String,
    /// `AppSecret` of the account.
    #[arg(long, default_value = "simulator-secret", value_name = "TEXT")]
    pub(crate) secret: String,
    /// Number of generated followers.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) followers: u32,
    /// Refuse openids that are not generated followers; otherwise an unknown openid becomes a follower.
    #[arg(long)]
    pub(crate) known_openids_only: bool,
    /// Seconds from the submission of a mass send to its end.
    #[arg(long, default_value_t = 2, value_name = "SECONDS")]
    pub(crate) finish_after: u32,
    /// Share of recipients for whom a mass send fails.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    pub(crate) delivery_error_rate: f64,
    /// Share of mass sends that reach nobody, with one of WeChat's results such as err(10001); also POST /sim/mass/results.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    pub(crate) failed_send_rate: f64,
    /// Number of past days with articles and their statistics.
    #[arg(long, default_value_t = 30, value_name = "N")]
    pub(crate) article_days: u32,
    #[command(flatten)]
    pub(crate) callbacks: SimulatedCallbacks,
    /// Share of answers with a fault.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    pub(crate) fault_rate: f64,
    /// Kinds of these faults, separated by commas: busy, too-frequent, closed, slow, not-json, bad-gateway; default: all.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub(crate) faults: Vec<String>,
}

/// Where and how `wechat-sim` sends callbacks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Callbacks")]
pub(crate) struct SimulatedCallbacks {
    /// Post callbacks to this address (http only); default: show them at /sim/callbacks only.
    #[arg(long, value_name = "URL")]
    pub(crate) callback_url: Option<String>,
    /// Token that signs callbacks.
    #[arg(long, default_value = "simulatortoken", value_name = "TEXT")]
    pub(crate) callback_token: String,
    /// Encrypt callbacks with this `EncodingAESKey`.
    #[arg(long, value_name = "KEY")]
    pub(crate) encoding_aes_key: Option<String>,
}
