//! Limits invitations so that the expected number of attendees fits the seats of each union and of the item.

use std::collections::HashMap;

use zhihui_data::snapshot::NONE;

use super::selection::RankedMember;
use crate::{
    Engine, Overlay,
    eligibility::{ItemTerms, set_limit},
};

/// Goes through the members from the highest to the lowest probability. Keeps a member if the expected seats
/// (probability times expected tickets) fit into the remaining seats of the union and of the item. Returns the kept
/// members and the reasons for rejecting the others.
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
    /// Expected tickets of a member who signs up: the mean over current sign-ups for items of this kind, at least 1 and
    /// at most the cap for one member.
    pub(super) fn expected_tickets(&self, terms: &ItemTerms) -> f64 {
        let mean = f64::from(self.mean_tickets(self.snapshot().items.kind[terms.item as usize])).max(1.0);
        terms.member_cap(true).map_or(mean, |cap| mean.min(f64::from(cap.max(1))))
    }
}
