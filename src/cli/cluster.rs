//! Arguments of the parts of a cluster.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use zhihui_pipeline::cluster::SchedulerAddress;

#[derive(Debug, Args)]
pub(crate) struct Scheduler {
    /// Address to listen on. Everybody who reaches it can use the cluster, unless [cluster.tls] is set.
    #[arg(long, default_value = "127.0.0.1:50050", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// Seconds without a sign of life after which an executor is lost and its tasks run elsewhere.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(10..), value_name = "N")]
    pub(crate) executor_timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Executor {
    /// Address of the scheduler; default: that of [cluster] in zhihui.toml.
    #[arg(long, value_name = "df://HOST:PORT")]
    pub(crate) scheduler: Option<SchedulerAddress>,
    /// Address to listen on, for other executors and `run`, which fetch results.
    #[arg(long, default_value = "127.0.0.1:50051", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// Name or address under which others reach this machine; default: the address of --listen.
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// Number of tasks at a time; default: the number of processors.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..), value_name = "N")]
    pub(crate) threads: Option<u16>,
    /// Memory of all tasks in MB; default: half of the memory of the machine or of the cgroup limit.
    #[arg(long, value_parser = clap::value_parser!(u32).range(64..), value_name = "MB")]
    pub(crate) memory: Option<u32>,
    /// Folder for intermediate results, on a local disk; default: a temporary folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) work_dir: Option<PathBuf>,
}
