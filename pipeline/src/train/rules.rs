//! Simple rules: one feature with its own calibration line, beside which a model has to show what it adds.

use zhihui_data::snapshot::{ItemGroup, RankerWeights, Side};
use zhihui_engine::FEATURES;
use zhihui_models::ranking::logistic::Ranker;

use super::rankers::Fitted;

/// How active a member was of late, the same on the item's topics, and items that were taken together.
const RULES: [&str; 3] = ["activity", "topic_actions", "neighbours"];

/// The features that are rules for a group of items.
pub(super) fn of_group(group: ItemGroup) -> Vec<&'static str> {
    let known = |name: &&str| FEATURES.contains(name);
    let own_actions = match group {
        ItemGroup::Articles => "reads",
        ItemGroup::Activities => "sign_ups",
    };
    let rules = RULES.into_iter().map(|name| if name == "activity" && !known(&name) { own_actions } else { name });
    rules.filter(known).collect()
}

/// Whether a rule says anything on a side: what is about the member alone orders no list.
pub(super) fn orders(rule: &str, side: Side) -> bool {
    side == Side::Audiences || !matches!(rule, "activity" | "reads" | "sign_ups")
}

/// The rule as a ranker that is not calibrated yet: the more of the feature, the likelier, about the base rate.
pub(super) fn fitted(of_all: &Fitted, rule: &str) -> Fitted {
    let mut weights = vec![0.0; FEATURES.len()];
    for (weight, name) in weights.iter_mut().zip(FEATURES) {
        *weight = f32::from(u8::from(name == rule));
    }
    let share = of_all.base_rate.clamp(1e-6, 1.0 - 1e-6);
    let bias = (share / (1.0 - share)).ln() as f32;
    let (means, scales) = (of_all.ranker.means.clone(), of_all.ranker.scales.clone());
    let ranker = Ranker { weights, bias, means, scales };
    let Fitted { group, examples, on_exposures, base_rate, .. } = *of_all;
    Fitted { group, ranker, examples, on_exposures, base_rate }
}

/// The same ranker, naming its one feature alone.
pub(super) fn alone(weights: RankerWeights, rule: &str) -> RankerWeights {
    let Some(at) = weights.features.iter().position(|name| name == rule) else { return weights };
    RankerWeights {
        features: vec![rule.to_owned()],
        weights: vec![weights.weights[at]],
        means: vec![weights.means[at]],
        scales: vec![weights.scales[at]],
        ..weights
    }
}

/// The rule behind a ranker, `None` for a ranker of several features.
pub(super) fn behind(weights: &RankerWeights) -> Option<&str> {
    match weights.features.as_slice() {
        [rule] => Some(rule),
        _ => None,
    }
}
