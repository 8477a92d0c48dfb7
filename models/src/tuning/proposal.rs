//! Random steps around settings that did well.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::ModelError;
use crate::catalogue::ModelSpec;
use crate::catalogue::search_range::{Range, Scale};
use crate::training_data::TrainingData;

/// Largest step relative to a parameter's range.
const MAX_STEP: f64 = 0.25;

/// Moves one or more parameters of `spec` within `ranges`.
pub(super) fn step(
    spec: &ModelSpec,
    ranges: &[Range],
    data: &TrainingData,
    rng: &mut ChaCha8Rng,
) -> Result<ModelSpec, ModelError> {
    let mut moved = spec.clone();
    let values = spec.resolved_on(data);
    let certain = rng.gen_range(0..ranges.len().max(1));
    for (at, range) in ranges.iter().enumerate() {
        let (chosen, step) = (rng.gen_bool(0.35), rng.gen_range(-MAX_STEP..MAX_STEP));
        if chosen || at == certain {
            let value = values.get(range.name).copied().unwrap_or(range.low);
            moved.set(range.name, from_unit(range, to_unit(range, value) + step))?;
        }
    }
    Ok(moved)
}

/// Maps a value to its position in the range, from 0 to 1.
fn to_unit(range: &Range, value: f64) -> f64 {
    let value = value.clamp(range.low, range.high);
    match range.scale {
        Scale::Linear => (value - range.low) / (range.high - range.low),
        Scale::Logarithmic | Scale::LogarithmicInteger => (value / range.low).ln() / (range.high / range.low).ln(),
    }
}

fn from_unit(range: &Range, place: f64) -> f64 {
    let place = place.clamp(0.0, 1.0);
    match range.scale {
        Scale::Linear => round_to_three_digits(range.low + place * (range.high - range.low)),
        Scale::Logarithmic => round_to_three_digits(range.low * (range.high / range.low).powf(place)),
        Scale::LogarithmicInteger => round_to_three_digits(range.low * (range.high / range.low).powf(place)).round(),
    }
}

/// Rounds to three significant digits, so that settings are easy to read and type.
pub(super) fn round_to_three_digits(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let scale = 10_f64.powi(2 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}
