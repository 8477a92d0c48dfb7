//! The lists of past dates beside simple rules.

use serde_json::Value;

use super::percent;
use crate::pages::report::grouped;
use crate::pages::tongue::Tongue;

/// The lists of one length for a part of the items.
pub(super) struct AudienceView {
    /// What the lists are for; empty where it is that of the row above.
    pub(super) part: String,
    pub(super) size: String,
    /// Share of those who came that our lists hold.
    pub(super) recall: String,
    pub(super) chance: String,
    /// The best simple rule and its share.
    pub(super) best: String,
    /// Our share over that of the best rule, with its interval.
    pub(super) lift: String,
    /// Whether the interval lies above one, below it, or holds it.
    pub(super) verdict: Option<bool>,
    /// Expected and actual responses.
    pub(super) responses: String,
}

impl AudienceView {
    /// Every part that the card tells of.
    pub(super) fn all(audiences: &Value, l: Tongue) -> Vec<Self> {
        let parts = array(&audiences["parts"]).iter().filter(|part| part["members"] == "all");
        let rows = parts.flat_map(|part| {
            let name = part_name(part, l);
            let view = move |(at, size): (usize, &Value)| Self::of(if at == 0 { &name } else { "" }, size, l);
            array(&part["sizes"]).iter().enumerate().filter_map(view).collect::<Vec<Self>>()
        });
        rows.collect()
    }

    fn of(part: &str, size: &Value, l: Tongue) -> Option<Self> {
        let rules = array(&size["rules"]);
        let rule = |name: &str| rules.iter().find(|rule| rule["rule"] == name);
        let best = rule(size["best_rule"].as_str()?)?;
        let bounds = [best["interval"][0].as_f64(), best["interval"][1].as_f64()];
        let bound = |bound: Option<f64>| bound.map_or_else(|| "–".to_owned(), |bound| format!("{bound:.2}"));
        let counted = |value: &Value| value.as_f64().map_or_else(|| "–".to_owned(), |number| grouped(number, 0));
        Some(Self {
            part: part.to_owned(),
            size: size["size"].as_str()?.to_owned(),
            recall: percent(size["recall"].as_f64()?, 1),
            chance: percent(rule("chance")?["recall"].as_f64()?, 1),
            best: format!("{} {}", rule_name(best["rule"].as_str()?, l), percent(best["recall"].as_f64()?, 1)),
            lift: format!("{} ({} – {})", bound(best["lift"].as_f64()), bound(bounds[0]), bound(bounds[1])),
            verdict: match bounds {
                [Some(low), _] if low > 1.0 => Some(true),
                [_, Some(high)] if high < 1.0 => Some(false),
                _ => None,
            },
            responses: format!("{} / {}", counted(&size["expected"]), counted(&size["actual"])),
        })
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn part_name(part: &Value, l: Tongue) -> String {
    let items = match part["items"].as_str() {
        Some("articles") => l.say("文章", "articles"),
        _ => l.say("活动、服务、优惠、场地", "activities, services, offers, venues"),
    };
    match part["history"].as_str() {
        Some("warm") => format!("{items}{}", l.say("，此前已有人响应", ", with responses before")),
        Some("cold") => format!("{items}{}", l.say("，此前没有人响应", ", without responses before")),
        _ => items.to_owned(),
    }
}

fn rule_name(rule: &str, l: Tongue) -> &'static str {
    match rule {
        "active_lately" => l.say("近期活跃", "active lately"),
        "topic_activity" => l.say("同主题近期活跃", "active on the topic"),
        "item_knn" => l.say("参加过相似内容", "took similar items"),
        "segment_popularity" => l.say("年龄段热度", "popular in the age band"),
        _ => l.say("随机", "chance"),
    }
}
