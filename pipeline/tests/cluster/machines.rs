//! A scheduler and executors on loopback in this process.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use tokio::task::JoinHandle;
use zhihui_pipeline::cluster::{
    ClusterOptions, ClusterTls, ExecutorOptions, SchedulerAddress, SchedulerOptions, run_executor, run_scheduler,
};
use zhihui_pipeline::lake::Lake;

/// Machines that stop when this is dropped.
pub(crate) struct Machines {
    pub(crate) options: ClusterOptions,
    tasks: Vec<JoinHandle<()>>,
    _folders: Vec<tempfile::TempDir>,
}

impl Machines {
    /// Starts a scheduler and two executors of one thread each.
    pub(crate) fn start(lake: &Lake, tls: Option<ClusterTls>) -> Self {
        let scheduler = free_address();
        // Certificates are for names.
        let host = if tls.is_some() { "localhost" } else { "127.0.0.1" };
        let address = SchedulerAddress { host: host.to_owned(), port: scheduler.port() };
        let options = SchedulerOptions { listen: scheduler, executor_timeout_seconds: 20, tls: tls.clone() };
        let mut tasks = vec![tokio::spawn(async move {
            run_scheduler(&options).await.expect("a scheduler");
        })];
        let mut folders = Vec::new();
        for _ in 0..2 {
            let folder = tempfile::tempdir().expect("a folder");
            let options = ExecutorOptions {
                scheduler: address.clone(),
                listen: free_address(),
                host: host.to_owned(),
                threads: 1,
                memory_bytes: 256 << 20,
                work_dir: folder.path().to_owned(),
                tls: tls.clone(),
            };
            let lake = lake.clone();
            tasks.push(tokio::spawn(async move {
                run_executor(&lake, &options).await.expect("an executor");
            }));
            folders.push(folder);
        }
        let options = ClusterOptions { partitions: 4, tls, ..ClusterOptions::at(address) };
        Self { options, tasks, _folders: folders }
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address")
}
