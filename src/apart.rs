//! Threads of their own for questions to the lake, so that none of them holds up a request of the service.

use std::future::Future;
use std::sync::OnceLock;

use anyhow::Context as _;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// Threads that plan and decode; the number of questions at once is bounded by the service's places.
const THREADS: usize = 2;

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// Does work on these threads. It is given up when nobody waits for it any more.
pub(crate) async fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> anyhow::Result<T> {
    let runtime = match RUNTIME.get() {
        Some(runtime) => runtime,
        None => {
            let made = Builder::new_multi_thread().worker_threads(THREADS).thread_name("lake").enable_all().build();
            let made = made.context("cannot start threads for questions to the lake")?;
            // Of two that are made at once one is not used; it must not be dropped on a thread that may not block.
            if let Err(second) = RUNTIME.set(made) {
                second.shutdown_background();
            }
            RUNTIME.get().context("there are no threads for questions to the lake")?
        }
    };
    let mut working = GivenUp(runtime.spawn(work));
    (&mut working.0).await.context("a question to the lake ended early")
}

/// Aborts a task when it is dropped; one that has ended is not touched.
struct GivenUp<T>(JoinHandle<T>);

impl<T> Drop for GivenUp<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
