//! A member's preference for a topic, and how far it lies above everybody's.

use super::Profile;
use crate::Engine;

/// Added to shares before their ratio is taken, so that topics nobody reads stay finite; `16_preferences.sql` adds the same.
const SHARE_FLOOR: f32 = 1e-3;

impl Engine {
    /// Share of attention of a member for a topic: own evidence and the age band's mean share, which counts for the band's
    /// learnt prior weight. `None` where neither is known, and for sensitive topics always.
    pub(crate) fn preference(&self, profile: &Profile, topic: u32) -> Option<f32> {
        let preferences = &self.snapshot().model.preferences;
        let band = profile.facts.band;
        let prior = *preferences.prior_weight.get(band)?;
        let total = profile.evidence_total + prior;
        if total <= 0.0 || self.is_sensitive(topic) {
            return None;
        }
        let band_share = preferences.band_shares[band * self.snapshot().topics.len() + topic as usize];
        Some((profile.evidence_for(topic) + prior * band_share) / total)
    }

    /// Natural logarithm of how many times everybody's share a member's share is; 0, neutral, where it is unknown.
    pub(crate) fn topic_lift(&self, profile: &Profile, topic: u32) -> f32 {
        let overall = self.snapshot().model.preferences.overall_shares[topic as usize];
        self.preference(profile, topic).map_or(0.0, |share| ((share + SHARE_FLOOR) / (overall + SHARE_FLOOR)).ln())
    }
}
