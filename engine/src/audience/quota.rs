//! Not inviting more members of a union, or in all, than there are seats for those expected to come.

use std::collections::HashMap;

use zhihui_data::snapshot::NONE;

use super::selection::RankedMember;
use crate::{
    Engine, Overlay,
    eligibility::{ItemTerms, set_limit},
};

/// Walks the members from the most to the least probable and keeps each whose expected seats (probability times expected
/// tickets) still fit into what the member's union and the item have left; gives the kept and why others were not.
pub(super) fn within_quota(
    engine: &Engine,
    overlay: &Overlay,
    terms: &ItemTerms,
    ranked: Vec<RankedMember>,
) -> (Vec<RankedMember>, Vec<&'static str>) {
    let mut left_in_all = engine.seats_left_in_all(overlay, terms).map(f64::from);
    let mut left_by_union: HashMap<u32, f64> = HashMap::new();
    let tickets = engine.expected_tickets(terms);
    let mut refused = Vec::new();
    let mut kept = Vec::with_capacity(ranked.len());
    for member in ranked {
        let union = engine.snapshot().members.union[member.row as usize];
        let mut left_in_union = set_limit(terms.per_union_cap).filter(|_| union != NONE).map(|cap| {
            left_by_union
                .entry(union)
                .or_insert_with(|| f64::from(engine.seats_left_in_union(overlay, terms.item, union, cap)))
        });
        let mut seats = member.probability * tickets;
        if let Some(left) = left_in_union.as_deref() {
            seats = seats.min(member.probability * left.ceil());
        }
        if left_in_union.as_deref().is_some_and(|left| *left < seats) {
            refused.push("union_quota");
        } else if left_in_all.is_some_and(|left| left < seats) {
            refused.push("full");
        } else {
            if let Some(left) = left_in_union.as_mut() {
                **left -= seats;
            }
            if let Some(left) = left_in_all.as_mut() {
                *left -= seats;
            }
            kept.push(member);
        }
    }
    (kept, refused)
}

impl Engine {
    /// Tickets that a member who signs up takes: the mean of standing sign-ups for items of this kind, at least 1, at most
    /// what one member may take.
    pub(super) fn expected_tickets(&self, terms: &ItemTerms) -> f64 {
        let mean = f64::from(self.mean_tickets(self.snapshot().items.kind[terms.item as usize])).max(1.0);
        terms.member_cap(true).map_or(mean, |cap| mean.min(f64::from(cap.max(1))))
    }
}
