//! The personal model beside popularity: all metrics, and who it serves better or worse.

use serde_json::Value;

use super::signed;
use crate::pages::report::grouped;
use crate::pages::tongue::Tongue;

/// The metrics of one ranking.
pub(super) struct RankingView {
    pub(super) name: String,
    /// Recall, NDCG, hit rate, MRR, MAP.
    pub(super) metrics: Vec<String>,
}

/// NDCG of one part of the members.
pub(super) struct SliceView {
    /// What the members are divided by; empty where it is that of the row above.
    pub(super) by: &'static str,
    pub(super) key: String,
    pub(super) members: String,
    pub(super) personal: String,
    pub(super) popular: String,
    pub(super) gain: String,
    /// Whether the interval lies above zero, below it, or holds it.
    pub(super) verdict: Option<bool>,
}

/// Metrics shown, in their order.
const METRICS: [&str; 5] = ["recall", "ndcg", "hit_rate", "mrr", "map"];

impl RankingView {
    pub(super) fn all(comparison: &Value, l: Tongue) -> Vec<Self> {
        let view = |ranking: &Value| Self {
            name: ranking_name(ranking["ranking"].as_str().unwrap_or_default(), l).to_owned(),
            metrics: METRICS.iter().map(|&metric| number(&ranking[metric])).collect(),
        };
        array(&comparison["rankings"]).iter().map(view).collect()
    }
}

impl SliceView {
    pub(super) fn all(comparison: &Value, l: Tongue) -> Vec<Self> {
        let baseline = comparison["baseline"].as_str().unwrap_or("popular");
        let mut last = String::new();
        let view = |slice: &Value| {
            let by = slice["by"].as_str()?;
            let (low, high) = (slice["interval"][0].as_f64()?, slice["interval"][1].as_f64()?);
            let is_first = std::mem::replace(&mut last, by.to_owned()) != by;
            Some(Self {
                by: if is_first { by_name(by, l) } else { "" },
                key: key_name(by, slice["key"].as_str()?, l),
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

fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn number(value: &Value) -> String {
    value.as_f64().map(|number| format!("{number:.3}")).unwrap_or_default()
}

fn ranking_name(name: &str, l: Tongue) -> &str {
    match name {
        "personal" => l.say("个性化", "Personal"),
        "popular" => l.say("按热度", "Popularity"),
        "popular_in_age_band" => l.say("按同年龄段热度", "Popularity in the age band"),
        other => other,
    }
}

fn by_name(by: &str, l: Tongue) -> &'static str {
    match by {
        "age_band" => l.say("年龄段", "Age band"),
        "union_size" => l.say("所在工会人数", "Members of the union"),
        "history" => l.say("此前的阅读和报名", "Reads and sign-ups before"),
        _ => l.say("看中的是", "What they took"),
    }
}

pub(super) fn key_name(by: &str, key: &str, l: Tongue) -> String {
    match (by, key) {
        (_, "unknown") => l.say("未知", "unknown").to_owned(),
        ("history", "0") => l.say("没有(新会员)", "none (new members)").to_owned(),
        ("history", _) => format!("{key} {}", l.say("次", "")).trim_end().to_owned(),
        ("union_size", _) => format!("{key} {}", l.say("人", "")).trim_end().to_owned(),
        ("taken", "articles") => l.say("文章", "articles").to_owned(),
        ("taken", "activities") => l.say("活动、服务、优惠、场地", "activities, services, offers, venues").to_owned(),
        ("taken", "new_items") => l.say("此前没人碰过的内容", "items nobody had touched").to_owned(),
        ("taken", "known_items") => l.say("已有人看过、报过的内容", "items touched before").to_owned(),
        _ => key.to_owned(),
    }
}
