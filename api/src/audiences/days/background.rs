//! Computes missing days of saved audiences while the service runs.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::middleware::problem::Code;
use crate::service::Service;

/// How soon after a publish, or after an audience was saved, its day is computed.
const INTERVAL: Duration = Duration::from_secs(2);
/// The pause after a failure, such as a full disk.
const PAUSE: Duration = Duration::from_secs(60);

/// Runs until aborted.
pub(crate) async fn run(service: Service) {
    let mut tick = interval(INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(problem) = service.compute_audience_days().await
            && problem.code != Code::Busy
        {
            tracing::error!(problem = %problem.detail, "the days of saved audiences cannot be computed now");
            tokio::time::sleep(PAUSE).await;
        }
    }
}
