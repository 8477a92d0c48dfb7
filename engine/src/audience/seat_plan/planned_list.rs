//! The list of one selection, and how evenly it serves the unions.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use zhihui_data::snapshot::NONE;

use super::{PlanSeats, ShowUp};
use crate::{
    Engine, Overlay,
    audience::{
        AudienceRequest, ExpectedResponses, Selection,
        selection::{Candidates, Invitation},
    },
};

/// Seats count as filled if fewer than this are expected to stay free.
const HALF_A_SEAT: f64 = 0.5;

/// Why a list is not expected to fill the seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatShortage {
    /// There are too few candidates.
    Candidates,
    /// The caps of unions exclude candidates.
    UnionCaps,
    /// The limit of the request cuts the list.
    Limit,
    /// The hold-out is not pushed to, and there are too few other candidates.
    HoldOut,
}

/// Expected seats per candidate by union.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct SeatsPerCandidate {
    /// Of the union that gets least.
    pub lowest: f64,
    /// The median of the unions.
    pub median: f64,
    /// Of the union that gets most.
    pub highest: f64,
}

/// The list of one selection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedList {
    /// Which candidates are invited.
    pub selection: Selection,
    /// Number of members in the arm `push`.
    pub selected: usize,
    /// Number of held-out members.
    pub held_out: usize,
    /// Expected responses of the arm `push`.
    pub expected_responses: ExpectedResponses,
    /// Expected seats that the arm `push` takes: responses times tickets.
    pub expected_seats: f64,
    /// Expected seats whose holders attend, or null if attendance was never recorded.
    pub expected_attendance: Option<f64>,
    /// Whether the list is expected to fill the seats left.
    pub fills_seats: bool,
    /// Why not; null if it does.
    pub shortage: Option<SeatShortage>,
    /// Number of unions with a member in the arm `push`.
    pub unions: usize,
    /// Expected seats of both arms per candidate, over the unions with candidates. Members without a union count as one.
    pub seats_per_candidate: SeatsPerCandidate,
}

impl Engine {
    /// Why all candidates within the caps of their unions are not expected to fill the seats.
    pub(super) fn quota_shortage(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        seats: PlanSeats,
        candidates: &Candidates,
    ) -> Option<SeatShortage> {
        let quota = self.candidates_within_quota(overlay, request, Selection::Likeliest, candidates);
        let fills = |expected: f64| f64::from(seats.left) - expected < HALF_A_SEAT;
        // Members are refused as `full` only if they are expected to take more than the rest.
        if fills(quota.seats) || quota.full > 0 {
            return None;
        }
        Some(if quota.union_quota > 0 {
            SeatShortage::UnionCaps
        } else if fills(quota.kept.iter().map(|kept| kept.seats).sum()) {
            SeatShortage::HoldOut
        } else {
            SeatShortage::Candidates
        })
    }

    pub(super) fn planned_list(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        selection: Selection,
        (show_up, quota_shortage): (Option<ShowUp>, Option<SeatShortage>),
        candidates: &Candidates,
    ) -> PlannedList {
        let quota = self.candidates_within_quota(overlay, request, selection, candidates);
        let invitations = self.invite(&quota.kept, request, candidates.target);
        let pushed = || invitations.iter().filter(|invitation| invitation.hold_out.is_none());
        let expected_seats: f64 = pushed().map(|invitation| invitation.kept.seats).sum();
        let is_cut = quota.seats - expected_seats >= HALF_A_SEAT;
        let shortage = if is_cut { Some(SeatShortage::Limit) } else { quota_shortage };
        // In the order of rank, because the sum of an audience is taken in it.
        let mut probabilities: Vec<f64> = pushed().map(|invitation| invitation.kept.member.probability).collect();
        probabilities.sort_unstable_by(|left, right| right.total_cmp(left));
        PlannedList {
            selection,
            selected: pushed().count(),
            held_out: invitations.len() - pushed().count(),
            expected_responses: self.expected_responses_to(&[candidates.target], probabilities.into_iter()),
            expected_seats,
            expected_attendance: show_up.map(|show_up| show_up.rate * expected_seats),
            fills_seats: shortage.is_none(),
            shortage,
            unions: pushed()
                .map(|invitation| invitation.kept.union)
                .filter(|&union| union != NONE)
                .collect::<BTreeSet<u32>>()
                .len(),
            seats_per_candidate: self.seats_per_candidate(candidates, &invitations),
        }
    }

    fn seats_per_candidate(&self, candidates: &Candidates, invitations: &[Invitation]) -> SeatsPerCandidate {
        let unions = &self.snapshot().members.union;
        let mut by_union: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        for member in &candidates.ranked {
            by_union.entry(unions[member.row as usize]).or_default().1 += 1.0;
        }
        for invitation in invitations {
            by_union.entry(invitation.kept.union).or_default().0 += invitation.kept.seats;
        }
        let mut rates: Vec<f64> = by_union.values().map(|(seats, candidates)| seats / candidates).collect();
        rates.sort_by(f64::total_cmp);
        let (Some(&lowest), Some(&highest)) = (rates.first(), rates.last()) else {
            return SeatsPerCandidate::default();
        };
        let median = 0.5 * (rates[(rates.len() - 1) / 2] + rates[rates.len() / 2]);
        SeatsPerCandidate { lowest, median, highest }
    }
}
