//! `serve --nightly`: the pipeline every day at one time, in a process of its own; nights that were missed are caught up once.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use chrono::{DateTime, Days, NaiveTime, Utc};
use zhihui_api::Clock;
use zhihui_data::Zone;

use crate::home::Home;
use crate::output::{say, told};

/// How often it is looked whether the time has come.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// When the pipeline runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nightly {
    at: NaiveTime,
    zone: Zone,
}

impl Nightly {
    /// The time of a `--nightly HH:MM`.
    pub(crate) fn parse(text: &str, zone: Zone) -> anyhow::Result<Self> {
        match NaiveTime::parse_from_str(text, "%H:%M") {
            Ok(at) => Ok(Self { at, zone }),
            Err(_) => bail!("--nightly {text:?} is no time of day; write 02:00"),
        }
    }

    /// The last time that it should have run, up to `now` included.
    fn last_due(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let today = self.zone.day(now);
        let on = |day: chrono::NaiveDate| self.zone.instant(day.and_time(self.at));
        let due = on(today);
        if due <= now { due } else { on(today.checked_sub_days(Days::new(1)).unwrap_or(today)) }
    }

    /// Runs the pipeline whenever its time has come, for ever. `clock` says the time; `is_wall` that it is the real one, by
    /// which the history of runs tells of missed nights.
    pub(crate) async fn watch(self, home: Arc<Home>, clock: Clock, is_wall: bool) {
        let now = || DateTime::from_timestamp(clock(), 0).unwrap_or_default();
        let mut last = now();
        if is_wall && let Some(before) = last_run(&home).await {
            last = last.min(before);
        }
        loop {
            let at = now();
            if self.last_due(at) > last {
                last = at;
                say("the nightly run begins");
                match run(&home, (!is_wall).then_some(at)).await {
                    Ok(0) => say("the nightly run is done"),
                    Ok(code) => {
                        say(&format!("the nightly run ended with {code}; `zhihui --json run` or /data say why"))
                    }
                    Err(error) => say(&format!("the nightly run could not start: {}", told(&error))),
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// When the last run began, whoever began it.
async fn last_run(home: &Home) -> Option<DateTime<Utc>> {
    let journal = home.journal().await.ok()?;
    let runs = journal.latest(1).await.ok()?;
    DateTime::from_timestamp(runs.first()?.started_at, 0)
}

/// A process of its own: what it needs of memory goes with it, and a fault in it does not touch the service.
async fn run(home: &Home, as_of: Option<DateTime<Utc>>) -> anyhow::Result<i32> {
    let program = std::env::current_exe().context("where is this program")?;
    let mut command = tokio::process::Command::new(program);
    command.arg("--home").arg(&home.folder).arg("run").kill_on_drop(true);
    if let Some(as_of) = as_of {
        command.arg("--as-of").arg(as_of.to_rfc3339());
    }
    let status = command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()).status().await?;
    Ok(status.code().unwrap_or(-1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_the_unions_and_yesterdays_until_it_comes() {
        let nightly = Nightly::parse("02:00", Zone::default()).expect("a time");
        let due = |now: &str| nightly.last_due(now.parse().expect("a time")).to_rfc3339();
        assert_eq!(due("2026-11-21T17:59:59Z"), "2026-11-20T18:00:00+00:00");
        assert_eq!(due("2026-11-21T18:00:00Z"), "2026-11-21T18:00:00+00:00");
        assert_eq!(due("2026-11-22T15:00:00Z"), "2026-11-21T18:00:00+00:00");
        assert!(Nightly::parse("25:00", Zone::default()).is_err() && Nightly::parse("night", Zone::default()).is_err());
    }
}
