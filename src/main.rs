//! The `zhihui` program. The only crate that reads flags, the environment, the clock and zhihui.toml.

mod allocator;
mod child_run;
mod cli;
mod clock;
mod commands;
mod data_checks;
mod data_jobs;
mod day_notes;
mod drain;
mod erasure;
mod file_mapper;
mod finished_reports;
mod followed_snapshot;
mod home;
mod inbox_check;
mod ingest_lines;
mod ingest_notes;
mod ingested_files;
mod kept_mappings;
mod known_ids;
mod lake_runtime;
mod list_files;
mod mail;
mod maintenance;
mod memory;
mod model_health;
mod nightly;
mod outcome;
mod output;
mod pdf;
mod private_files;
mod progress;
mod push_policy;
mod refused_before;
mod rejects;
mod report_files;
mod report_schedules;
mod reports;
mod search_meter;
mod serve_settings;
mod shared_revocations;
mod statistics_plan;
mod steps;
mod training_outcome;
mod wechat_transport;
mod workbooks;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long a thread that waited for files stays idle. The allocator keeps what others free of its memory until it ends.
const IDLE_THREAD: Duration = Duration::from_millis(200);
/// Stack size of a worker thread.
const STACK_BYTES: usize = 16 << 20;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    private_files::protect_new_files();
    output::start_logging(cli.log_json);
    allocator::return_memory_soon(&cli.command);
    report_decoder_panics_as_damaged_files();
    // Expressions over columns nest deeply too. An existing pool would keep its own stack size.
    let _ = rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES).build_global();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Query plans and report futures nest deeply.
        .thread_stack_size(STACK_BYTES)
        .thread_keep_alive(IDLE_THREAD)
        .build();
    let done = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        let done = runtime.block_on(commands::run(&cli));
        // A cancelled query may still compute. Nothing waits for it.
        runtime.shutdown_background();
        done
    });
    match done {
        Ok(outcome) => outcome.exit_code(),
        Err(error) => {
            output::print_error(&error);
            outcome::exit_code_of(&error)
        }
    }
}

/// Logs panics of decoders at debug level, because they are reported as damaged files. Other panics use the default
/// hook.
fn report_decoder_panics_as_damaged_files() {
    let default_hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if zhihui_pipeline::ingest::catches_panics() {
            tracing::debug!(%panic, "a decoder panicked");
        } else {
            default_hook(panic);
        }
    }));
}
