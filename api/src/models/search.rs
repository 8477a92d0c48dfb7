//! The settings that were tried before training.

use serde_json::Value;

use super::signed;
use crate::pages::tongue::Tongue;

/// A setting tried.
pub(super) struct TrialView {
    pub(super) setting: String,
    pub(super) value: String,
    pub(super) ndcg: String,
    pub(super) gain: String,
    pub(super) taken: bool,
}

impl TrialView {
    /// All of the card's trials in order; none where nothing was tried.
    pub(super) fn all(search: &Value, l: Tongue) -> Vec<Self> {
        let trials = search["trials"].as_array().map(Vec::as_slice).unwrap_or_default();
        trials.iter().map(|trial| Self::of(trial, l)).collect()
    }

    fn of(trial: &Value, l: Tongue) -> Self {
        let number = |value: &Value| value.as_f64().unwrap_or_default();
        let gain = &trial["gain"];
        Self {
            setting: trial["setting"]
                .as_str()
                .map_or_else(|| l.say("原设置", "as configured").to_owned(), |name| named(name, l)),
            value: match &trial["value"] {
                Value::String(word) => word.clone(),
                Value::Null => String::new(),
                value => number(value).to_string(),
            },
            ndcg: format!("{:.4}", number(&trial["ndcg"])),
            gain: if gain.is_null() {
                String::new()
            } else {
                format!("{} ± {:.4}", signed(number(&gain[0]), 4), number(&gain[1]))
            },
            taken: trial["taken"] == true,
        }
    }
}

/// A setting's name in words; one that is not known keeps its own.
fn named(setting: &str, l: Tongue) -> String {
    let (zh, en) = match setting {
        "popularity_half_life_days.articles" => {
            ("文章热度减半的天数", "days until an article's popularity counts half")
        }
        "popularity_half_life_days.activities" => {
            ("活动热度减半的天数", "days until an activity's popularity counts half")
        }
        "neighbours" => ("每项内容的相似内容数", "neighbours of an item"),
        "neighbour_model" => ("相似度的算法", "measure of likeness"),
        "ials.unobserved_weight" => ("没看过的内容的权重", "weight of what was not touched"),
        "ials.regularisation" => ("向量的收缩", "shrinkage of the vectors"),
        "ials.factors" => ("向量的维数", "length of the vectors"),
        other => (other, other),
    };
    l.say(zh, en).to_owned()
}
