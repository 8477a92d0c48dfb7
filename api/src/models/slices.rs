//! Formats the comparison with popularity: all metrics, and NDCG by group of members.

use serde_json::Value;

use super::format::{array, signed};
use crate::web::locale::Locale;
use crate::web::numbers::grouped;

/// The metrics of a ranking.
pub(crate) struct RankingView {
    pub(crate) name: String,
    /// Recall, NDCG, hit rate, MRR, MAP.
    pub(crate) metrics: Vec<String>,
}

/// NDCG of one group of members.
pub(crate) struct SliceView {
    /// What the members are grouped by; empty if it is the same as in the row above.
    pub(crate) by: &'static str,
    pub(crate) key: String,
    pub(crate) members: String,
    pub(crate) personal: String,
    pub(crate) popular: String,
    pub(crate) gain: String,
    /// Whether the interval is above zero or below it; `None` if it contains zero.
    pub(crate) verdict: Option<bool>,
}

/// The metrics in display order.
const METRICS: [&str; 5] = ["recall", "ndcg", "hit_rate", "mrr", "map"];

impl RankingView {
    pub(crate) fn all(comparison: &Value, t: Locale) -> Vec<Self> {
        let view = |ranking: &Value| Self {
            name: ranking_name(ranking["ranking"].as_str().unwrap_or_default(), t).to_owned(),
            metrics: METRICS.iter().map(|&metric| number(&ranking[metric])).collect(),
        };
        array(&comparison["rankings"]).iter().map(view).collect()
    }
}

impl SliceView {
    pub(crate) fn all(comparison: &Value, t: Locale) -> Vec<Self> {
        let baseline = comparison["baseline"].as_str().unwrap_or("popular");
        let mut last = String::new();
        let view = |slice: &Value| {
            let by = slice["by"].as_str()?;
            let (low, high) = (slice["interval"][0].as_f64()?, slice["interval"][1].as_f64()?);
            let is_first = std::mem::replace(&mut last, by.to_owned()) != by;
            Some(Self {
                by: if is_first { by_name(by, t) } else { "" },
                key: key_name(by, slice["key"].as_str()?, t),
                members: grouped(slice["members"].as_f64()?, 0),
                personal: number(&slice["personal"]),
                popular: number(&slice[baseline]),
                gain: format!("{} – {}", signed(low, 3), signed(high, 3)),
                verdict: if low > 0.0 { Some(true) } else { (high < 0.0).then_some(false) },
            })
        };
        array(&comparison["slices"]).iter().filter_map(view).collect()
    }
}

fn number(value: &Value) -> String {
    value.as_f64().map(|number| format!("{number:.3}")).unwrap_or_default()
}

fn ranking_name(name: &str, t: Locale) -> &str {
    match name {
        "personal" => t.models_personal(),
        "popular" => t.models_method_popularity(),
        "popular_in_age_band" => t.models_method_band_popularity(),
        other => other,
    }
}

fn by_name(by: &str, t: Locale) -> &'static str {
    match by {
        "age_band" => t.common_age_band(),
        "union_size" => t.models_members_of_the_union(),
        "history" => t.models_by_history(),
        _ => t.models_by_chosen_items(),
    }
}

pub(crate) fn key_name(by: &str, key: &str, t: Locale) -> String {
    match (by, key) {
        (_, "unknown") => t.labels_unknown().to_owned(),
        ("history", "0") => t.models_none_new_members().to_owned(),
        ("history", _) => t.models_times(key),
        ("union_size", _) => t.models_people(key),
        ("taken", "articles") => t.models_articles_inline().to_owned(),
        ("taken", "activities") => t.models_activity_items_inline().to_owned(),
        ("taken", "new_items") => t.models_new_items().to_owned(),
        ("taken", "known_items") => t.models_known_items().to_owned(),
        _ => key.to_owned(),
    }
}
