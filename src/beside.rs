//! `zhihui run` in a process of its own beside the service: what it needs of memory goes with it, it takes no thread from
//! previews, and a fault in it does not touch the service.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use tokio::process::{Child, Command};

use crate::home::Home;

/// Begins a run on what lies in the inbox; a nightly one also maintains. It ends with the service at the latest.
pub(crate) fn begin(home: &Home, as_of: Option<DateTime<Utc>>, is_nightly: bool) -> anyhow::Result<Child> {
    let program = std::env::current_exe().context("where is this program")?;
    let mut command = Command::new(program);
    command.arg("--home").arg(&home.folder).arg("run").kill_on_drop(true);
    if is_nightly {
        command.arg("--nightly");
    }
    if let Some(as_of) = as_of {
        command.arg("--as-of").arg(as_of.to_rfc3339());
    }
    let quiet = std::process::Stdio::null;
    command.stdin(quiet()).stdout(quiet()).spawn().context("a process for the run")
}
