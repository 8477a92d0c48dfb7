//! The arguments of `push-list`, `push` and `allocate`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Selection;
use super::variant::{Variant, VariantText};

/// The life of a push list: draft, submitted, approved by another person, exported, closed.
#[derive(Debug, Subcommand)]
pub(crate) enum PushListCommand {
    /// Freezes an audience as a draft.
    Create {
        /// The item to push.
        #[arg(long, value_name = "I", required_unless_present = "topic")]
        item: Option<String>,
        /// The topic to push. Which article or activity is sent is chosen at the export.
        #[arg(long, value_name = "T", conflicts_with = "item")]
        topic: Option<String>,
        /// A file with a rule in JSON.
        #[arg(long, value_name = "FILE.json")]
        rule: Option<PathBuf>,
        /// Maximum number of members to push to.
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
        /// Share held out to measure the effect.
        #[arg(long, default_value_t = zhihui_engine::audience::DEFAULT_HOLD_OUT, value_name = "SHARE")]
        hold_out: f64,
        /// Leave out the members of this exclusion list; repeat it for others.
        #[arg(long, value_name = "ID")]
        exclude: Vec<String>,
        /// Leave out the members of other push lists that are under way, or keep them. Default: `one_list_at_a_time` in zhihui.toml.
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false")]
        one_list_at_a_time: Option<bool>,
        /// Which candidates are selected for an item with seats.
        #[arg(long, value_enum, default_value_t = Selection::Likeliest)]
        selection: Selection,
        /// A variant; give 2 to 4. The members are divided at random, equally or by share. A variant without an item pushes
        /// that of the list.
        #[arg(long, value_name = "NAME[=ITEM][:SHARE]")]
        variant: Vec<Variant>,
        /// The title that the members of a variant get, or the name of its material.
        #[arg(long, value_name = "NAME=TEXT")]
        variant_title: Vec<VariantText>,
        /// Why the list is made. Goes to the audit log.
        #[arg(long, value_name = "TEXT")]
        purpose: Option<String>,
        /// The account that acts.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Prints the latest lists.
    List,
    /// Prints a list with its responses.
    Show {
        /// The list's id.
        id: String,
    },
    /// Asks for approval.
    Submit {
        /// The list's id.
        id: String,
        /// The account that acts.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Approves a submitted list. The author cannot approve it.
    Approve {
        /// The list's id.
        id: String,
        /// The account that acts.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Returns a submitted list to its author.
    Reject {
        /// The list's id.
        id: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The account that acts.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Records the pushes of an approved list, once, and writes the members to push to.
    Export {
        /// The list's id.
        id: String,
        /// The article or activity that is sent, for a list of a topic.
        #[arg(long, value_name = "I")]
        item: Option<String>,
        /// Where to write the file: .csv, .xlsx, or .json for WeChat's batches. Default: CSV on stdout.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// The account that acts.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Ends a list. It cannot be sent any more.
    Close {
        /// The list's id.
        id: String,
        /// The account that acts.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Push {
    /// The approved push list.
    pub(crate) list: String,
    /// Address of WeChat's interfaces, such as `https://api.weixin.qq.com`, or of `zhihui wechat-sim`.
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,
    /// The article or activity that is sent, for a list of a topic.
    #[arg(long, value_name = "I")]
    pub(crate) item: Option<String>,
    /// Send this article of the account's material.
    #[arg(long, value_name = "ID", conflicts_with = "text")]
    pub(crate) media_id: Option<String>,
    /// Send this text; default: the title of the item and, with wechat.link in zhihui.toml, its address.
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// Send this text to the members of a variant; default: its title and, with wechat.link, the address of its item.
    #[arg(long, value_name = "NAME=TEXT", conflicts_with_all = ["text", "media_id"])]
    pub(crate) variant_text: Vec<VariantText>,
    /// Send this article of the account's material to the members of a variant.
    #[arg(long, value_name = "NAME=ID", conflicts_with_all = ["text", "media_id"])]
    pub(crate) variant_media_id: Vec<VariantText>,
    /// Maximum number of openids in one request, 2 to 10000.
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    pub(crate) batch_size: usize,
    /// Seconds to wait for WeChat's results after the last request.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    pub(crate) wait: u64,
    /// What became of requests that WeChat no longer recognises after a day.
    #[arg(long, value_enum)]
    pub(crate) unclear: Option<Unclear>,
    /// Print what would be sent, and send nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Send in the quiet hours of zhihui.toml, too.
    #[arg(long)]
    pub(crate) despite_quiet_hours: bool,
    /// The account that acts.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
}

/// What became of a request without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Unclear {
    /// The account's list of sent messages has it.
    Sent,
    /// It does not have it; send it now.
    NotSent,
}

#[derive(Debug, Args)]
pub(crate) struct Allocate {
    /// The activity.
    pub(crate) activity: String,
    /// Orders the sign-ups by a draw with this seed instead of by arrival.
    #[arg(long, value_name = "SEED")]
    pub(crate) draw: Option<String>,
    /// Prints the SHA-256 of the seed, to publish before the draw, and allocates nothing.
    #[arg(long)]
    pub(crate) commit: bool,
    /// Where to write the result (.csv or .xlsx).
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Stores the result: granted sign-ups become registered, waiting ones waitlisted.
    #[arg(long)]
    pub(crate) record: bool,
}
