//! Arguments of the command line. [`crate::commands`] implements the commands.

mod audience;
mod audience_plan;
mod batch;
mod exclusions;
mod push;
mod report;
mod sample;
mod source;
mod sql;
mod variant;
mod wechat_sim;
mod wechat_statistics;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use audience::{Audience, Selection};
pub(crate) use audience_plan::{AudiencePlan, PlanGrouping};
pub(crate) use batch::{Evaluate, Ingest, Publish, Run, SearchBudget, Train};
pub(crate) use exclusions::ExclusionCommand;
pub(crate) use push::{Allocate, Push, PushListCommand, Unclear};
pub(crate) use report::Report;
pub(crate) use sample::{Sample, SampleFiles};
pub(crate) use source::{ConfigCommand, SourceCommand};
pub(crate) use sql::{Sql, SqlFormat};
pub(crate) use variant::{Variant, VariantText};
pub(crate) use wechat_sim::{SimulatedAccount, WechatSim};
pub(crate) use wechat_statistics::{InterfaceGeneration, WechatStatistics};

/// 知会: precise pushes, recommendations and reports for trade unions.
#[derive(Debug, Parser)]
#[command(version, about, long_about = None, propagate_version = true, max_term_width = 110)]
pub(crate) struct Cli {
    /// Folder with zhihui.toml, lake/, published/, inbox/ and zhihui.db.
    #[arg(long, global = true, env = "ZHIHUI_HOME", default_value = "./zhihui-home", value_name = "DIR")]
    pub(crate) home: PathBuf,
    /// Print one JSON value on stdout instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Write log lines as JSON.
    #[arg(long, global = true)]
    pub(crate) log_json: bool,
    /// Language of reports, lists and reasons; default: zh, for text on stdout en if LANG is English.
    #[arg(long, global = true, value_enum)]
    pub(crate) lang: Option<Language>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// `--as-of` of the commands that use one instant.
#[derive(Debug, Args)]
pub(crate) struct AsOf {
    /// Use the state at this instant: a day (its start in the zone of the union) or an RFC 3339 time; default: now.
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Generates sample data, runs the pipeline and serves it; prints addresses and keys.
    Demo(Demo),
    /// Creates a home with a commented zhihui.toml.
    Init,
    /// Writes sample files of a union, as CSV with damaged rows or as Parquet.
    Sample(Sample),
    /// Reads files into the lake; invalid rows go to rejects, invalid measurements of other rows to nulled.
    Ingest(Ingest),
    /// Suggests mappings for files of other systems.
    #[command(subcommand)]
    Source(SourceCommand),
    /// Checks the settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Recomputes the built tables whose inputs changed.
    Build(AsOf),
    /// Trains the model: preferences, neighbours, factors and rankers; prints the result of the model gate.
    Train(Train),
    /// Publishes the trained snapshot for the service.
    Publish(Publish),
    /// Ingests, builds, trains and publishes; skips steps with unchanged inputs.
    Run(Run),
    /// Compares recommenders on the lake or on files.
    Evaluate(Evaluate),
    /// Prints the recommendations of the API for one member.
    Recommend(Recommend),
    /// Selects an audience for an item or a topic and predicts the responses.
    Audience(Audience),
    /// Plans several items for one slot: one for each age band or interest segment.
    AudiencePlan(AudiencePlan),
    /// Push lists: freezes an audience, has it approved, sends it once, measures it.
    #[command(subcommand)]
    PushList(PushListCommand),
    /// Exclusion lists: members whom audiences leave out.
    #[command(subcommand)]
    Exclusions(ExclusionCommand),
    /// Sends an approved push list through WeChat; repeat the command to continue after an interruption.
    Push(Push),
    /// Allocates the tickets of an activity: who gets them, who waits, and why.
    Allocate(Allocate),
    /// Makes the report for leaders.
    Report(Report),
    /// Serves the API and the pages.
    Serve(Serve),
    /// Simulates a WeChat account for tests: access tokens, mass sends, tags, statistics, callbacks.
    WechatSim(Box<WechatSim>),
    /// Fetches WeChat's statistics of the account for reports; repeat the command to continue after an interruption.
    WechatStatistics(WechatStatistics),
    /// Manages accounts of people.
    #[command(subcommand)]
    User(UserCommand),
    /// Carries out the rights of members: export, opt-out and erasure.
    #[command(subcommand)]
    Member(MemberCommand),
    /// Shows or verifies the audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Manages API keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Runs a read-only SQL query on the tables; `show tables` and `describe TABLE` list them and their columns.
    Sql(Sql),
    /// Maintains the lake: compacts tables, deletes unneeded files and completes erasures.
    Maintain(Maintain),
    /// Copies the home consistently.
    Backup {
        /// A new or empty folder.
        #[arg(value_name = "DIR")]
        to: PathBuf,
    },
    /// Restores a home from a backup; repeats erasures made since.
    Restore(Restore),
    /// Checks home, tables, databases, snapshot, disk and clock.
    Doctor,
    /// Decodes one workbook to JSON lines within limits of memory and time; for internal use.
    #[command(hide = true)]
    DecodeSheet {
        /// The workbook.
        file: PathBuf,
        /// Maximum address space in bytes.
        #[arg(long)]
        memory: u64,
        /// Maximum processor time in seconds.
        #[arg(long)]
        seconds: u64,
    },
    /// Reads a report as JSON from stdin and writes it as PDF to stdout, within limits of memory and time; for internal use.
    #[command(hide = true)]
    PrintReport {
        /// Time zone of the report.
        #[arg(long)]
        zone: String,
        /// Font file; default: one of the machine's fonts.
        #[arg(long)]
        font: Option<PathBuf>,
        /// Maximum address space in bytes.
        #[arg(long)]
        memory: u64,
        /// Maximum processor time in seconds.
        #[arg(long)]
        seconds: u64,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Number of members.
    #[arg(long, default_value_t = 43_000)]
    pub(crate) members: u32,
    /// Number of unions.
    #[arg(long, default_value_t = 1_200)]
    pub(crate) unions: u32,
    /// Days of history.
    #[arg(long, default_value_t = 365)]
    pub(crate) days: u32,
    /// Random seed.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub(crate) listen: String,
    /// Stop after printing the addresses instead of serving.
    #[arg(long)]
    pub(crate) no_serve: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Recommend {
    /// Member id.
    #[arg(long, value_name = "M", required_unless_present = "openid")]
    pub(crate) member: Option<String>,
    /// WeChat openid of the member.
    #[arg(long, value_name = "O", conflicts_with = "member")]
    pub(crate) openid: Option<String>,
    /// Length of the list.
    #[arg(short, default_value_t = 10)]
    pub(crate) n: usize,
    /// Print how the probability of this item was computed, instead of the list.
    #[arg(long, value_name = "ITEM", conflicts_with = "kind")]
    pub(crate) explain: Option<String>,
    /// Only items of this kind: article, activity, service, product or venue.
    #[arg(long, value_name = "K")]
    pub(crate) kind: Option<String>,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}

/// A language of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Chinese.
    Zh,
    /// English.
    En,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub(crate) listen: String,
    /// Run the pipeline on inbox/ every day at this time (HH:MM in the zone of the union), and maintain when due.
    #[arg(long, value_name = "HH:MM")]
    pub(crate) nightly: Option<String>,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Adds an account; the password is read from stdin.
    Add {
        /// Name of the account.
        name: String,
        /// Role: staff, leader or admin.
        #[arg(long)]
        role: String,
        /// For staff: limit the account to members of this union and the unions below it.
        #[arg(long, value_name = "U")]
        union: Option<String>,
        /// Read the password from stdin (the only way to give one).
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Lists the accounts.
    List,
    /// Removes the locks that wrong passwords caused, of a name or of an address.
    Unlock {
        /// Name of the account.
        #[arg(required_unless_present = "address")]
        name: Option<String>,
        /// Address to unlock; after many wrong passwords nobody can sign in from it.
        #[arg(long, conflicts_with = "name")]
        address: Option<String>,
    },
    /// Removes an account and ends its sessions.
    #[command(alias = "revoke")]
    Remove {
        /// Name of the account.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Creates a key and prints it once.
    Add {
        /// Name of the key.
        name: String,
        /// Role: backend, staff, leader or admin.
        #[arg(long)]
        scope: String,
        /// For staff: limit the account to members of this union and the unions below it.
        #[arg(long, value_name = "U")]
        union: Option<String>,
    },
    /// Lists the keys without their secrets.
    List,
    /// Revokes a key at once.
    #[command(alias = "remove")]
    Revoke {
        /// The key's id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MemberCommand {
    /// Prints all data about a member as JSON.
    Export {
        /// Member id.
        member: String,
    },
    /// Erases a member: from answers at once, from the disk after `maintain`.
    Forget {
        /// Member id.
        member: String,
    },
    /// Turns personalised lists and pushes off for a member.
    OptOut {
        /// Member id.
        member: String,
    },
    /// Turns them on again.
    OptIn {
        /// Member id.
        member: String,
    },
    /// Deletes a topic from the profile of a member; earlier actions on it no longer count.
    DeleteTopic {
        /// Member id.
        member: String,
        /// The topic.
        topic: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Verifies the hash chain; prints the number of entries and the last hash.
    Verify {
        /// Number of entries and hash that `verify` printed earlier; the log must still contain them.
        #[arg(long, value_name = "ENTRIES:HASH")]
        head: Option<String>,
    },
    /// Lists the latest entries, newest first.
    List {
        /// Maximum number of entries.
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// Only entries about this member.
        #[arg(long, value_name = "M")]
        member: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup.
    #[arg(value_name = "DIR")]
    pub(crate) from: PathBuf,
    /// Move an existing home away and keep its record of erased members.
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Maintain {
    /// Keep unneeded files for this many hours for readers; default: as in zhihui.toml.
    #[arg(long, value_name = "HOURS")]
    pub(crate) keep_hours: Option<u32>,
}
