//! Formats the rankers: calibration and feature weights.

use serde_json::Value;
use zhihui_data::snapshot::{ItemGroup, Sides};
use zhihui_engine::insight::{ModelInsight, RankerInsight};

use super::format::{array, percent, signed};
use super::labels as models_labels;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;

/// Maximum number of features shown for each ranker.
const MAX_FEATURES: usize = 12;
/// Weights below this share of the largest are not shown.
const MIN_WEIGHT_SHARE: f32 = 0.02;

/// A ranker, formatted.
pub(crate) struct RankerView {
    pub(crate) label: String,
    pub(crate) calibrated: bool,
    /// The data of the calibration; empty if unknown.
    pub(crate) basis: String,
    /// Brier score compared with the base rate; empty if unknown.
    pub(crate) brier: String,
    pub(crate) bins: Vec<BinView>,
    pub(crate) rows: Vec<FeatureView>,
}

/// A row of the reliability table.
pub(crate) struct BinView {
    pub(crate) range: String,
    pub(crate) examples: String,
    pub(crate) predicted: String,
    pub(crate) observed: String,
    /// Percentage of the picture's width.
    pub(crate) predicted_at: String,
    pub(crate) observed_at: String,
}

/// The weight of a feature.
pub(crate) struct FeatureView {
    pub(crate) name: String,
    pub(crate) for_it: bool,
    pub(crate) weight: String,
    pub(crate) length: String,
}

impl RankerView {
    /// The rankers in service, with their evaluation from the card.
    pub(crate) fn all(model: &ModelInsight, card: &Value, t: Locale) -> Vec<Self> {
        model.rankers.iter().map(|ranker| Self::of(ranker, card, t)).collect()
    }

    fn of(ranker: &RankerInsight, card: &Value, t: Locale) -> Self {
        let (label, name) = match ranker.group {
            ItemGroup::Articles => (t.models_ranker_articles(), "articles"),
            ItemGroup::Activities => (t.models_ranker_activities(), "activities"),
        };
        let report = report(ranker, name, card);
        let label = match ranker.sides {
            Sides::Both => label.to_owned(),
            Sides::Lists => t.models_for_lists(label),
            Sides::Audiences => t.models_for_audiences(label),
        };
        Self {
            label,
            calibrated: ranker.calibrated,
            basis: basis(report, t),
            brier: brier(report, t),
            bins: bins(report),
            rows: features(ranker, t),
        }
    }
}

/// The evaluation of a ranker in the card. Null if an earlier model is in service, because the card evaluates the latest.
fn report<'a>(ranker: &RankerInsight, group: &str, card: &'a Value) -> &'a Value {
    if let [(rule, _)] = ranker.weights.as_slice()
        && card["rules"][group][rule].is_object()
    {
        return &card["rules"][group][rule];
    }
    let sides = card["sides"].as_array();
    let serves = |side: &Value| side["group"] == group && side["serves"] == "blend";
    let is_judged = sides.map_or(card["gate"]["accepted"] == true, |sides| sides.iter().any(serves));
    if is_judged { &card["rankers"][group] } else { &Value::Null }
}

fn basis(report: &Value, t: Locale) -> String {
    let (Some(exposures), Some(responses)) = (report["exposures"].as_f64(), report["responses"].as_f64()) else {
        return String::new();
    };
    let (exposures, responses) = (grouped(exposures, 0), grouped(responses, 0));
    t.models_exposures_and_responses(exposures, responses)
}

fn brier(report: &Value, t: Locale) -> String {
    let (Some(brier), Some(base)) = (report["brier"].as_f64(), report["brier_of_base_rate"].as_f64()) else {
        return String::new();
    };
    let better = if base > 0.0 { 1.0 - brier / base } else { 0.0 };
    // No sign for zero.
    let better = percent(if better.abs() < 5e-4 { 0.0 } else { better }, 1).replace('-', "−");
    let error = report["calibration_error"].as_f64().map(|error| percent(error, 2)).unwrap_or_default();
    t.models_brier(format!("{base:.4}"), better, format!("{brier:.4}"), error)
}

fn bins(report: &Value) -> Vec<BinView> {
    let bins = array(&report["reliability"]);
    let share = |bin: &Value, name: &str| bin[name].as_f64().unwrap_or(0.0);
    let most = bins.iter().flat_map(|bin| [share(bin, "predicted"), share(bin, "observed")]).fold(1e-9, f64::max);
    let decimals = if most < 0.1 { 2 } else { 1 };
    let view = |bin: &Value| BinView {
        range: format!("{} – {}", percent(share(bin, "low"), decimals), percent(share(bin, "high"), decimals)),
        examples: grouped(share(bin, "examples"), 0),
        predicted: percent(share(bin, "predicted"), decimals),
        observed: percent(share(bin, "observed"), decimals),
        predicted_at: format!("{:.2}", 100.0 * share(bin, "predicted") / most),
        observed_at: format!("{:.2}", 100.0 * share(bin, "observed") / most),
    };
    bins.iter().map(view).collect()
}

fn features(ranker: &RankerInsight, t: Locale) -> Vec<FeatureView> {
    let most = ranker.weights.iter().map(|(_, weight)| weight.abs()).fold(0.0_f32, f32::max).max(f32::EPSILON);
    let shown = ranker.weights.iter().filter(|(_, weight)| weight.abs() >= MIN_WEIGHT_SHARE * most).take(MAX_FEATURES);
    let row = |(name, weight): &(String, f32)| FeatureView {
        name: models_labels::feature(name, t).to_owned(),
        for_it: *weight >= 0.0,
        weight: signed(f64::from(*weight), 2),
        length: format!("{:.2}", 100.0 * weight.abs() / most),
    };
    shown.map(row).collect()
}
