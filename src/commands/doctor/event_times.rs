//! Checks the times that senders give their events: one that writes local time as UTC dates all of them ahead.

use super::{Check, fail, ok, warn};
use crate::home::Home;
use crate::output;

/// Percentage of recent events dated ahead from which a wrong clock or zone is likely.
const PERCENT: u64 = 1;

pub(super) async fn check(home: &Home) -> Check {
    let looked = async {
        let inbox = home.events().await?;
        let ahead = inbox.clock_skew().await?;
        inbox.close().await;
        anyhow::Ok(ahead)
    };
    let found = match looked.await {
        Ok(found) => found,
        Err(error) => return fail("event times", output::told(&error), "restore inbox.db from a backup"),
    };
    let message = format!(
        "{} of the last {} events were dated ahead of their receipt, by up to {} minutes",
        found.ahead,
        found.recent,
        found.longest_seconds / 60
    );
    if found.ahead * 100 >= found.recent * PERCENT && found.ahead > 0 {
        return warn(
            "event times",
            message,
            "set the sender's clock, and let it write local time with its offset (+08:00), not with Z",
        );
    }
    ok("event times", message)
}
