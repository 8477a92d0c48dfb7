//! A member's preference for a topic, compared with all members.

use super::Profile;
use crate::Engine;

/// Added to shares before their ratio is computed, so that topics without reads stay finite. `preferences.sql` uses
/// the same value.
const SHARE_FLOOR: f32 = 1e-3;

impl Engine {
    /// A member's share of attention for a topic: own evidence combined with the age band's mean share, which has the
    /// weight of the band's trained prior. `None` if both are unknown, and for sensitive topics.
    pub(crate) fn preference(&self, profile: &Profile, topic: u32) -> Option<f32> {
        self.preference_by(profile.facts.band, profile.evidence_total, profile.evidence_for(topic), topic)
    }

    #[inline]
    fn preference_by(&self, band: usize, evidence_total: f32, evidence: f32, topic: u32) -> Option<f32> {
        let preferences = &self.snapshot().model.preferences;
        let prior = *preferences.prior_weight.get(band)?;
        let total = evidence_total + prior;
        if total <= 0.0 || self.is_sensitive(topic) {
            return None;
        }
        let band_share = preferences.band_shares[band * self.snapshot().topics.len() + topic as usize];
        Some((evidence + prior * band_share) / total)
    }

    /// Natural logarithm of the member's share divided by the share of all members. 0 if unknown.
    pub(crate) fn topic_lift(&self, profile: &Profile, topic: u32) -> f32 {
        self.topic_lift_by(profile.facts.band, profile.evidence_total, profile.evidence_for(topic), topic)
    }

    /// The same for a member of an age band with this evidence in all and for the topic.
    #[inline]
    pub(crate) fn topic_lift_by(&self, band: usize, evidence_total: f32, evidence: f32, topic: u32) -> f32 {
        let overall = self.snapshot().model.preferences.overall_shares[topic as usize];
        let preference = self.preference_by(band, evidence_total, evidence, topic);
        preference.map_or(0.0, |share| ((share + SHARE_FLOOR) / (overall + SHARE_FLOOR)).ln())
    }
}
