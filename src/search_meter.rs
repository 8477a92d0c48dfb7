//! Time limit and progress of a settings search.

use std::time::{Duration, Instant};

use zhihui_pipeline::train::Trial;

use crate::cli::SearchBudget;
use crate::clock;
use crate::progress::Meter;

/// Limits of a search that differ from the configuration.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SearchBounds {
    /// Time after which no trial starts.
    pub(crate) time: Option<Duration>,
    pub(crate) trials: Option<usize>,
    /// Whether no earlier model may be kept.
    pub(crate) anew: bool,
}

impl SearchBounds {
    pub(crate) fn of(args: &SearchBudget) -> anyhow::Result<Self> {
        Ok(Self {
            time: args.budget.as_deref().map(clock::parse_duration).transpose()?,
            trials: args.trials,
            anew: args.anew,
        })
    }
}

/// Reports trials and ends the search if the next one would exceed the budget.
pub(crate) struct SearchMeter<'a> {
    meter: &'a Meter,
    budget: Duration,
    started: Instant,
    last: Instant,
    longest: Duration,
    best: f64,
}

impl<'a> SearchMeter<'a> {
    /// Starts the budget now.
    pub(crate) fn start(meter: &'a Meter, budget: Duration) -> Self {
        let now = Instant::now();
        Self { meter, budget, started: now, last: now, longest: Duration::ZERO, best: 0.0 }
    }

    /// Reports a trial. Returns whether there is time for another.
    pub(crate) fn on_trial(&mut self, trial: &Trial) -> bool {
        self.longest = self.longest.max(self.last.elapsed());
        self.last = Instant::now();
        if let Some(ndcg) = trial.ndcg.filter(|_| trial.taken || trial.number == 0) {
            self.best = ndcg;
        }
        let elapsed = self.started.elapsed();
        self.meter.tick(&format_trial(trial, elapsed, self.best));
        elapsed + self.longest < self.budget
    }
}

/// Formats a trial of any search: time, description, result, and the best result so far.
pub(crate) fn format_trial(trial: &Trial, elapsed: Duration, best: f64) -> String {
    let reached = trial.ndcg.map_or_else(|| "refused".to_owned(), |ndcg| format!("{ndcg:.4}"));
    let (seconds, number, described) = (elapsed.as_secs_f64(), trial.number, trial.described());
    let outcome = if trial.taken { ", taken" } else { "" };
    format!("{seconds:>5.0} s  trial {number}: {described} {reached}{outcome}, best {best:.4}")
}
