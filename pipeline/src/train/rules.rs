//! Simple rules: rankers of one feature with a calibration line. A model must not lose to any of them.

use zhihui_data::snapshot::{ItemGroup, RankerWeights, Side};
use zhihui_engine::FEATURES;
use zhihui_models::ranking::logistic::Ranker;

use super::rankers::Fitted;

/// Activity of a member, activity on the topics of the item, and similarity to the items of the member.
const RULES: [&str; 3] = ["activity", "topic_actions", "neighbours"];

/// Returns the features that are rules for a group of items.
pub(super) fn of_group(group: ItemGroup) -> Vec<&'static str> {
    let is_feature = |name: &&str| FEATURES.contains(name);
    let own_actions = match group {
        ItemGroup::Articles => "reads",
        ItemGroup::Activities => "sign_ups",
    };
    let rules = RULES.into_iter().map(|name| if name == "activity" && !is_feature(&name) { own_actions } else { name });
    rules.filter(is_feature).collect()
}

/// Returns whether a rule can order a side. A feature of the member alone cannot order a list.
pub(super) fn orders(rule: &str, side: Side) -> bool {
    side == Side::Audiences || !matches!(rule, "activity" | "reads" | "sign_ups")
}

/// Returns the rule as an uncalibrated ranker: a higher feature means a higher probability, centred on the base rate.
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

/// Returns the same ranker with its one feature only.
pub(super) fn with_one_feature(weights: RankerWeights, rule: &str) -> RankerWeights {
    let Some(at) = weights.features.iter().position(|name| name == rule) else { return weights };
    RankerWeights {
        features: vec![rule.to_owned()],
        weights: vec![weights.weights[at]],
        means: vec![weights.means[at]],
        scales: vec![weights.scales[at]],
        ..weights
    }
}

/// Returns the rule of a ranker, or `None` for a ranker of several features.
pub(super) fn rule_of(weights: &RankerWeights) -> Option<&str> {
    match weights.features.as_slice() {
        [rule] => Some(rule),
        _ => None,
    }
}
