//! Runs the pipeline every day at one time, in a child process, for `serve --nightly`. Maintains when due. Missed
//! nights are made up for by one run.

use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use chrono::{DateTime, Days, NaiveTime, Utc};
use zhihui_api::Clock;
use zhihui_data::Zone;

use crate::child_run;
use crate::home::Home;
use crate::output::{format_error, print_message};

/// Interval of checking the time.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// Number of runs searched for the last completed one.
const RUNS: u32 = 100;

/// The time of nightly runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nightly {
    at: NaiveTime,
    zone: Zone,
}

impl Nightly {
    /// Parses the time of `--nightly HH:MM`.
    pub(crate) fn parse(text: &str, zone: Zone) -> anyhow::Result<Self> {
        match NaiveTime::parse_from_str(text, "%H:%M") {
            Ok(at) => Ok(Self { at, zone }),
            Err(_) => bail!("--nightly {text:?}: invalid time of day; use HH:MM such as 02:00"),
        }
    }

    /// Returns the latest scheduled time up to and including `now`.
    fn last_due(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let today = self.zone.day(now);
        let on = |day: chrono::NaiveDate| self.zone.instant(day.and_time(self.at));
        let due = on(today);
        if due <= now { due } else { on(today.checked_sub_days(Days::new(1)).unwrap_or(today)) }
    }

    /// Runs the pipeline at every scheduled time, forever. `is_wall` says that `clock` is the real clock, so that the
    /// run history shows missed nights. A time that passed since `started`, while the service was starting, counts.
    pub(crate) async fn watch(self, home: Arc<Home>, clock: Clock, started: i64, is_wall: bool) {
        let now = || DateTime::from_timestamp(clock(), 0).unwrap_or_default();
        let mut last = DateTime::from_timestamp(started, 0).unwrap_or_default();
        if is_wall && let Some(before) = last_run(&home).await {
            last = last.min(before);
        }
        loop {
            let at = now();
            if self.last_due(at) > last {
                last = at;
                print_message("the nightly run started");
                match run(&home, (!is_wall).then_some(at)).await {
                    Ok(ended) if ended.success() => print_message("the nightly run finished"),
                    Ok(ended) => print_message(&format!("the nightly run ended with {ended}; see /data")),
                    Err(error) => print_message(&format!("the nightly run could not start: {}", format_error(&error))),
                }
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

async fn run(home: &Home, as_of: Option<DateTime<Utc>>) -> anyhow::Result<ExitStatus> {
    Ok(child_run::spawn(home, as_of, true)?.wait().await?)
}

/// Returns when the last completed run started, by whatever cause. An interrupted night is repeated.
async fn last_run(home: &Home) -> Option<DateTime<Utc>> {
    let journal = home.journal().await.ok()?;
    let runs = journal.latest(RUNS).await.ok()?;
    let ended = runs.iter().find(|run| run.finished_at.is_some())?;
    DateTime::from_timestamp(ended.started_at, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheduled_time_is_in_the_zone_of_the_union_and_the_last_one_counts() {
        let nightly = Nightly::parse("02:00", Zone::default()).expect("a time");
        let due = |now: &str| nightly.last_due(now.parse().expect("a time")).to_rfc3339();
        assert_eq!(due("2026-11-21T17:59:59Z"), "2026-11-20T18:00:00+00:00");
        assert_eq!(due("2026-11-21T18:00:00Z"), "2026-11-21T18:00:00+00:00");
        assert_eq!(due("2026-11-22T15:00:00Z"), "2026-11-21T18:00:00+00:00");
        assert!(Nightly::parse("25:00", Zone::default()).is_err() && Nightly::parse("night", Zone::default()).is_err());
    }
}
