//! Types that the steps of an audience hand to one another.

use super::{AudienceRow, funnel::Funnel};

/// What the audience is for, resolved.
#[derive(Debug, Clone, Copy)]
pub(super) enum ResolvedTarget {
    Item(usize),
    Topic(u32),
}

/// A member with a probability.
#[derive(Debug, Clone, Copy)]
pub(super) struct RankedMember {
    pub(super) row: u32,
    pub(super) probability: f64,
    /// Decides between equal probabilities: how much the member did of late, or the preference where there is no item.
    pub(super) tie_breaker: f32,
}

/// What the steps left.
pub(super) struct AudienceSelection {
    pub(super) target: ResolvedTarget,
    pub(super) funnel: Funnel,
    pub(super) rows: Vec<AudienceRow>,
}
