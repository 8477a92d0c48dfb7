//! The time budget of an evaluation.

/// A deadline, and the durations of fits so far.
pub(super) struct Budget<'a> {
    seconds: &'a dyn Fn() -> f64,
    until: Option<f64>,
    last: f64,
    /// Duration of the longest fit with its lists.
    longest: f64,
}

impl<'a> Budget<'a> {
    /// Starts a budget. Without `until` it never ends.
    pub(super) fn new(seconds: &'a dyn Fn() -> f64, until: Option<f64>) -> Self {
        Self { seconds, until, last: seconds(), longest: 0.0 }
    }

    /// Records that a recommender was fitted and measured.
    pub(super) fn fitted(&mut self) {
        let now = (self.seconds)();
        self.longest = self.longest.max(now - self.last);
        self.last = now;
    }

    /// Returns why nothing more is fitted, or `None` if there is time for the longest fit so far.
    pub(super) fn spent(&self) -> Option<String> {
        let until = self.until.filter(|until| self.longest > 0.0 && (self.seconds)() + self.longest > *until)?;
        Some(format!(
            "the budget of {until:.0} seconds is too short for it; raise --budget, or name it first in --models"
        ))
    }
}
