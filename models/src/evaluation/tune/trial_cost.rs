//! How long trials took, and what that says of the last fit.

use crate::UserItems;
use crate::catalogue::{ModelName, ModelSpec, blend_spec, fit_cost};

/// Fits grow faster than the data that they are given more of.
const GROWTH: f64 = 1.5;

/// Estimated seconds to fit the best so far on all data and to ask it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FinishEstimate {
    /// To fit.
    pub fit: f64,
    /// To score all items for one member.
    pub per_member: f64,
}

/// What one trial took, in seconds.
#[derive(Debug)]
pub(super) struct TrialCost {
    pub(super) spec: ModelSpec,
    /// For one fold.
    pub(super) fit: f64,
    pub(super) per_member: f64,
    /// All of it.
    pub(super) seconds: f64,
}

/// What it takes to fit all of `parts` and to ask them. `growth`: how many times more data the last fit is given.
pub(super) fn estimate_finish<'a>(
    parts: impl Iterator<Item = &'a ModelSpec>,
    costs: &[TrialCost],
    growth: f64,
) -> FinishEstimate {
    let (mut sum, mut filters) = (FinishEstimate::default(), 0.0_f64);
    for part in parts {
        let known = |cost: &&TrialCost| cost.spec == *part;
        let family = |cost: &&TrialCost| cost.spec.name() == part.name();
        let longest = costs.iter().filter(family).map(|cost| cost.fit).fold(0.0, f64::max);
        let own = costs.iter().find(known).map_or(longest, |cost| cost.fit);
        sum.per_member += costs.iter().find(known).map_or(0.0, |cost| cost.per_member);
        if part.name() == ModelName::GfCf {
            // Graph filters share a decomposition, so that only the first of them shows what one takes, and all pay it once.
            filters = filters.max(longest);
        } else {
            sum.fit += own;
        }
    }
    FinishEstimate { fit: (sum.fit + filters) * growth.powf(GROWTH), ..sum }
}

/// The recommenders of which one is made.
pub(super) fn parts(spec: &ModelSpec) -> Vec<ModelSpec> {
    match spec.name() {
        ModelName::Blend => blend_spec::parts(spec).unwrap_or_default().into_iter().map(|part| part.spec).collect(),
        _ => vec![spec.clone()],
    }
}

/// Seconds that a trial of `next` is likely to take: what its family took, in proportion to the work; as long as the
/// longest so far for a family that was not tried yet.
pub(super) fn expected_seconds(
    next: &ModelSpec,
    costs: &[TrialCost],
    min_vectors: usize,
    interactions: &UserItems,
) -> f64 {
    let longest = |costs: &mut dyn Iterator<Item = f64>| costs.fold(0.0, f64::max);
    let family: Vec<&TrialCost> = costs.iter().filter(|cost| cost.spec.name() == next.name()).collect();
    let Some(first) = family.first() else { return longest(&mut costs.iter().map(|cost| cost.seconds)) };
    if next.name() == ModelName::GfCf {
        let asked = |spec: &ModelSpec| (spec.resolved().get("vectors").copied().unwrap_or(0.0)).max(min_vectors as f64);
        let known = longest(&mut family.iter().map(|cost| asked(&cost.spec)));
        return if asked(next) > known {
            first.seconds * (asked(next) / min_vectors as f64).powi(2)
        } else {
            family.iter().map(|cost| cost.seconds).fold(f64::INFINITY, f64::min)
        };
    }
    let work = |spec: &ModelSpec| fit_cost::operations(spec, interactions).max(f64::MIN_POSITIVE);
    longest(&mut family.iter().map(|cost| cost.seconds * (work(next) / work(&cost.spec)).clamp(0.1, 100.0)))
}
