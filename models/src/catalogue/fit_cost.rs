//! Estimates the cost of a fit from the shape of the data alone, so that a search skips the same settings on every
//! machine.

use super::model_name::ModelName;
use super::spec::ModelSpec;
use crate::recommenders::truncated_svd;
use crate::{ModelError, UserItems};

/// Largest cost of one fit in a search, in billions of multiply-adds of a dense product: 30 to 60 seconds on two cores.
const MAX_OPERATIONS: f64 = 5000.0;

/// Whether a search may fit this model: in time, and within the memory limit of a decomposition.
pub(crate) fn is_affordable(spec: &ModelSpec, interactions: &UserItems) -> bool {
    let params = spec.resolved();
    let of = |name: &str| params.get(name).copied().unwrap_or(0.0);
    let fits = spec.name() != ModelName::GfCf || {
        // More vectors than before are computed up to the next power of two.
        let vectors = (of("vectors") as usize).next_power_of_two();
        truncated_svd::megabytes(interactions, vectors) as f64 <= of("memory_mb")
    };
    fits && operations(spec, interactions) <= MAX_OPERATIONS
}

/// Checks like [`is_affordable`] and reports the reason.
///
/// # Errors
/// [`ModelError::TooSlow`] with the ratio of the cost to the limit.
pub(crate) fn check(spec: &ModelSpec, interactions: &UserItems) -> Result<(), ModelError> {
    let operations = operations(spec, interactions);
    if operations <= MAX_OPERATIONS {
        return Ok(());
    }
    let times = operations / MAX_OPERATIONS;
    Err(ModelError::TooSlow { what: format!("{} on data of this size", spec.name()), times })
}

/// Cost of a fit in billions of multiply-adds. The constants convert times measured on 30,000 members, 40,000 items and
/// a million entries to this unit.
pub(crate) fn operations(spec: &ModelSpec, interactions: &UserItems) -> f64 {
    let params = spec.resolved();
    let of = |name: &str| params.get(name).copied().unwrap_or(0.0);
    let entries = interactions.n_entries() as f64;
    let (users, items) = (interactions.n_rows() as f64, interactions.n_columns() as f64);
    let total = match spec.name() {
        ModelName::Ials => {
            let factors = of("factors");
            of("sweeps") * (2.0 * entries * factors * factors + (users + items) * factors.powi(3) / 3.0)
        }
        ModelName::Ease => items.powi(3),
        ModelName::Slim => 10.0 * of("sweeps") * of("features") * entries,
        // One thread, and each step waits for memory.
        ModelName::Bpr => 2000.0 * of("epochs") * entries * of("factors"),
        ModelName::GfCf => of("vectors") * (400.0 * entries + 2.0 * (users + items) * of("vectors")),
        _ => 0.0,
    };
    total / 1e9
}
