//! Reasons why something serves a side of a group, as sentences in both languages.

use zhihui_data::snapshot::{ItemGroup, Side};
use zhihui_engine::audience::Sentence;
use zhihui_engine::wording::{counted, whole};

use super::scores::Scores;
use super::verdict::{Judgement, SideVerdict};

/// What serves a side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Serving<'a> {
    Challenger,
    /// The model trained now, because it is accepted for the other side of the same items.
    OtherSide,
    Incumbent,
    Rule(&'a str),
    Popularity,
}

/// Returns why `serving` serves, given the judgement of the model trained now.
pub(super) fn serving_reason(serving: Serving<'_>, scores: &Scores, challenger: &Judgement) -> Sentence {
    let (members, responses) = (whole(scores.members), whole(scores.responses));
    let few =
        format!("{} with {}", counted(&members, "member", "members"), counted(&responses, "response", "responses"));
    if !scores.enough && serving != Serving::OtherSide {
        return Sentence {
            zh: format!("检验期内只有 {members} 人、{responses} 次响应，数据太少，无法判断，按热度服务。"),
            en: format!("Too few to judge: {few}; popularity serves."),
        };
    }
    let failure = match challenger.value {
        None => ("没有足够的样本学出个性化模型", "There were too few data for a personal model"),
        Some(_) => (
            "新训练的个性化模型没有显著优于按热度，或者不如某个简单方法",
            "The personal model trained now does not beat popularity beyond doubt, or loses to a simple method",
        ),
    };
    match serving {
        Serving::Challenger => Sentence {
            zh: "个性化模型显著优于按热度，也不逊于任何简单方法，由它服务。".into(),
            en: "The personal model beats popularity beyond doubt and loses to no simple method, so it serves.".into(),
        },
        Serving::OtherSide => {
            let (zh, en) = if scores.enough {
                ("没有方法显著优于个性化模型".to_owned(), "No method beats the personal model beyond doubt".to_owned())
            } else {
                (
                    format!("检验期内只有 {members} 人、{responses} 次响应，不足以单独判断"),
                    format!("Too few to judge alone: {few}"),
                )
            };
            Sentence {
                zh: format!("{zh}；它在另一侧已通过检验，所以两侧共用它，同一会员与内容只有一个概率。"),
                en: format!(
                    "{en}; it is accepted for the other side, so it serves both and a pair has one probability."
                ),
            }
        }
        Serving::Incumbent => Sentence {
            zh: format!("{}；上一个模型在同样的日期上仍通过检验，继续服务。", failure.0),
            en: format!("{}; the previous model still passes on the same days and keeps serving.", failure.1),
        },
        Serving::Rule(rule) => {
            let (zh, en) = rule_name(rule);
            Sentence {
                zh: format!("{}；简单方法中最好的「{zh}」显著优于按热度，由它服务。", failure.0),
                en: format!("{}; the best simple method that beats popularity, {en}, serves.", failure.1),
            }
        }
        Serving::Popularity => Sentence {
            zh: format!("{}；也没有其他简单方法显著优于按热度，按热度服务。", failure.0),
            en: format!(
                "{}, and no other simple method beats popularity beyond doubt, so popularity serves.",
                failure.1
            ),
        },
    }
}

/// Returns a sentence about what serves a side, for both groups.
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
            "incumbent" => ("上一个个性化模型", "the previous personal model"),
            rule => rule_name(rule),
        };
        let few = if verdict.enough { ("", "") } else { ("（数据太少，无法判断）", " (too few to judge)") };
        (format!("{}用{zh}{}", group.0, few.0), format!("{} by {en}{}", group.1, few.1))
    };
    let (zh, en): (Vec<String>, Vec<String>) = of_side.iter().map(part).unzip();
    let name = match side {
        Side::Lists => ("给会员的列表", "Lists for members"),
        Side::Audiences => ("给内容选受众", "Audiences for items"),
    };
    Sentence { zh: format!("{}：{}。", name.0, zh.join("，")), en: format!("{}: {}.", name.1, en.join(", ")) }
}

/// Returns the name of a simple rule in both languages.
fn rule_name(rule: &str) -> (&str, &str) {
    match rule {
        "activity" | "reads" | "sign_ups" => ("近期活跃程度", "recent activity"),
        "topic_actions" => ("相关主题的活跃程度", "activity on the item's topics"),
        "neighbours" => ("相似内容", "similarity to earlier choices (item-kNN)"),
        "popular" | "popular_in_age_band" => ("热度", "popularity"),
        "chance" => ("随机", "chance"),
        other => (other, other),
    }
}
