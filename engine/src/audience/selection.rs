//! Types that the steps of building an audience pass on.

use std::cmp::Ordering;

use super::{AudienceRow, HoldOutKind, funnel::Funnel};
use crate::eligibility::ItemTerms;

/// The target of an audience as a row of the snapshot.
#[derive(Debug, Clone, Copy)]
pub(super) enum ResolvedTarget {
    Item(usize),
    Topic(u32),
}

/// A member with a probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RankedMember {
    pub(super) row: u32,
    pub(super) probability: f64,
    /// Breaks ties between equal probabilities: recent activity, or the preference if the target is a topic.
    pub(super) tie_breaker: f32,
}

/// The order of rank: by probability, then by recent activity or preference, then by id.
pub(super) fn by_rank(left: &RankedMember, right: &RankedMember) -> Ordering {
    let by_probability = right.probability.total_cmp(&left.probability);
    by_probability.then(right.tie_breaker.total_cmp(&left.tie_breaker)).then(left.row.cmp(&right.row))
}

/// The items besides the target, and how many members get the target.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct VariantItems {
    /// Share of the members who get the target: 1 without variants.
    pub(super) target_share: f64,
    pub(super) others: Vec<OtherItem>,
}

/// An item besides the target that a variant pushes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OtherItem {
    pub(super) terms: ItemTerms,
    /// Share of the members who get it.
    pub(super) share: f64,
}

impl OtherItem {
    /// Its row in the snapshot.
    pub(super) fn row(&self) -> usize {
        self.terms.item as usize
    }
}

/// The result of the steps up to the ranking.
pub(super) struct Candidates {
    pub(super) target: ResolvedTarget,
    /// The limits of the item; `None` for a topic.
    pub(super) terms: Option<ItemTerms>,
    /// The items of the variants.
    pub(super) variant_items: VariantItems,
    pub(super) funnel: Funnel,
    /// All members who meet the rule, if the item has seats.
    pub(super) matching: Vec<u32>,
    pub(super) ranked: Vec<RankedMember>,
}

/// A member within the quota.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct QuotaMember {
    pub(super) member: RankedMember,
    /// The member's union, or [`NONE`](zhihui_data::snapshot::NONE).
    pub(super) union: u32,
    /// Seats that the member is expected to take: probability times tickets.
    pub(super) seats: f64,
}

/// A member within the cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Invitation {
    pub(super) kept: QuotaMember,
    /// Why the member is held out; `None` for a member to push to.
    pub(super) hold_out: Option<HoldOutKind>,
}

/// The result of all steps.
pub(super) struct AudienceSelection {
    pub(super) target: ResolvedTarget,
    pub(super) funnel: Funnel,
    pub(super) rows: Vec<AudienceRow>,
}
