//! Formats the evaluation of audiences on past dates against simple rules.

use serde_json::Value;

use super::format::{array, percent};
use crate::web::locale::Locale;
use crate::web::numbers::grouped;

/// Audiences of one size for a group of items.
pub(crate) struct AudienceView {
    /// The group of items; empty if it is the same as in the row above.
    pub(crate) part: String,
    pub(crate) size: String,
    /// Share of responders in the audience.
    pub(crate) recall: String,
    pub(crate) chance: String,
    /// The best simple rule and its recall.
    pub(crate) best: String,
    /// Recall divided by that of the best rule, with its interval.
    pub(crate) lift: String,
    /// Whether the interval is above one or below it; `None` if it contains one.
    pub(crate) verdict: Option<bool>,
    /// Expected and actual responses.
    pub(crate) responses: String,
}

impl AudienceView {
    /// All groups of the card.
    pub(crate) fn all(audiences: &Value, t: Locale) -> Vec<Self> {
        let parts = array(&audiences["parts"]).iter().filter(|part| part["members"] == "all");
        let rows = parts.flat_map(|part| {
            let name = part_name(part, t);
            let view = move |(at, size): (usize, &Value)| Self::of(if at == 0 { &name } else { "" }, size, t);
            array(&part["sizes"]).iter().enumerate().filter_map(view).collect::<Vec<Self>>()
        });
        rows.collect()
    }

    fn of(part: &str, size: &Value, t: Locale) -> Option<Self> {
        let rules = array(&size["rules"]);
        let rule = |name: &str| rules.iter().find(|rule| rule["rule"] == name);
        let best = rule(size["best_rule"].as_str()?)?;
        let bounds = [best["interval"][0].as_f64(), best["interval"][1].as_f64()];
        let bound = |bound: Option<f64>| bound.map_or_else(|| "–".to_owned(), |bound| format!("{bound:.2}"));
        let count = |value: &Value| value.as_f64().map_or_else(|| "–".to_owned(), |number| grouped(number, 0));
        Some(Self {
            part: part.to_owned(),
            size: size["size"].as_str()?.to_owned(),
            recall: percent(size["recall"].as_f64()?, 1),
            chance: percent(rule("chance")?["recall"].as_f64()?, 1),
            best: format!("{} {}", rule_name(best["rule"].as_str()?, t), percent(best["recall"].as_f64()?, 1)),
            lift: format!("{} ({} – {})", bound(best["lift"].as_f64()), bound(bounds[0]), bound(bounds[1])),
            verdict: match bounds {
                [Some(low), _] if low > 1.0 => Some(true),
                [_, Some(high)] if high < 1.0 => Some(false),
                _ => None,
            },
            responses: format!("{} / {}", count(&size["expected"]), count(&size["actual"])),
        })
    }
}

fn part_name(part: &Value, t: Locale) -> String {
    let items = match part["items"].as_str() {
        Some("articles") => t.models_articles_inline(),
        _ => t.models_activity_items_inline(),
    };
    match part["history"].as_str() {
        Some("warm") => t.models_with_responses_before(items),
        Some("cold") => t.models_without_responses_before(items),
        _ => items.to_owned(),
    }
}

fn rule_name(rule: &str, t: Locale) -> &'static str {
    match rule {
        "active_lately" => t.models_rule_active(),
        "topic_activity" => t.models_rule_topic_activity(),
        "item_knn" => t.models_rule_item_knn(),
        "segment_popularity" => t.models_rule_band_popularity(),
        _ => t.models_rule_chance(),
    }
}
