//! What the model cannot do, said from what training saw.

use serde_json::{Value, json};
use zhihui_data::snapshot::Snapshot;

use super::card::Findings;

/// Known limits, each with a code, in both languages.
pub(super) fn limits(snapshot: &Snapshot, findings: &Findings) -> Vec<Value> {
    let limit = |code: &str, zh: String, en: String| json!({ "code": code, "zh": zh, "en": en });
    let mut all = vec![limit(
        "exposure",
        "会员看到什么,部分取决于以前推荐过什么。学习时给少展示的内容加了权,列表里留出一成位置给新内容;\
         但从没展示过的内容仍只能按主题和属性判断,列表里位置先后的影响也没有扣除。"
            .into(),
        "What members saw depends in part on what earlier lists showed. What was shown to few is weighed up in training and a \
         tenth of every list goes to new items; still, what was never shown is judged by its topics and attributes alone, and \
         the pull of a place high in a list is not taken out."
            .into(),
    )];
    for (group, report) in &findings.rankers {
        let (zh, en) = if group == "articles" {
            ("文章", "articles")
        } else {
            ("活动、服务、优惠和场地", "activities and offers")
        };
        if !report.calibrated {
            all.push(limit(
                &format!("{group}_uncalibrated"),
                format!(
                    "{zh}的概率没有校准:检验期只有 {} 次展示或推送、{} 次响应。它按全体会员的实际响应率收敛过,\
                     可以用来排先后,不要当作人数的承诺。",
                    report.exposures, report.responses
                ),
                format!(
                    "Probabilities of {en} are not calibrated: the window knows {} exposures and {} responses. They were drawn \
                     towards what members really did; they order items, but promise no head count.",
                    report.exposures, report.responses
                ),
            ));
        }
    }
    for side in findings.sides.iter().filter(|side| !side.enough) {
        let name = |value: serde_json::Result<Value>| value.ok().and_then(|name| name.as_str().map(str::to_owned));
        let (group, name) = (name(serde_json::to_value(side.group)), name(serde_json::to_value(side.side)));
        let code = format!("{}_{}_too_few", group.unwrap_or_default(), name.unwrap_or_default());
        all.push(limit(&code, side.why.zh.clone(), side.why.en.clone()));
    }
    let silent = (0..snapshot.members.id.len()).filter(|&member| snapshot.history.of(member).is_empty()).count();
    if silent > 0 {
        let share = 100.0 * silent as f64 / snapshot.members.id.len() as f64;
        all.push(limit(
            "silent_members",
            format!("{share:.0}% 的会员没有任何记录,得到的是同年龄段的热门内容。"),
            format!(
                "{share:.0} % of the members have no record at all and are served what is popular in their age band."
            ),
        ));
    }
    if findings.gate.is_none() {
        all.push(limit(
            "not_judged",
            "历史太短,没有留出检验期,个性化模型没有检验过。".into(),
            "The history is too short for a test window: no personal model was judged.".into(),
        ));
    }
    all.push(limit(
        "offline",
        "检验用的是过去的记录:它说明模型更会猜会员自己会选什么,不说明推送带来了多少。推送的效果看报告里与对照组的比较。".into(),
        "The test looks at the past: it tells how well the model guesses what members choose by themselves, not what pushes add. \
         That is in the report, beside the hold-out."
            .into(),
    ));
    all
}
