//! Why something serves a side of a group, in a sentence of both languages.

use zhihui_data::snapshot::{ItemGroup, Side};
use zhihui_engine::audience::Sentence;

use super::scores::Scores;
use super::verdict::{Judgement, SideVerdict};

/// What serves a side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Serving<'a> {
    Challenger,
    /// The model trained now, accepted for the other side of the same items.
    OtherSide,
    Incumbent,
    Rule(&'a str),
    Popularity,
}

/// Why `serving` serves where the model trained now was judged so.
pub(super) fn why(serving: Serving<'_>, scores: &Scores, challenger: &Judgement) -> Sentence {
    let (members, responses) = (scores.members, scores.responses);
    if !scores.enough && serving != Serving::OtherSide {
        return Sentence {
            zh: format!("检验期内只有 {members} 人、{responses} 次响应,太少,不足以判断,按热度服务。"),
            en: format!("Too few to judge: {members} members with {responses} responses; popularity serves."),
        };
    }
    let lost = match challenger.value {
        None => ("没有足够的样本学出个性化模型", "There was too little to learn a personal model from"),
        Some(_) => (
            "新训练的个性化模型没有确实胜过按热度，或者输给了某个简单方法",
            "The personal model trained now does not beat popularity beyond doubt, or loses to a simple method",
        ),
    };
    match serving {
        Serving::Challenger => Sentence {
            zh: "个性化模型确实胜过按热度，也不输给任何简单方法，由它服务。".into(),
            en: "The personal model beats popularity beyond doubt and loses to no simple method: it serves.".into(),
        },
        Serving::OtherSide => {
            let (zh, en) = if scores.enough {
                ("没有方法确实胜过个性化模型".to_owned(), "No method beats the personal model beyond doubt".to_owned())
            } else {
                (
                    format!("检验期内只有 {members} 人、{responses} 次响应，不足以单独判断"),
                    format!("Too few to judge alone: {members} members with {responses} responses"),
                )
            };
            Sentence {
                zh: format!("{zh}；它在另一侧已通过检验，两侧共用一个模型，同一会员与内容只有一个概率。"),
                en: format!(
                    "{en}; it is accepted for the other side, so it serves both and a pair has one probability."
                ),
            }
        }
        Serving::Incumbent => Sentence {
            zh: format!("{};上一个模型在同样的日子里仍然胜过它们,继续服务。", lost.0),
            en: format!("{}; the model before it still does on the same days and goes on serving.", lost.1),
        },
        Serving::Rule(rule) => {
            let (zh, en) = rule_name(rule);
            Sentence {
                zh: format!("{};其中最好的「{zh}」胜过按热度,由它服务。", lost.0),
                en: format!("{}; the best of them that beats popularity, {en}, serves.", lost.1),
            }
        }
        Serving::Popularity => Sentence {
            zh: format!("{},也没有别的简单方法确实胜过按热度,按热度服务。", lost.0),
            en: format!("{}, and no other simple method beats popularity beyond doubt: popularity serves.", lost.1),
        },
    }
}

/// What serves a side, both groups in one sentence.
#[must_use]
pub fn sentence(side: Side, verdicts: &[SideVerdict]) -> Sentence {
    let of_side: Vec<&SideVerdict> = verdicts.iter().filter(|verdict| verdict.side == side).collect();
    let part = |verdict: &&SideVerdict| {
        let group = match verdict.group {
            ItemGroup::Articles => ("文章", "articles"),
            ItemGroup::Activities => ("活动", "activities"),
        };
        let (zh, en) = match verdict.serves.as_str() {
            "blend" => ("个性化模型", "the personal model"),
            "incumbent" => ("上一个个性化模型", "the personal model before it"),
            rule => rule_name(rule),
        };
        let few = if verdict.enough { ("", "") } else { ("(数据太少,无法判断)", " (too few to judge)") };
        (format!("{}用{zh}{}", group.0, few.0), format!("{} by {en}{}", group.1, few.1))
    };
    let (zh, en): (Vec<String>, Vec<String>) = of_side.iter().map(part).unzip();
    let name = match side {
        Side::Lists => ("给会员的列表", "Lists for members"),
        Side::Audiences => ("给内容选受众", "Audiences for items"),
    };
    Sentence { zh: format!("{}:{}。", name.0, zh.join(",")), en: format!("{}: {}.", name.1, en.join(", ")) }
}

/// A simple rule in words.
fn rule_name(rule: &str) -> (&str, &str) {
    match rule {
        "activity" | "reads" | "sign_ups" => ("近期活跃程度", "recent activity"),
        "topic_actions" => ("相关主题的活跃程度", "activity on the item's topics"),
        "neighbours" => ("相似内容", "likeness to what was taken before (item-kNN)"),
        "popular" | "popular_in_age_band" => ("热度", "popularity"),
        "chance" => ("随机", "chance"),
        other => (other, other),
    }
}
