//! Formats the gate results: for lists and audiences of articles and activities, the serving method and its comparison with
//! simple rules.

use serde_json::Value;

use super::format::{array, signed};
use crate::web::locale::Locale;
use crate::web::numbers::grouped;

/// The gate result of lists or audiences for one group of items.
pub(crate) struct SideView {
    pub(crate) label: &'static str,
    /// Whether the new model passed; `None` if there were too few data.
    pub(crate) verdict: Option<bool>,
    pub(crate) why: String,
    /// The amount of data.
    pub(crate) basis: String,
    pub(crate) metric: &'static str,
    /// Whether the rows have values at [`SIZES`].
    pub(crate) has_sizes: bool,
    pub(crate) rows: Vec<MethodView>,
}

/// A method, formatted.
pub(crate) struct MethodView {
    pub(crate) name: String,
    pub(crate) serves: bool,
    pub(crate) value: String,
    /// Values at [`SIZES`].
    pub(crate) at: Vec<String>,
    /// Gain of the personal model over this method; empty for the model itself.
    pub(crate) gain: String,
    /// Whether the interval is above zero or below it; `None` if it contains zero.
    pub(crate) verdict: Option<bool>,
}

/// Sizes of an audience in the card.
const SIZES: [&str; 2] = ["1%", "5%"];

impl SideView {
    pub(crate) fn all(card: &Value, t: Locale) -> Vec<Self> {
        array(&card["sides"]).iter().map(|side| Self::of(side, t)).collect()
    }

    fn of(side: &Value, t: Locale) -> Self {
        let is_list = side["side"] == "lists";
        let enough = side["enough"].as_bool().unwrap_or(false);
        Self {
            label: match (is_list, side["group"] == "articles") {
                (true, true) => t.models_articles_for_a_member(),
                (true, false) => t.models_activities_for_a_member(),
                (false, true) => t.models_members_for_an_article(),
                (false, false) => t.models_members_for_an_activity(),
            },
            verdict: enough.then(|| side["accepted"].as_bool().unwrap_or(false)),
            why: side["why"][t.code()].as_str().unwrap_or_default().to_owned(),
            basis: basis(side, is_list, t),
            metric: if is_list { "NDCG" } else { t.models_mean() },
            has_sizes: !is_list,
            rows: rows(side, is_list, t),
        }
    }
}

fn basis(side: &Value, is_list: bool, t: Locale) -> String {
    let count = |name: &str| side[name].as_f64().map(|count| grouped(count, 0)).unwrap_or_default();
    let (judged, members, responses) = (count("judged"), count("members"), count("responses"));
    if is_list {
        t.models_lists_judged(judged, members, responses)
    } else {
        t.models_audiences_judged(judged, members, responses)
    }
}

fn rows(side: &Value, is_list: bool, t: Locale) -> Vec<MethodView> {
    let serves = side["serves"].as_str().unwrap_or_default();
    let row = |name: &str, of: &Value, gain: &Value| {
        let (low, high) = (gain[0].as_f64(), gain[1].as_f64());
        let between = low.zip(high);
        // Popularity always serves by age band.
        let is_serving = serves == name || (serves == "popular" && name == "popular_in_age_band");
        MethodView {
            name: name_of(name, t).to_owned(),
            serves: is_serving,
            value: number(&of["value"], is_list),
            at: if is_list { Vec::new() } else { SIZES.map(|size| number(&of["at"][size], false)).to_vec() },
            gain: between.map(|(low, high)| gained(low, high, is_list)).unwrap_or_default(),
            verdict: between.and_then(|(low, high)| if low > 0.0 { Some(true) } else { (high < 0.0).then_some(false) }),
        }
    };
    let mut rows = Vec::new();
    if side["value"].is_number() {
        rows.push(row("blend", side, &Value::Null));
    }
    if side["incumbent"]["value"].is_number() {
        rows.push(row("incumbent", &side["incumbent"], &Value::Null));
    }
    let rules = array(&side["rules"]);
    let name = |rule: &Value| rule["rule"].as_str().unwrap_or_default().to_owned();
    rows.extend(rules.iter().map(|rule| row(&name(rule), rule, &rule["interval"])));
    rows
}

/// NDCG with three decimals, shares of responders in percent.
fn number(value: &Value, is_list: bool) -> String {
    let text = |value: f64| if is_list { format!("{value:.3}") } else { format!("{:.1}%", 100.0 * value) };
    value.as_f64().map(text).unwrap_or_default()
}

fn gained(low: f64, high: f64, is_list: bool) -> String {
    if is_list {
        format!("{} – {}", signed(low, 3), signed(high, 3))
    } else {
        format!("{} – {}", signed(100.0 * low, 1), signed(100.0 * high, 1))
    }
}

/// The name of a method.
fn name_of(name: &str, t: Locale) -> &str {
    match name {
        "blend" => t.models_personal(),
        "incumbent" => t.models_method_incumbent(),
        "popular" => t.models_method_popularity(),
        "popular_in_age_band" => t.models_method_band_popularity(),
        "chance" => t.models_chance(),
        "activity" | "reads" | "sign_ups" => t.models_method_activity(),
        "topic_actions" => t.models_method_topic_activity(),
        "neighbours" => t.models_method_item_knn(),
        other => other,
    }
}
