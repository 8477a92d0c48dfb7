//! `zhihui scheduler` and `zhihui executor`: the parts of a cluster that builds.

use anyhow::Context as _;
use zhihui_pipeline::cluster::{self, ExecutorOptions, SchedulerOptions};

use super::{Context, serve};
use crate::cli::{Executor, Scheduler};
use crate::home::Home;
use crate::memory;
use crate::outcome::Outcome;
use crate::output::print_message;

pub(crate) async fn schedule(context: &Context<'_>, args: &Scheduler) -> anyhow::Result<Outcome> {
    cluster::require_support()?;
    let home = Home::open_or_assume(context.home)?;
    let options = SchedulerOptions {
        listen: args.listen,
        executor_timeout_seconds: args.executor_timeout,
        tls: home.cluster_tls()?,
    };
    print_message(&format!("scheduler on {}", args.listen));
    tokio::select! {
        ended = Box::pin(cluster::run_scheduler(&options)) => ended?,
        () = serve::stop() => print_message("stopped"),
    }
    Ok(Outcome::Done)
}

pub(crate) async fn execute(context: &Context<'_>, args: &Executor) -> anyhow::Result<Outcome> {
    cluster::require_support()?;
    let home = Home::open_read_only(context.home)?;
    let scheduler = args.scheduler.clone().or_else(|| home.config.cluster.scheduler.clone());
    let scheduler =
        scheduler.context("name the scheduler: --scheduler df://HOST:50050, or [cluster] in zhihui.toml")?;
    let lake = home.existing_lake().await?.with_context(|| {
        let home = context.home.display();
        format!("{home} has no lake; share the folder of the home with this machine, or set [lake] url in zhihui.toml")
    })?;
    let threads = args.threads.map(usize::from);
    let (work_dir, _removed_at_the_end) = match &args.work_dir {
        Some(folder) => (folder.clone(), None),
        None => {
            let folder = std::env::temp_dir().join(format!("zhihui-executor-{}", std::process::id()));
            (folder.clone(), Some(TemporaryFolder(folder)))
        }
    };
    let host =
        args.host.clone().or_else(|| Some(args.listen.ip()).filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string()));
    let options = ExecutorOptions {
        scheduler,
        listen: args.listen,
        host: host.with_context(|| format!("--listen {}: name this machine with --host HOST", args.listen))?,
        threads: threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
        memory_bytes: args.memory.map_or(memory::query_memory() as u64, |megabytes| u64::from(megabytes) << 20),
        work_dir,
        tls: home.cluster_tls()?,
    };
    print_message(&format!("executor on {}, tasks from {}", args.listen, options.scheduler));
    Box::pin(cluster::run_executor(&lake, &options)).await?;
    Ok(Outcome::Done)
}

/// Removes a folder when it is dropped.
struct TemporaryFolder(std::path::PathBuf);

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
