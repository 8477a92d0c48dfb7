//! The words of the command line; what they do stands in [`crate::commands`].

mod batch;
mod push;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use batch::{Evaluate, Ingest, Publish, Run, SearchBudget, Train};
pub(crate) use push::{Allocate, PushListCommand};

/// 知会: precise pushes, recommendations and reports for trade unions.
#[derive(Debug, Parser)]
#[command(version, about, long_about = None, propagate_version = true, max_term_width = 110)]
pub(crate) struct Cli {
    /// The folder that holds zhihui.toml, lake/, published/, inbox/ and zhihui.db.
    #[arg(long, global = true, env = "ZHIHUI_HOME", default_value = "./zhihui-home", value_name = "DIR")]
    pub(crate) home: PathBuf,
    /// One JSON value on stdout instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Log lines as JSON.
    #[arg(long, global = true)]
    pub(crate) log_json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// `--as-of`, shared by the commands that look at one instant.
#[derive(Debug, Args)]
pub(crate) struct AsOf {
    /// The instant to look at: a day (its first moment in the union's zone) or an RFC 3339 time; default now.
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Makes sample data, runs everything, serves it, prints addresses and keys.
    Demo(Demo),
    /// Makes a new home with a commented zhihui.toml.
    Init,
    /// Writes files of a made-up union, dirt included.
    Sample(Sample),
    /// Reads files into the lake; bad rows go to rejects, good rows go on.
    Ingest(Ingest),
    /// Recomputes the built tables that changed.
    Build(AsOf),
    /// Learns preferences, neighbours, factors and rankers; prints the gate.
    Train(Train),
    /// Freezes what was built and learnt into a snapshot for the service.
    Publish(Publish),
    /// Ingest, build, train and publish; unchanged inputs are skipped.
    Run(Run),
    /// Compares recommenders on the lake or on plain files.
    Evaluate(Evaluate),
    /// What the API would answer for one member.
    Recommend(Recommend),
    /// Who should hear of an item or a topic, and how many will come.
    Audience(Audience),
    /// Push lists: freezes an audience, has it approved, sends it once, measures it.
    #[command(subcommand)]
    PushList(PushListCommand),
    /// Allocates the tickets of an activity: who gets them, who waits, and why.
    Allocate(Allocate),
    /// The leaders' report.
    Report(Report),
    /// Serves the API and the pages.
    Serve(Serve),
    /// People who may sign in.
    #[command(subcommand)]
    User(UserCommand),
    /// The rights of members: what is held, no profile, erasure.
    #[command(subcommand)]
    Member(MemberCommand),
    /// The audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Keys of programs.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Read-only SQL over the tables by their contract names.
    Sql(Sql),
    /// Compacts tables, and removes files and superseded rows that nothing within the kept history needs.
    Maintain(Maintain),
    /// Makes a consistent copy of the home.
    Backup {
        /// A folder that does not exist yet, or is empty.
        #[arg(value_name = "DIR")]
        to: PathBuf,
    },
    /// Makes a home out of a backup, and erases again who was erased since.
    Restore(Restore),
    /// Checks home, tables, snapshot, disk and clock.
    Doctor,
    /// Decodes one sheet file to JSON lines within limits of memory and time; the program calls this itself.
    #[command(hide = true)]
    DecodeSheet {
        /// The workbook.
        file: PathBuf,
        /// Address space in bytes.
        #[arg(long)]
        memory: u64,
        /// Processor time in seconds.
        #[arg(long)]
        seconds: u64,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Members of the made-up union.
    #[arg(long, default_value_t = 43_000)]
    pub(crate) members: u32,
    /// Unions of the made-up union.
    #[arg(long, default_value_t = 1_200)]
    pub(crate) unions: u32,
    /// Days of history.
    #[arg(long, default_value_t = 365)]
    pub(crate) days: u32,
    /// Seed of everything random.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub(crate) listen: String,
    /// Stop after printing the addresses instead of serving.
    #[arg(long)]
    pub(crate) no_serve: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Sample {
    /// Where to write the files.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Number of members.
    #[arg(long, default_value_t = 43_000)]
    pub(crate) members: u32,
    /// Number of unions.
    #[arg(long, default_value_t = 1_200)]
    pub(crate) unions: u32,
    /// Days of history.
    #[arg(long, default_value_t = 365)]
    pub(crate) days: u32,
    /// Seed of everything random.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}

#[derive(Debug, Args)]
pub(crate) struct Recommend {
    /// The member's number.
    #[arg(long, value_name = "M", required_unless_present = "openid")]
    pub(crate) member: Option<String>,
    /// The member's WeChat id.
    #[arg(long, value_name = "O", conflicts_with = "member")]
    pub(crate) openid: Option<String>,
    /// Length of the list.
    #[arg(short, default_value_t = 10)]
    pub(crate) n: usize,
    /// Instead of the list: what made up the probability of this item.
    #[arg(long, value_name = "ITEM", conflicts_with = "kind")]
    pub(crate) explain: Option<String>,
    /// Only items of this kind: article, activity, service, product or venue.
    #[arg(long, value_name = "K")]
    pub(crate) kind: Option<String>,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}

#[derive(Debug, Args)]
pub(crate) struct Audience {
    /// The item to push.
    #[arg(long, value_name = "I", required_unless_present = "topic")]
    pub(crate) item: Option<String>,
    /// The topic to push.
    #[arg(long, value_name = "T", conflicts_with = "item")]
    pub(crate) topic: Option<String>,
    /// A file with a rule in JSON.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) rule: Option<PathBuf>,
    /// At most so many in the arm `push`.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Share held out to measure the effect.
    #[arg(long, default_value_t = zhihui_engine::audience::DEFAULT_HOLD_OUT, value_name = "SHARE")]
    pub(crate) hold_out: f64,
    /// Where to write the list (.csv or .xlsx). A list is not a push and counts against no cap.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Why the list is made; it goes to the audit log.
    #[arg(long, value_name = "TEXT")]
    pub(crate) purpose: Option<String>,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// First day or instant; default: 30 whole days before --to.
    #[arg(long, value_name = "D")]
    pub(crate) from: Option<String>,
    /// End, exclusive; default: the last midnight.
    #[arg(long, value_name = "D")]
    pub(crate) to: Option<String>,
    /// Where to write it (.html, .xlsx, .pdf or .json); default: text on stdout.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Language of text and HTML.
    #[arg(long, value_enum, default_value_t = Tongue::Zh)]
    pub(crate) lang: Tongue,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}

/// A language of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tongue {
    /// Chinese.
    Zh,
    /// English.
    En,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub(crate) listen: String,
    /// Run the pipeline every day at this time (HH:MM in the union's zone) on what lies in inbox/, and maintain when it is due.
    #[arg(long, value_name = "HH:MM")]
    pub(crate) nightly: Option<String>,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Adds a person; the password is read from stdin.
    Add {
        /// Name to sign in with.
        name: String,
        /// staff, leader or admin.
        #[arg(long)]
        role: String,
        /// Staff only: see members of this union and those below it alone.
        #[arg(long, value_name = "U")]
        union: Option<String>,
        /// Read the password from stdin (the only way to give one).
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Lists the people.
    List,
    /// Lifts the locks that wrong passwords set on a name, or on an address.
    Unlock {
        /// Name to sign in with.
        #[arg(required_unless_present = "address")]
        name: Option<String>,
        /// Address whose lock is lifted: after many wrong passwords from it nobody there can sign in.
        #[arg(long, conflicts_with = "name")]
        address: Option<String>,
    },
    /// Removes a person and ends their sessions.
    #[command(alias = "revoke")]
    Remove {
        /// Name to sign in with.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Makes a key; it is shown once.
    Add {
        /// What the key is for.
        name: String,
        /// backend, staff, leader or admin.
        #[arg(long)]
        scope: String,
        /// Staff only: see members of this union and those below it alone.
        #[arg(long, value_name = "U")]
        union: Option<String>,
    },
    /// Lists the keys, never their secrets.
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
    /// Everything held of a member, as JSON.
    Export {
        /// The member's number.
        member: String,
    },
    /// Erases a member: gone from answers at once, from the disk after `maintain`.
    Forget {
        /// The member's number.
        member: String,
    },
    /// No personalised lists and pushes for a member from now on.
    OptOut {
        /// The member's number.
        member: String,
    },
    /// Personalised lists again.
    OptIn {
        /// The member's number.
        member: String,
    },
    /// Deletes one topic from what is held of a member; what was read before never counts again.
    DeleteTopic {
        /// The member's number.
        member: String,
        /// The topic.
        topic: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Walks the chain of hashes; prints the number of entries and the last hash.
    Verify {
        /// A number of entries and a hash that `verify` printed earlier; the log must still hold them.
        #[arg(long, value_name = "ENTRIES:HASH")]
        head: Option<String>,
    },
    /// The latest entries, newest first.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// Only entries about this member.
        #[arg(long, value_name = "M")]
        member: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Sql {
    /// One SELECT statement.
    pub(crate) statement: String,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup.
    #[arg(value_name = "DIR")]
    pub(crate) from: PathBuf,
    /// Move a home that is there aside, and take over from it who was erased.
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Maintain {
    /// Keep files that a reader may still be using for this many hours; default: what zhihui.toml says, or 24.
    #[arg(long, value_name = "HOURS")]
    pub(crate) keep_hours: Option<u32>,
}
