//! Commands of the program, one file for each.

mod allocate;
mod audience;
mod audience_plan;
pub(crate) mod audit;
mod backup;
mod build;
mod cluster;
mod config;
mod demo;
pub(crate) mod doctor;
mod dry_run;
mod evaluate;
mod exclusions;
mod explain;
mod ingest;
mod init;
mod key;
mod maintain;
mod member;
mod push;
mod push_list;
mod recommend;
mod report;
pub(crate) mod run;
mod sample;
mod seat_plan;
mod serve;
pub(crate) mod source;
mod sql;
mod train;
mod user;
mod wechat_sim;
mod wechat_statistics;

use zhihui_engine::Language;

use crate::cli::{self, Cli, Command};
use crate::outcome::Outcome;
use crate::pdf;

/// Options that all commands share.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) home: &'a std::path::Path,
    /// Whether to print one JSON value.
    pub(crate) json: bool,
    language: Option<cli::Language>,
}

impl Context<'_> {
    /// Returns the language of text on stdout, or with `is_file` of a file. `LANG` has no effect on files and JSON.
    pub(crate) fn language(&self, is_file: bool) -> Language {
        let is_english = || std::env::var("LANG").is_ok_and(|lang| lang.starts_with("en"));
        match self.language {
            Some(cli::Language::Zh) => Language::Zh,
            Some(cli::Language::En) => Language::En,
            None if !is_file && !self.json && is_english() => Language::En,
            None => Language::Zh,
        }
    }
}

pub(crate) async fn run(cli: &Cli) -> anyhow::Result<Outcome> {
    let context = Context { home: &cli.home, json: cli.json, language: cli.lang };
    match &cli.command {
        Command::Demo(args) => Box::pin(demo::run(&context, args)).await,
        Command::Init => init::run(&context),
        Command::Sample(args) => sample::run(&context, args),
        Command::Ingest(args) => ingest::run(&context, args).await,
        Command::Source(command) => source::run(&context, command).await,
        Command::Config(command) => config::run(&context, command),
        Command::Build(args) => build::run(&context, args).await,
        Command::Train(args) => train::run(&context, args).await,
        Command::Publish(args) => train::publish(&context, args).await,
        Command::Run(args) => Box::pin(run::run(&context, args)).await,
        Command::Scheduler(args) => cluster::schedule(&context, args).await,
        Command::Executor(args) => cluster::execute(&context, args).await,
        Command::Evaluate(args) => evaluate::run(&context, args).await,
        Command::Recommend(args) => recommend::run(&context, args).await,
        Command::Audience(args) => audience::run(&context, args).await,
        Command::AudiencePlan(args) => audience_plan::run(&context, args).await,
        Command::PushList(command) => push_list::run(&context, command).await,
        Command::Exclusions(command) => exclusions::run(&context, command).await,
        Command::Push(args) => push::run(&context, args).await,
        Command::Allocate(args) => allocate::run(&context, args).await,
        Command::Report(args) => report::run(&context, args).await,
        Command::Serve(args) => serve::run(&context, args).await,
        Command::WechatSim(args) => wechat_sim::run(&context, args).await,
        Command::WechatStatistics(args) => wechat_statistics::run(&context, args).await,
        Command::User(command) => user::run(&context, command).await,
        Command::Member(command) => member::run(&context, command).await,
        Command::Audit(command) => audit::run(&context, command).await,
        Command::Key(command) => key::run(&context, command).await,
        Command::Sql(args) => sql::run(&context, args).await,
        Command::Maintain(args) => maintain::run(&context, args).await,
        Command::Backup(args) => backup::run(&context, args).await,
        Command::Restore(args) => backup::restore(&context, args).await,
        Command::Doctor => doctor::run(&context).await,
        Command::PrintReport { zone, font, memory, seconds } => {
            pdf::print_main(context.language(true), zone, font.as_deref(), (*memory, *seconds))
        }
        Command::DecodeSheet { file, memory, seconds } => ingest::decode_sheet(file, (*memory, *seconds)),
    }
}
