//! The mean of paired differences and its standard error.

/// The mean of `values` minus `before`, paired by member, and its standard error. Both are 0 without members.
#[must_use]
pub fn mean_gain(values: &[f64], before: &[f64]) -> [f64; 2] {
    let gains: Vec<f64> = values.iter().zip(before).map(|(now, before)| now - before).collect();
    let n = gains.len() as f64;
    let gain = gains.iter().sum::<f64>() / n.max(1.0);
    let squares = gains.iter().map(|value| (value - gain).powi(2)).sum::<f64>();
    [gain, (squares / (n * (n - 1.0)).max(1.0)).sqrt()]
}

/// Whether the gain is above one standard error.
///
/// This is the rule of Breiman et al., *Classification and Regression Trees*, 1984, which favours the incumbent. A
/// change for a single member is exactly one standard error, up to rounding, and does not count as a gain.
#[must_use]
pub fn exceeds_standard_error([gain, error]: [f64; 2]) -> bool {
    gain > error * (1.0 + 1e-9)
}
