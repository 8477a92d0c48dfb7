//! Audiences for a topic: predicts who reads any item of it.

use crate::{Engine, scoring::Profile};

/// Days within which a read counts as a response: 72 hours.
const RESPONSE_DAYS: f32 = 3.0;

impl Engine {
    /// Probability that a member reads an item of the topic within 72 hours. It is not calibrated.
    ///
    /// A steady reader of `r` items a day has the decayed weight `r · half-life / ln 2`. The rate found this way, times
    /// the member's preference for the topic, is the rate of a Poisson process: `1 − exp(−3 days · rate · share)`. A
    /// member without any read or sign-up has probability 0.
    pub(super) fn topic_probability(&self, profile: &Profile, topic: u32) -> f64 {
        let half_life = self.snapshot().model.preferences.half_life_days.max(1.0);
        let daily = profile.evidence_total * std::f32::consts::LN_2 / half_life;
        let share = self.preference(profile, topic).unwrap_or(0.0);
        1.0 - (-f64::from(RESPONSE_DAYS * daily * share)).exp()
    }
}
