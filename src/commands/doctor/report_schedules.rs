//! Checks what became of the scheduled reports.

use super::records::instant;
use super::{Check, fail, ok, warn};
use crate::home::Home;
use crate::output;

/// One line for each report that waits or failed, and one for all others.
pub(super) async fn checks(home: &Home) -> Vec<Check> {
    let schedules = &home.config.report.schedules;
    if schedules.is_empty() || !home.database().exists() {
        return Vec::new();
    }
    let journal = match home.journal().await {
        Ok(journal) => journal,
        Err(error) => {
            return vec![fail("scheduled_reports", output::format_error(&error), "restore zhihui.db from a backup")];
        }
    };
    let (mut checks, mut sent) = (Vec::new(), 0);
    for schedule in schedules {
        let latest = match journal.latest_report_sending(&schedule.name).await {
            Ok(latest) => latest,
            Err(error) => return vec![fail("scheduled_reports", error.to_string(), "restore zhihui.db from a backup")],
        };
        let Some(latest) = latest else { continue };
        let remedy = match latest.status.as_str() {
            "waiting" => "correct the cause; the next nightly run sends it",
            "failed" => "correct the cause and run `zhihui report --scheduled`",
            _ => {
                sent += 1;
                continue;
            }
        };
        let message =
            format!("{} {} at {}: {}", latest.name, latest.status, instant(latest.attempted_at), latest.message);
        checks.push(warn("scheduled_reports", message, remedy));
    }
    checks.push(ok("scheduled_reports", format!("{sent} of {} were sent for their last period", schedules.len())));
    checks
}
