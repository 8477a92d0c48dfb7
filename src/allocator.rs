//! Memory that commands with large data return to the system soon after they free it.

use std::os::unix::process::CommandExt;
use std::process::Command as Process;

use crate::cli::Command;

/// How long mimalloc keeps freed memory, in milliseconds. It reads this when a process starts. Its default is a second, in which a
/// build frees a gigabyte.
const DELAY: &str = "MIMALLOC_PURGE_DELAY";
/// A build takes a tenth longer without any delay.
const DELAY_MILLISECONDS: &str = "10";

/// Starts the program again with a short delay if the command is one with large data and nobody set the delay. Goes on with the
/// default if that fails.
pub(crate) fn return_memory_soon(command: &Command) {
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
    if !has_large_data || std::env::var_os(DELAY).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut arguments = std::env::args_os();
    let mut process = Process::new(program);
    if let Some(name) = arguments.next() {
        process.arg0(name);
    }
    let error = process.args(arguments).env(DELAY, DELAY_MILLISECONDS).exec();
    tracing::debug!(%error, "freed memory is kept for a second");
}
