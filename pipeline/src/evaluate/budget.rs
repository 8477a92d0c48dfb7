//! When no further recommender is fitted.

/// A time by the clock, and what fits took so far.
pub(super) struct Budget<'a> {
    seconds: &'a dyn Fn() -> f64,
    until: Option<f64>,
    last: f64,
    /// What the longest fit with its lists took.
    longest: f64,
}

impl<'a> Budget<'a> {
    /// Without `until` there is always time.
    pub(super) fn new(seconds: &'a dyn Fn() -> f64, until: Option<f64>) -> Self {
        Self { seconds, until, last: seconds(), longest: 0.0 }
    }

    /// A recommender was fitted and measured.
    pub(super) fn fitted(&mut self) {
        let now = (self.seconds)();
        self.longest = self.longest.max(now - self.last);
        self.last = now;
    }

    /// Why nothing more is fitted; `None` while there is time for as much as took longest so far.
    pub(super) fn spent(&self) -> Option<String> {
        let until = self.until.filter(|until| self.longest > 0.0 && (self.seconds)() + self.longest > *until)?;
        Some(format!(
            "the budget of {until:.0} seconds leaves no time for it; raise --budget, or name it first in --models"
        ))
    }
}
