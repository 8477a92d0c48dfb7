//! The plan in one sentence.

use super::{GroupBy, PlanItem, PlanTotal, ResponseGain};
use crate::{
    audience::Sentence,
    wording::{grouped, plural},
};

pub(super) fn sentence(
    by: GroupBy,
    items: &[PlanItem],
    (plan, single): (&PlanTotal, Option<&PlanTotal>),
    gain: &ResponseGain,
) -> Sentence {
    let Some(single) = single else {
        return Sentence {
            zh: "没有会员可以推送这些内容。".to_owned(),
            en: "No member can be pushed any of these items.".to_owned(),
        };
    };
    let title = |id: Option<&String>| {
        items.iter().find(|item| Some(&item.item_id) == id).map_or("", |item| item.title.as_str())
    };
    let name = title(single.item_id.as_ref());
    let value = grouped(plan.expected_responses.value.round(), 0);
    let are = plural(&value, "is", "are");
    if plan.item_id.is_some() {
        return Sentence {
            zh: format!("全部推送「{name}」最好，预计响应 {value} 人，分开推送不会更多。"),
            en: format!("“{name}” for all is best: about {value} {are} expected to respond, and no plan adds to that."),
        };
    }
    let (zh, en) = match by {
        GroupBy::AgeBand => ("年龄段", "age band"),
        GroupBy::Segment => ("兴趣人群", "interest segment"),
    };
    let [more, low, high] = [gain.value.round(), gain.low.floor(), gain.high.ceil()].map(|count| grouped(count, 0));
    let unsure = gain.low <= 0.0;
    Sentence {
        zh: format!(
            "按{zh}分别推送，预计响应 {value} 人，比全部推送「{name}」多 {more} 人，大致在 {low} 到 {high} 人之间{}。",
            if unsure { "，差别可能只是偶然" } else { "" }
        ),
        en: format!(
            "With an item for each {en}, about {value} {are} expected to respond: {more} more than with “{name}” for all, \
             {low} to {high}{}.",
            if unsure { ", so the difference may be chance" } else { "" }
        ),
    }
}
