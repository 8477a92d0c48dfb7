//! Known limits of the model, from what training found.

use serde_json::{Value, json};
use zhihui_data::snapshot::Snapshot;

use super::card::Findings;
use super::training_sample::SampleSize;

/// Returns the known limits, each with a code and a text in both languages.
pub(super) fn limits(snapshot: &Snapshot, findings: &Findings) -> Vec<Value> {
    let limit = |code: &str, zh: String, en: String| json!({ "code": code, "zh": zh, "en": en });
    let mut all = vec![limit(
        "exposure",
        "会员看到的内容，部分取决于以前的推荐。训练时对展示较少的内容加权，列表中留出一部分位置（默认一成）给新内容；\
         但从未展示过的内容只能按主题和属性判断，列表中位置先后的影响也没有扣除。"
            .into(),
        "What members saw depends in part on earlier lists. Training gives more weight to items shown to few members, and a \
         share of every list (a tenth by default) goes to new items. Items that were never shown are still judged by topics \
         and attributes alone, and the effect of the position in a list is not removed."
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
                    "{zh}的概率没有校准：检验期只有 {} 次展示或推送、{} 次响应。概率已向全体会员的实际响应率收缩，\
                     可用于排序，不能当作人数的预测。",
                    report.exposures, report.responses
                ),
                format!(
                    "Probabilities of {en} are not calibrated: the test window has only {} exposures and {} responses. They \
                     were shrunk towards the observed response rate. Use them for ranking, not to predict numbers of people.",
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
    if let Some(SampleSize { members, of_members, .. }) = findings.sample {
        all.push(limit(
            "training_sample",
            format!(
                "记录很多：模型只在随机抽取的工会的 {members} 位会员（共 {of_members} 位）上拟合和检验；热门程度和偏好仍按全部记录计算，\
                 每位会员都有自己的向量。"
            ),
            format!(
                "The history is long: models were fitted and judged on {members} of {of_members} members, those of randomly chosen \
                 unions. Popularity and preferences count all events, and every member has a vector."
            ),
        ));
    }
    let silent = (0..snapshot.members.id.len()).filter(|&member| snapshot.history.of(member).is_empty()).count();
    if silent > 0 {
        let share = 100.0 * silent as f64 / snapshot.members.id.len() as f64;
        all.push(limit(
            "silent_members",
            format!("{share:.0}% 的会员没有任何记录，得到的是同年龄段的热门内容。"),
            format!("{share:.0} % of the members have no events and get what is popular in their age band."),
        ));
    }
    if findings.off_policy.is_none() {
        all.push(limit(
            "no_propensities",
            "检验期没有带 propensity 的展示记录，无法用展示记录估计探索位置和新模型的效果。后台上报 shown 时请带上列表给出的 \
             propensity 和 explored。"
                .into(),
            "No shown event of the test window has a propensity, so explored positions and the new ranker cannot be estimated \
             from logged lists. Send the `propensity` and `explored` of the list back with `shown`."
                .into(),
        ));
    }
    if findings.gate.is_none() {
        all.push(limit(
            "not_judged",
            "历史太短，没有检验期，个性化模型未经检验。".into(),
            "The history is too short for a test window: no personal model was judged.".into(),
        ));
    }
    all.push(limit(
        "offline",
        "检验使用过去的记录，说明模型预测会员选择的准确度，不能说明推送带来多少响应。推送的效果见报告中与对照组的比较。".into(),
        "The test uses past events: it measures how well the model predicts what members choose, not how many responses pushes \
         add. The report shows that by comparison with the hold-out."
            .into(),
    ));
    all
}
