//! What serves lists and audiences, of articles and of activities, and how it was judged beside the simple rules.

use serde_json::Value;

use super::signed;
use crate::pages::report::grouped;
use crate::pages::tongue::Tongue;

/// One side of one group of items.
pub(super) struct SideView {
    pub(super) label: &'static str,
    /// Whether the model trained now passed; `None` where there was too little to judge by.
    pub(super) verdict: Option<bool>,
    pub(super) why: String,
    /// What was judged, in a sentence.
    pub(super) basis: String,
    pub(super) metric: &'static str,
    /// Whether the rows have values at two sizes of a list.
    pub(super) has_sizes: bool,
    pub(super) rows: Vec<MethodView>,
}

/// One method.
pub(super) struct MethodView {
    pub(super) name: String,
    pub(super) serves: bool,
    pub(super) value: String,
    /// At the sizes of [`SIZES`].
    pub(super) at: Vec<String>,
    /// What the personal model gains on it; empty for the model itself.
    pub(super) gain: String,
    /// Whether the interval lies above zero, below it, or holds it.
    pub(super) verdict: Option<bool>,
}

/// Sizes of an audience, as the card names them.
const SIZES: [&str; 2] = ["1%", "5%"];

impl SideView {
    pub(super) fn all(card: &Value, l: Tongue) -> Vec<Self> {
        card["sides"].as_array().map(Vec::as_slice).unwrap_or_default().iter().map(|side| Self::of(side, l)).collect()
    }

    fn of(side: &Value, l: Tongue) -> Self {
        let is_list = side["side"] == "lists";
        let enough = side["enough"].as_bool().unwrap_or(false);
        Self {
            label: match (is_list, side["group"] == "articles") {
                (true, true) => l.say("给会员列文章", "Articles for a member"),
                (true, false) => l.say("给会员列活动", "Activities for a member"),
                (false, true) => l.say("给文章选会员", "Members for an article"),
                (false, false) => l.say("给活动选会员", "Members for an activity"),
            },
            verdict: enough.then(|| side["accepted"].as_bool().unwrap_or(false)),
            why: side["why"][l.say("zh", "en")].as_str().unwrap_or_default().to_owned(),
            basis: basis(side, is_list, l),
            metric: if is_list { "NDCG" } else { l.say("两项平均", "Mean") },
            has_sizes: !is_list,
            rows: rows(side, is_list, l),
        }
    }
}

fn basis(side: &Value, is_list: bool, l: Tongue) -> String {
    let count = |name: &str| side[name].as_f64().map(|count| grouped(count, 0)).unwrap_or_default();
    let (judged, members, responses) = (count("judged"), count("members"), count("responses"));
    match (l.tag() == "en", is_list) {
        (true, true) => format!("{judged} lists of {members} members, who took {responses} items."),
        (true, false) => format!("{judged} audiences; {members} members with {responses} responses."),
        (false, true) => format!("{members} 位会员的 {judged} 份列表,共选了 {responses} 次。"),
        (false, false) => format!("{judged} 份受众,{members} 位会员共响应 {responses} 次。"),
    }
}

fn rows(side: &Value, is_list: bool, l: Tongue) -> Vec<MethodView> {
    let serves = side["serves"].as_str().unwrap_or_default();
    let row = |name: &str, of: &Value, gain: &Value| {
        let (low, high) = (gain[0].as_f64(), gain[1].as_f64());
        let between = low.zip(high);
        // Where popularity serves, it is that of the age band.
        let is_serving = serves == name || (serves == "popular" && name == "popular_in_age_band");
        MethodView {
            name: name_of(name, l).to_owned(),
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
    let rules = side["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
    let name = |rule: &Value| rule["rule"].as_str().unwrap_or_default().to_owned();
    rows.extend(rules.iter().map(|rule| row(&name(rule), rule, &rule["interval"])));
    rows
}

/// NDCG with three decimals, shares of those who responded in percent.
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

/// A method in words.
fn name_of(name: &str, l: Tongue) -> &str {
    match name {
        "blend" => l.say("个性化", "Personal"),
        "incumbent" => l.say("上一个个性化模型", "The personal model before"),
        "popular" => l.say("按热度", "Popularity"),
        "popular_in_age_band" => l.say("按同年龄段热度", "Popularity in the age band"),
        "chance" => l.say("随机", "Chance"),
        "activity" | "reads" | "sign_ups" => l.say("近期活跃程度", "Recent activity"),
        "topic_actions" => l.say("相关主题的活跃程度", "Activity on the item's topics"),
        "neighbours" => l.say("相似内容(item-kNN)", "Likeness to earlier choices (item-kNN)"),
        other => other,
    }
}
