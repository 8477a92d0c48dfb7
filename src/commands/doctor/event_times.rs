//! Checks the times of events. A sender that writes local time as UTC dates all of them ahead.

use super::{Check, fail, ok, warn};
use crate::home::Home;
use crate::output;

/// Percentage of recent events dated ahead above which a wrong clock or zone is likely.
const MAX_AHEAD_PERCENT: u64 = 1;

pub(super) async fn check(home: &Home) -> Check {
    let result = async {
        let inbox = home.event_inbox().await?;
        let ahead = inbox.clock_skew().await?;
        inbox.close().await;
        anyhow::Ok(ahead)
    };
    let found = match result.await {
        Ok(found) => found,
        Err(error) => return fail("event times", output::format_error(&error), "restore inbox.db from a backup"),
    };
    let message = format!(
        "{} of the last {} events were dated ahead of their receipt, by up to {} minutes",
        found.ahead,
        found.recent,
        found.longest_seconds / 60
    );
    if found.ahead * 100 >= found.recent * MAX_AHEAD_PERCENT && found.ahead > 0 {
        return warn(
            "event times",
            message,
            "set the clock of the sender, and make it send local time with its offset (+08:00), not with Z",
        );
    }
    ok("event times", message)
}
