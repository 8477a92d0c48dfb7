//! Types that the steps of building an audience pass on.

use super::{AudienceRow, HoldOutKind, funnel::Funnel};
use crate::eligibility::ItemTerms;

/// The target of an audience as a row of the snapshot.
#[derive(Debug, Clone, Copy)]
pub(super) enum ResolvedTarget {
    Item(usize),
    Topic(u32),
}

/// A member with a probability.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct RankedMember {
    pub(super) row: u32,
    pub(super) probability: f64,
    /// Breaks ties between equal probabilities: recent activity, or the preference if the target is a topic.
    pub(super) tie_breaker: f32,
}

impl RankedMember {
    /// A number by which members are in order of rank: by probability, then by recent activity or preference, then by id.
    /// Comparing one number is several times faster than comparing three.
    #[inline(always)]
    pub(super) fn place(&self) -> u128 {
        // Bits of a float in ascending order, as `total_cmp` compares them; negated for a descending order.
        let probability = self.probability.to_bits();
        let probability = !(probability ^ (((probability as i64 >> 63) as u64) | 1 << 63));
        let tie_breaker = self.tie_breaker.to_bits();
        let tie_breaker = !(tie_breaker ^ (((tie_breaker as i32 >> 31) as u32) | 1 << 31));
        u128::from(probability) << 64 | u128::from(tie_breaker) << 32 | u128::from(self.row)
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::RankedMember;

    fn member() -> impl Strategy<Value = RankedMember> {
        let probability = prop_oneof![Just(0.0), Just(-0.0), Just(1.0), 0.0..1.0, -1.0..1.0];
        let tie_breaker = prop_oneof![Just(0.0_f32), Just(-0.0), 0.0_f32..9.0, -9.0_f32..9.0];
        (0_u32..4, probability, tie_breaker).prop_map(|(row, probability, tie_breaker)| RankedMember {
            row,
            probability,
            tie_breaker,
        })
    }

    proptest! {
        #[test]
        fn place_orders_by_probability_then_tie_breaker_then_row(left in member(), right in member()) {
            let by_probability = right.probability.total_cmp(&left.probability);
            let order = by_probability.then(right.tie_breaker.total_cmp(&left.tie_breaker)).then(left.row.cmp(&right.row));
            prop_assert_eq!(left.place().cmp(&right.place()), order);
        }
    }
}
