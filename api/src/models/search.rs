//! Formats the trials of the parameter search.

use serde_json::Value;

use super::format::{array, signed};
use crate::web::locale::Locale;

/// A trial, formatted.
pub(crate) struct TrialView {
    pub(crate) setting: String,
    pub(crate) value: String,
    pub(crate) ndcg: String,
    pub(crate) gain: String,
    pub(crate) taken: bool,
}

impl TrialView {
    /// All trials of the card in order.
    pub(crate) fn all(search: &Value, t: Locale) -> Vec<Self> {
        let trials = array(&search["trials"]);
        trials.iter().map(|trial| Self::of(trial, t)).collect()
    }

    fn of(trial: &Value, t: Locale) -> Self {
        let number = |value: &Value| value.as_f64().unwrap_or_default();
        let gain = &trial["gain"];
        Self {
            setting: trial["setting"]
                .as_str()
                .map_or_else(|| t.models_setting_configured().to_owned(), |name| setting_label(name, t)),
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

/// The label of a setting. Unknown settings keep their name.
fn setting_label(setting: &str, t: Locale) -> String {
    let label = match setting {
        "popularity_half_life_days.articles" => t.models_setting_article_half_life(),
        "popularity_half_life_days.activities" => t.models_setting_activity_half_life(),
        "neighbours" => t.models_setting_neighbours(),
        "neighbour_model" => t.models_setting_similarity(),
        "ials.unobserved_weight" => t.models_setting_unobserved_weight(),
        "ials.regularisation" => t.models_setting_regularisation(),
        "ials.factors" => t.models_setting_factors(),
        other => other,
    };
    label.to_owned()
}
