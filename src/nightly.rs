//! `serve --nightly`: the pipeline every day at one time, in a process of its own, with maintenance when it is due; nights that were missed are caught up once.

use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use chrono::{DateTime, Days, NaiveTime, Utc};
use zhihui_api::Clock;
use zhihui_data::Zone;

use crate::beside;
use crate::home::Home;
use crate::output::{say, told};

/// How often it is looked whether the time has come.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Runs looked at for the last one that came to an end.
const RUNS: u32 = 100;

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
    /// A time that came since `started`, while the service was starting, counts.
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
                say("the nightly run begins");
                match run(&home, (!is_wall).then_some(at)).await {
                    Ok(ended) if ended.success() => say("the nightly run is done"),
                    Ok(ended) => say(&format!("the nightly run ended with {ended}; /data says why")),
                    Err(error) => say(&format!("the nightly run could not start: {}", told(&error))),
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

async fn run(home: &Home, as_of: Option<DateTime<Utc>>) -> anyhow::Result<ExitStatus> {
    Ok(beside::begin(home, as_of, true)?.wait().await?)
}

/// When the last run that came to an end began, whoever began it: a night that broke off is caught up too.
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
    fn the_time_is_the_unions_and_yesterdays_until_it_comes() {
        let nightly = Nightly::parse("02:00", Zone::default()).expect("a time");
        let due = |now: &str| nightly.last_due(now.parse().expect("a time")).to_rfc3339();
        assert_eq!(due("2026-11-21T17:59:59Z"), "2026-11-20T18:00:00+00:00");
        assert_eq!(due("2026-11-21T18:00:00Z"), "2026-11-21T18:00:00+00:00");
        assert_eq!(due("2026-11-22T15:00:00Z"), "2026-11-21T18:00:00+00:00");
        assert!(Nightly::parse("25:00", Zone::default()).is_err() && Nightly::parse("night", Zone::default()).is_err());
    }
}
