//! The rankers: whether their probabilities come true, and what they look at.

use serde_json::Value;
use zhihui_data::snapshot::{ItemGroup, Sides};
use zhihui_engine::insight::{ModelInsight, RankerInsight};

use super::{percent, signed};
use crate::pages::report::grouped;
use crate::pages::tongue::Tongue;
use crate::pages::words;

/// Features told of for each ranker.
const FEATURES: usize = 12;
/// Weights below this share of the heaviest are not told.
const LEAST_SHARE: f32 = 0.02;

/// One ranker.
pub(super) struct RankerView {
    pub(super) label: String,
    pub(super) calibrated: bool,
    /// What the calibration was found on, in a sentence; empty where the card does not say.
    pub(super) basis: String,
    /// Brier score beside that of the base rate, in a sentence; empty where there is none.
    pub(super) brier: String,
    pub(super) bins: Vec<BinView>,
    pub(super) rows: Vec<FeatureView>,
}

/// One row of the reliability table.
pub(super) struct BinView {
    pub(super) range: String,
    pub(super) examples: String,
    pub(super) predicted: String,
    pub(super) observed: String,
    /// Percent of the picture's width.
    pub(super) predicted_at: String,
    pub(super) observed_at: String,
}

/// One feature's weight.
pub(super) struct FeatureView {
    pub(super) name: String,
    pub(super) for_it: bool,
    pub(super) weight: String,
    pub(super) length: String,
}

impl RankerView {
    /// Those that serve, beside what the card says of them.
    pub(super) fn all(model: &ModelInsight, card: &Value, l: Tongue) -> Vec<Self> {
        model.rankers.iter().map(|ranker| Self::of(ranker, card, l)).collect()
    }

    fn of(ranker: &RankerInsight, card: &Value, l: Tongue) -> Self {
        let (label, name) = match ranker.group {
            ItemGroup::Articles => (l.say("文章:会不会读", "Articles: read or not"), "articles"),
            ItemGroup::Activities => (
                l.say("活动、服务、优惠、场地:会不会报名", "Activities, services, offers, venues: sign-up or not"),
                "activities",
            ),
        };
        let report = report(ranker, name, card);
        let label = match ranker.sides {
            Sides::Both => label.to_owned(),
            Sides::Lists => format!("{label} {}", l.say("(列表)", "(lists)")),
            Sides::Audiences => format!("{label} {}", l.say("(受众)", "(audiences)")),
        };
        Self {
            label,
            calibrated: ranker.calibrated,
            basis: basis(report, l),
            brier: brier(report, l),
            bins: bins(report),
            rows: features(ranker, l),
        }
    }
}

/// What the card says of a ranker; null where an earlier model serves on, since the card judges the later one.
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

fn basis(report: &Value, l: Tongue) -> String {
    let (Some(exposures), Some(responses)) = (report["exposures"].as_f64(), report["responses"].as_f64()) else {
        return String::new();
    };
    let (exposures, responses) = (grouped(exposures, 0), grouped(responses, 0));
    if l.tag() == "en" {
        format!("The later window knows {exposures} exposures and {responses} responses.")
    } else {
        format!("检验期有 {exposures} 次展示或推送,{responses} 次响应。")
    }
}

fn brier(report: &Value, l: Tongue) -> String {
    let (Some(brier), Some(base)) = (report["brier"].as_f64(), report["brier_of_base_rate"].as_f64()) else {
        return String::new();
    };
    let better = if base > 0.0 { 1.0 - brier / base } else { 0.0 };
    // Nobody reads a minus before nothing.
    let better = percent(if better.abs() < 5e-4 { 0.0 } else { better }, 1).replace('-', "−");
    let error = report["calibration_error"].as_f64().map(|error| percent(error, 2)).unwrap_or_default();
    if l.tag() == "en" {
        format!(
            "Brier score {brier:.4}, against {base:.4} of one probability for everybody: {better} better. Predicted and observed lie {error} apart on average."
        )
    } else {
        format!("Brier 分 {brier:.4},人人给同一个概率时是 {base:.4},好 {better}。预计和实际平均相差 {error}。")
    }
}

fn bins(report: &Value) -> Vec<BinView> {
    let bins = report["reliability"].as_array().map(Vec::as_slice).unwrap_or_default();
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

fn features(ranker: &RankerInsight, l: Tongue) -> Vec<FeatureView> {
    let most = ranker.weights.iter().map(|(_, weight)| weight.abs()).fold(0.0_f32, f32::max).max(f32::EPSILON);
    let told = ranker.weights.iter().filter(|(_, weight)| weight.abs() >= LEAST_SHARE * most).take(FEATURES);
    let row = |(name, weight): &(String, f32)| FeatureView {
        name: words::feature(name, l).to_owned(),
        for_it: *weight >= 0.0,
        weight: signed(f64::from(*weight), 2),
        length: format!("{:.2}", 100.0 * weight.abs() / most),
    };
    told.map(row).collect()
}
