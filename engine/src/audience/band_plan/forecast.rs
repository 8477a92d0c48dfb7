//! Expected responses of members to an item, limited by its seats.

use super::candidates::ItemCandidates;
use crate::{
    Engine, Overlay,
    audience::{
        ExpectedResponses, Selection,
        expected_responses::ResponseMoments,
        selection::{RankedMember, ResolvedTarget},
    },
};

/// The expected responses of some members to one item.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Forecast {
    /// Members who can be pushed, before the seats are considered.
    pub(super) candidates: usize,
    /// Members in the arm `push`, within the seats left.
    pub(super) selected: usize,
    /// The expected responses of the arm `push`.
    pub(super) value: f64,
    /// The variance of independent responses, without the variation between items.
    pub(super) variance: f64,
    /// Whether seats exclude candidates.
    pub(super) seats_decide: bool,
}

impl Forecast {
    /// The forecast of members in the order of their rank. It equals the preview of an audience of these members.
    pub(super) fn of(engine: &Engine, overlay: &Overlay, item: &ItemCandidates, ranked: &[RankedMember]) -> Self {
        let target = ResolvedTarget::Item(item.item);
        let terms = (target, Some(&item.terms));
        let quota = engine.within_quota(overlay, &item.audience, terms, Selection::Likeliest, ranked);
        let seats_decide = quota.union_quota + quota.full > 0;
        let mut forecast = Self { candidates: ranked.len(), seats_decide, ..Self::default() };
        let level = engine.push_level(item.item);
        let invitations = engine.invite(&quota.kept, &item.audience, target);
        for invitation in invitations.iter().filter(|invitation| invitation.hold_out.is_none()) {
            let probability = level.probability(invitation.kept.member.probability);
            forecast.selected += 1;
            forecast.value += probability;
            forecast.variance += probability * (1.0 - probability);
        }
        forecast
    }

    /// The expected responses with their interval.
    pub(super) fn expected_responses(&self, item: &ItemCandidates) -> ExpectedResponses {
        total(&[(*self, item)]).expected_responses()
    }
}

/// Mean and variance of the responses to different items, which vary independently.
pub(super) fn total(forecasts: &[(Forecast, &ItemCandidates)]) -> ResponseMoments {
    let mut moments = ResponseMoments { calibrated: true, is_dispersed: true, ..ResponseMoments::default() };
    for (forecast, item) in forecasts {
        moments.value += forecast.value;
        moments.members += forecast.selected as f64;
        moments.variance += forecast.variance + item.variation(forecast.value);
        moments.calibrated &= item.calibrated;
        moments.is_dispersed &= item.dispersion.is_some();
    }
    moments
}

impl ItemCandidates {
    /// The variance that the variation between items adds to this number of expected responses.
    pub(super) fn variation(&self, value: f64) -> f64 {
        self.dispersion.map_or(0.0, f64::from) * value * value
    }
}
