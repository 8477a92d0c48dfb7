//! A separate runtime for queries on the lake, so that they never delay a request of the service.

use std::future::Future;
use std::sync::OnceLock;

use anyhow::Context as _;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// Number of threads. The service limits the number of concurrent queries.
const THREADS: usize = 2;

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// Runs a future on these threads. The task is aborted if the caller stops waiting.
pub(crate) async fn run_on_lake_threads<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> anyhow::Result<T> {
    let runtime = match RUNTIME.get() {
        Some(runtime) => runtime,
        None => {
            let made = Builder::new_multi_thread().worker_threads(THREADS).thread_name("lake").enable_all().build();
            let made = made.context("cannot start the threads for lake queries")?;
            // A second runtime made at the same time is not used. It must not be dropped on a thread that may not
            // block.
            if let Err(second) = RUNTIME.set(made) {
                second.shutdown_background();
            }
            RUNTIME.get().context("the threads for lake queries are missing")?
        }
    };
    let mut task = AbortOnDrop(runtime.spawn(work));
    (&mut task.0).await.context("a lake query ended early")
}

/// Aborts a task when dropped, unless it has finished.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
