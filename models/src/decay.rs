//! Exponential decay of the weight of past events.

/// 1 for a new event, halved with every half-life, in the unit of `age`. Events in the future have weight 1.
pub(crate) fn decay(age: f64, half_life: f64) -> f64 {
    (-age.max(0.0) / half_life).exp2()
}
