//! The seat plan of an item.

use serde::{Deserialize, Serialize};

use super::{PlannedList, ShowUp, UnionDemand, UnionToPhone, sentence::sentence};
use crate::{
    Engine, Overlay,
    audience::{
        AudienceError, AudienceRequest, AudienceResult, Resolver, Selection, Sentence, StopCheck, selection::Candidates,
    },
    eligibility::ItemTerms,
};

/// The seats of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSeats {
    /// All seats.
    pub capacity: u32,
    /// Seats that are taken. May exceed the capacity.
    pub taken: u32,
    /// Seats left.
    pub left: u32,
}

/// How many members to push to for an item with seats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeatPlan {
    /// The time of the snapshot's data, RFC 3339.
    pub as_of: String,
    /// The snapshot's version.
    pub version: String,
    /// Id of the item.
    pub item_id: String,
    /// A summary in one sentence.
    pub sentence: Sentence,
    /// The seats of the item.
    pub seats: PlanSeats,
    /// The share of sign-ups that attend, or null if attendance was never recorded.
    pub show_up: Option<ShowUp>,
    /// The list of each selection, in the order of [`Selection::ALL`].
    pub lists: Vec<PlannedList>,
    /// Demand by union, the most expected takers first.
    pub demand: Vec<UnionDemand>,
    /// Unions whose members would come but cannot be reached, the most expected takers first.
    pub to_phone: Vec<UnionToPhone>,
}

impl Engine {
    /// Returns the audience of a request as [`Engine::audience_until`] does and, for an item with seats, its seat plan.
    /// Variants with different items have no plan. Members are scored once. Members who opted out of personalised lists are
    /// not scored.
    ///
    /// # Errors
    /// As [`Engine::audience_until`].
    pub fn audience_with_seat_plan(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        resolve: &Resolver<'_>,
        stop: &StopCheck<'_>,
    ) -> Result<(AudienceResult, Option<SeatPlan>), AudienceError> {
        let go_on = || if stop() { Err(AudienceError::Stopped) } else { Ok(()) };
        let candidates = self.ranked_candidates(overlay, request, resolve, stop)?;
        go_on()?;
        let is_for_one_item = candidates.variant_items.others.is_empty();
        let terms = candidates.terms.filter(|terms| is_for_one_item && terms.has_seats());
        let plan = terms.map(|terms| self.seat_plan(overlay, request, &terms, &candidates));
        go_on()?;
        let selection = self.select(overlay, request, candidates);
        Ok((self.result(overlay, request, selection), plan))
    }

    fn seat_plan(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        terms: &ItemTerms,
        candidates: &Candidates,
    ) -> SeatPlan {
        let snapshot = self.snapshot();
        let item = terms.item as usize;
        let left = self.seats_left_in_all(overlay, terms).unwrap_or(0);
        let taken = i64::from(terms.seats_taken) + overlay.seats(terms.item);
        let seats =
            PlanSeats { capacity: terms.capacity, taken: u32::try_from(taken.max(0)).unwrap_or(u32::MAX), left };
        let show_up = self.show_up(snapshot.items.kind[item]);
        let shortage = self.quota_shortage(overlay, request, seats, candidates);
        let list = |selection| self.planned_list(overlay, request, selection, (show_up, shortage), candidates);
        let lists: Vec<PlannedList> = Selection::ALL.map(list).into();
        let (demand, to_phone) = self.demand_by_union(overlay, request, terms, candidates);
        SeatPlan {
            as_of: self.as_of(),
            version: snapshot.version.clone(),
            item_id: snapshot.items.id[item].clone(),
            sentence: sentence(&snapshot.items.title[item], seats, &lists, candidates.ranked.len()),
            seats,
            show_up,
            lists,
            demand,
            to_phone,
        }
    }
}
