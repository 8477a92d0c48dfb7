//! The `zhihui` program: words in, words out. The only reader of flags, environment, clock and zhihui.toml.

mod apart;
mod beside;
mod cli;
mod clock;
mod commands;
mod data_checks;
mod data_jobs;
mod drain;
mod erasure;
mod home;
mod inbox_check;
mod ingested_files;
mod known_ids;
mod list_files;
mod maintenance;
mod memory;
mod nightly;
mod outcome;
mod output;
mod pdf;
mod private_files;
mod progress;
mod refused_before;
mod reports;
mod search_meter;
mod serve_settings;
mod steps;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Stack of a worker thread.
const STACK_BYTES: usize = 16 << 20;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    private_files::protect_new_files();
    output::start_logging(cli.log_json);
    keep_quiet_about_damaged_files();
    // Expressions over columns nest deeply too; a pool that is there already (never, here) would keep its own stacks.
    let _ = rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES).build_global();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Query plans and report futures nest deeply.
        .thread_stack_size(STACK_BYTES)
        .build();
    let done = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        let done = runtime.block_on(commands::run(&cli));
        // A query that was stopped may still compute; nobody waits for it.
        runtime.shutdown_background();
        done
    });
    match done {
        Ok(outcome) => outcome.exit_code(),
        Err(error) => {
            output::complain(&error);
            outcome::exit_code_of(&error)
        }
    }
}

/// A decoder that panics on a damaged file is told of as a damaged file; every other panic as ever.
fn keep_quiet_about_damaged_files() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if zhihui_pipeline::ingest::catches_panics() {
            tracing::debug!(%panic, "a decoder gave up");
        } else {
            usual(panic);
        }
    }));
}
