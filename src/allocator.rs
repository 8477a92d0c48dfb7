//! Memory that commands with large data return to the system as soon as they free it.

use std::os::unix::process::CommandExt;
use std::process::Command as Process;

use crate::cli::Command;

/// How long mimalloc keeps freed memory, in milliseconds. It reads this when a process starts. Its default is a second, in which a
/// build frees a gigabyte.
const KEPT_MILLISECONDS: &str = "MIMALLOC_PURGE_DELAY";

/// Starts the program again without a delay if the command is one with large data and nobody set the delay. Goes on with the delay
/// if that fails.
pub(crate) fn return_memory_at_once(command: &Command) {
    let has_large_data = matches!(
        command,
        Command::Ingest(_)
            | Command::Build(_)
            | Command::Train(_)
            | Command::Publish(_)
            | Command::Run(_)
            | Command::Executor(_)
            | Command::Evaluate(_)
            | Command::Maintain(_)
    );
    if !has_large_data || std::env::var_os(KEPT_MILLISECONDS).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut arguments = std::env::args_os();
    let mut process = Process::new(program);
    if let Some(name) = arguments.next() {
        process.arg0(name);
    }
    let error = process.args(arguments).env(KEPT_MILLISECONDS, "0").exec();
    tracing::debug!(%error, "freed memory is kept for a second");
}
