//! The parameters of trends, which all families share if the data are used to predict the future.

use std::collections::BTreeMap;

use super::model_name::ModelName;
use super::search_range::{Range, Scale};
use crate::ModelError;
use crate::recommenders::trend::TrendParams;
use crate::training_data::TrainingData;

/// Names of the parameters, as written after the family's name.
pub(crate) const NAMES: [&str; 3] = ["trend", "trend_days", "trend_popularity"];

/// Ranges that a search draws from.
pub(crate) const RANGES: [Range; 3] = [
    Range { name: NAMES[0], low: 0.0, high: 2.0, scale: Scale::Linear },
    Range { name: NAMES[1], low: 0.02, high: 100.0, scale: Scale::Logarithmic },
    Range { name: NAMES[2], low: 0.0, high: 4.0, scale: Scale::Linear },
];

/// Whether a family supports trends. Popularity is the baseline of comparisons, and the parts of a blend have their own
/// trends.
pub(crate) fn supports_trends(name: ModelName) -> bool {
    !matches!(name, ModelName::Popular | ModelName::Blend)
}

/// Topics do not reflect the popularity of an item, so content-based scores give popularity more weight.
fn default_trend(name: ModelName) -> TrendParams {
    match name {
        ModelName::Content => TrendParams { popularity: 2.0, ..TrendParams::default() },
        _ => TrendParams::default(),
    }
}

/// Names and default values; empty if trends do not apply.
pub(crate) fn defaults(name: ModelName, data: &TrainingData) -> Vec<(&'static str, f64)> {
    let TrendParams { exponent, days, popularity } = default_trend(name);
    if supports_trends(name) && data.predicts_future() {
        NAMES.into_iter().zip([exponent, days, popularity]).collect()
    } else {
        Vec::new()
    }
}

/// The trend to fit; `None` if trends do not apply or have no effect.
///
/// # Errors
/// As [`TrendParams::check`].
pub(crate) fn trend_of(
    family: ModelName,
    params: &BTreeMap<String, f64>,
    data: &TrainingData,
) -> Result<Option<TrendParams>, ModelError> {
    let requested = NAMES.iter().any(|&name| params.contains_key(name));
    if !(supports_trends(family) && (requested || data.predicts_future())) {
        return Ok(None);
    }
    let default = default_trend(family);
    let value = |name: &str, default: f64| params.get(name).copied().unwrap_or(default);
    let trend = TrendParams {
        exponent: value(NAMES[0], default.exponent),
        days: value(NAMES[1], default.days),
        popularity: value(NAMES[2], default.popularity),
    };
    trend.check()?;
    Ok(trend.is_active().then_some(trend))
}
