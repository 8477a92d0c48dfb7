//! Types that the steps of building an audience pass on.

use super::{AudienceRow, funnel::Funnel};

/// The target of an audience as a row of the snapshot.
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
    /// Breaks ties between equal probabilities: recent activity, or the preference if the target is a topic.
    pub(super) tie_breaker: f32,
}

/// The result of all steps.
pub(super) struct AudienceSelection {
    pub(super) target: ResolvedTarget,
    pub(super) funnel: Funnel,
    pub(super) rows: Vec<AudienceRow>,
}
