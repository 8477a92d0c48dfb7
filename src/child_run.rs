//! Runs `zhihui run` in a child process of the service: its memory is freed at its end, it takes no thread from
//! previews, and a crash does not affect the service.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use tokio::process::{Child, Command};

use crate::home::Home;

/// Starts a run on the files of the inbox. A nightly run also maintains the lake. The child is killed if the service
/// stops.
pub(crate) fn spawn(home: &Home, as_of: Option<DateTime<Utc>>, is_nightly: bool) -> anyhow::Result<Child> {
    let program = std::env::current_exe().context("cannot find the path of the running executable")?;
    let mut command = Command::new(program);
    command.arg("--home").arg(&home.folder).arg("run").kill_on_drop(true);
    if is_nightly {
        command.arg("--nightly");
    }
    if let Some(as_of) = as_of {
        command.arg("--as-of").arg(as_of.to_rfc3339());
    }
    let null = std::process::Stdio::null;
    command.stdin(null()).stdout(null()).spawn().context("cannot start the process of the run")
}
