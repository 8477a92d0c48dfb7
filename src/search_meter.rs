//! The time that a search for settings has, and what people see of it.

use std::time::{Duration, Instant};

use zhihui_pipeline::train::Trial;

use crate::cli::SearchBudget;
use crate::clock;
use crate::progress::Meter;

/// What ends a search, where it is not as configured.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SearchBounds {
    /// No trial begins later.
    pub(crate) time: Option<Duration>,
    /// No more trials are made.
    pub(crate) trials: Option<usize>,
}

impl SearchBounds {
    /// As typed.
    pub(crate) fn of(args: &SearchBudget) -> anyhow::Result<Self> {
        Ok(Self { time: args.budget.as_deref().map(clock::span).transpose()?, trials: args.trials })
    }
}

/// Hears of trials and ends the search when the next one would not end in time.
pub(crate) struct SearchMeter<'a> {
    meter: &'a Meter,
    budget: Duration,
    started: Instant,
    last: Instant,
    /// What the longest trial took.
    longest: Duration,
    best: f64,
}

impl<'a> SearchMeter<'a> {
    /// From now on.
    pub(crate) fn start(meter: &'a Meter, budget: Duration) -> Self {
        let now = Instant::now();
        Self { meter, budget, started: now, last: now, longest: Duration::ZERO, best: 0.0 }
    }

    /// Tells of a trial; says whether there is time for another.
    pub(crate) fn hear(&mut self, trial: &Trial) -> bool {
        self.longest = self.longest.max(self.last.elapsed());
        self.last = Instant::now();
        if let Some(ndcg) = trial.ndcg.filter(|_| trial.taken || trial.number == 0) {
            self.best = ndcg;
        }
        let elapsed = self.started.elapsed();
        self.meter.tick(&line(trial, elapsed, self.best));
        elapsed + self.longest < self.budget
    }
}

/// One line a trial of any search: when, what it was, what it reached, the best so far.
pub(crate) fn line(trial: &Trial, elapsed: Duration, best: f64) -> String {
    let reached = trial.ndcg.map_or_else(|| "refused".to_owned(), |ndcg| format!("{ndcg:.4}"));
    let (seconds, number, described) = (elapsed.as_secs_f64(), trial.number, trial.described());
    let outcome = if trial.taken { ", taken" } else { "" };
    format!("{seconds:>5.0} s  trial {number}: {described} {reached}{outcome}, best {best:.4}")
}
