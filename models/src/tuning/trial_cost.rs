//! Durations of trials, and estimates of later fits from them.

use crate::UserItems;
use crate::catalogue::{ModelName, ModelSpec, blend_spec, fit_cost};

/// Exponent of the growth of fit time with the amount of data.
const GROWTH: f64 = 1.5;

/// Expected seconds to fit the best settings on all data and to score members.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FinishEstimate {
    /// Seconds to fit.
    pub fit: f64,
    /// Seconds to score all items for one member.
    pub per_member: f64,
}

/// Duration of one trial in seconds.
#[derive(Debug)]
pub(super) struct TrialCost {
    pub(super) spec: ModelSpec,
    /// Seconds to fit one fold.
    pub(super) fit: f64,
    pub(super) per_member: f64,
    /// Total seconds.
    pub(super) seconds: f64,
}

/// Estimates the fit and scoring of all `parts`. `growth`: size of the full data relative to a trial's.
pub(super) fn estimate_finish<'a>(
    parts: impl Iterator<Item = &'a ModelSpec>,
    costs: &[TrialCost],
    growth: f64,
) -> FinishEstimate {
    let (mut sum, mut filters) = (FinishEstimate::default(), 0.0_f64);
    for part in parts {
        let same_spec = |cost: &&TrialCost| cost.spec == *part;
        let same_family = |cost: &&TrialCost| cost.spec.name() == part.name();
        let longest = costs.iter().filter(same_family).map(|cost| cost.fit).fold(0.0, f64::max);
        let own = costs.iter().find(same_spec).map_or(longest, |cost| cost.fit);
        sum.per_member += costs.iter().find(same_spec).map_or(0.0, |cost| cost.per_member);
        if part.name() == ModelName::GfCf {
            // Graph filters share a decomposition. Only the first filter's trial includes its cost, which all filters
            // pay once.
            filters = filters.max(longest);
        } else {
            sum.fit += own;
        }
    }
    FinishEstimate { fit: (sum.fit + filters) * growth.powf(GROWTH), ..sum }
}

/// The recommenders that the model consists of.
pub(super) fn parts(spec: &ModelSpec) -> Vec<ModelSpec> {
    match spec.name() {
        ModelName::Blend => blend_spec::parts(spec).unwrap_or_default().into_iter().map(|part| part.spec).collect(),
        _ => vec![spec.clone()],
    }
}

/// Expected seconds of a trial of `next`: scaled by cost from trials of its family, or the longest trial so far if the
/// family was not tried yet.
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
        let vectors =
            |spec: &ModelSpec| (spec.resolved().get("vectors").copied().unwrap_or(0.0)).max(min_vectors as f64);
        let known = longest(&mut family.iter().map(|cost| vectors(&cost.spec)));
        return if vectors(next) > known {
            first.seconds * (vectors(next) / min_vectors as f64).powi(2)
        } else {
            family.iter().map(|cost| cost.seconds).fold(f64::INFINITY, f64::min)
        };
    }
    let work = |spec: &ModelSpec| fit_cost::operations(spec, interactions).max(f64::MIN_POSITIVE);
    longest(&mut family.iter().map(|cost| cost.seconds * (work(next) / work(&cost.spec)).clamp(0.1, 100.0)))
}
