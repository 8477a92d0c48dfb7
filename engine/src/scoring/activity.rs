//! A member's decayed activity, and the time of the last action.

use rayon::prelude::*;
use zhihui_data::snapshot::{EventKind, NO_TIME, Snapshot};

use super::interaction_weight;

/// Half-lives in days, one for each horizon of [`ActivityCounts`].
const WEEK_HALF_LIFE: f32 = 7.0;
const MONTH_HALF_LIFE: f32 = 30.0;
const LONG_HALF_LIFE: f32 = 120.0;
/// Half-life in days of actions on the item's series.
const SERIES_HALF_LIFE: f32 = 90.0;
const DAY: f32 = 86_400.0;

/// A member's own actions on items without sensitive topics, decayed to the snapshot's time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ActivityCounts {
    /// Reads, with a half-life of 30 days.
    pub(crate) reads: f32,
    /// Sign-ups, with a half-life of 30 days.
    pub(crate) sign_ups: f32,
    week: f32,
    month: f32,
    long: f32,
    /// Time of the last action in seconds since 1970, or [`NO_TIME`].
    last: i64,
}

impl Default for ActivityCounts {
    fn default() -> Self {
        Self { reads: 0.0, sign_ups: 0.0, week: 0.0, month: 0.0, long: 0.0, last: NO_TIME }
    }
}

impl ActivityCounts {
    /// Computes the counts of all members.
    pub(crate) fn for_all_members(snapshot: &Snapshot, is_sensitive_item: &[bool]) -> Vec<Self> {
        let history = &snapshot.history;
        let of_member = |member: usize| {
            let mut counts = Self::default();
            let withdrawn = history.withdrawn(member, i64::MAX);
            let is_current =
                |at: usize| history.kind(at) != EventKind::SignUp || !withdrawn.contains(&history.item(at));
            let own = history.of(member).filter(|&at| !is_sensitive_item[history.item(at) as usize] && is_current(at));
            own.for_each(|at| counts.add(history.kind(at), history.at(at), snapshot.as_of));
            counts
        };
        (0..snapshot.members.id.len()).into_par_iter().map(of_member).collect()
    }

    /// `ln(1 + own actions)`, with a half-life of 30 days.
    pub(crate) fn log_month(&self) -> f32 {
        self.month.ln_1p()
    }

    /// Whether the member ever did anything.
    pub(crate) fn has_actions(&self) -> bool {
        self.last != NO_TIME
    }

    /// Adds an event at `at`, decayed to `now`.
    pub(crate) fn add(&mut self, kind: EventKind, at: i64, now: i64) {
        // Attending follows from signing up and is not a separate decision.
        if interaction_weight(kind) <= 0.0 || kind == EventKind::Attended {
            return;
        }
        let days = (now - at).max(0) as f32 / DAY;
        let month = (-days / MONTH_HALF_LIFE).exp2();
        match kind {
            EventKind::Read => self.reads += month,
            EventKind::SignUp => self.sign_ups += month,
            _ => {}
        }
        self.week += (-days / WEEK_HALF_LIFE).exp2();
        self.month += month;
        self.long += (-days / LONG_HALF_LIFE).exp2();
        self.last = if self.last == NO_TIME { at } else { self.last.max(at) };
    }
}

/// The features of a member's activity.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct ActivityFeatures {
    pub(crate) log_reads: f32,
    pub(crate) log_sign_ups: f32,
    pub(crate) log_week: f32,
    pub(crate) log_month: f32,
    pub(crate) log_long: f32,
    pub(crate) recency: f32,
}

impl ActivityFeatures {
    /// Computes the features from counts that are valid at `now`.
    pub(crate) fn of(counts: ActivityCounts, now: i64) -> Self {
        let recency = if counts.last == NO_TIME { 0.0 } else { 1.0 / (1.0 + (now - counts.last).max(0) as f32 / DAY) };
        Self {
            log_reads: counts.reads.ln_1p(),
            log_sign_ups: counts.sign_ups.ln_1p(),
            log_week: counts.week.ln_1p(),
            log_month: counts.log_month(),
            log_long: counts.long.ln_1p(),
            recency,
        }
    }

    /// Breaks ties between members of equal probability: recent activity.
    pub(crate) fn tie_breaker(&self) -> f32 {
        self.log_reads + self.log_sign_ups
    }
}

/// Weight of an action `seconds` ago for the item's series.
pub(crate) fn series_weight(seconds: i64) -> f32 {
    (-(seconds.max(0) as f32) / DAY / SERIES_HALF_LIFE).exp2()
}
