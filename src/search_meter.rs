//! The time that a search for settings has, and what people see of it.

use std::time::{Duration, Instant};

use zhihui_pipeline::train::Trial;

use crate::progress::Meter;

/// Hears of trials and ends the search when the next one would not end in time.
pub(crate) struct SearchMeter<'a> {
    meter: &'a Meter,
    budget: Duration,
    started: Instant,
    last: Instant,
    /// What the longest trial took.
    longest: Duration,
    trials: usize,
    best: f64,
}

impl<'a> SearchMeter<'a> {
    /// From now on.
    pub(crate) fn start(meter: &'a Meter, budget: Duration) -> Self {
        let now = Instant::now();
        Self { meter, budget, started: now, last: now, longest: Duration::ZERO, trials: 0, best: 0.0 }
    }

    /// Tells of a trial; says whether there is time for another.
    pub(crate) fn hear(&mut self, trial: &Trial) -> bool {
        self.longest = self.longest.max(self.last.elapsed());
        self.last = Instant::now();
        if trial.taken || trial.setting.is_none() {
            self.best = trial.ndcg;
        }
        let setting = match (trial.setting, &trial.value) {
            (Some(name), Some(value)) => format!("{name} = {value}"),
            _ => "as configured".to_owned(),
        };
        let (elapsed, number) = (self.started.elapsed(), self.trials);
        self.trials += 1;
        let outcome = if trial.taken { ", taken" } else { "" };
        let (ndcg, best) = (trial.ndcg, self.best);
        let seconds = elapsed.as_secs_f64();
        self.meter.tick(&format!("{seconds:>5.0} s  trial {number}: {setting} {ndcg:.4}{outcome}, best {best:.4}"));
        elapsed + self.longest < self.budget
    }
}
