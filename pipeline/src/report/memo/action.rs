//! One proposed action, by the first rule that the figures meet.

use zhihui_engine::report::{EffectState, MetricValue, Mover, PushEffect, Sentence, SilentUnions, target_margin};
use zhihui_engine::wording::grouped;

use super::context::MemoContext;
use crate::report::words::{amount, sentence};

/// Silent unions come first if they are at least this part of the unions that are shown.
const MIN_SILENT_SHARE: f64 = 0.05;
/// A fall of at least this part asks for an action.
const MIN_FALL: f64 = -0.1;

/// The action. Missing data come first, then harm is stopped, then targets are met and silent unions called, then what works is repeated.
pub(super) fn action(
    context: &MemoContext<'_>,
    movers: &[Mover],
    silent: &SilentUnions,
    pushes: &[PushEffect],
) -> Sentence {
    find_data(context)
        .or_else(|| stop_harmful_pushes(pushes))
        .or_else(|| call_silent_unions(context, silent))
        .or_else(|| meet_target(context))
        .or_else(|| act_on_fall(context, movers))
        .or_else(|| hold_out(pushes))
        .or_else(|| repeat_pushes(pushes))
        .unwrap_or_else(|| {
            sentence("没有需要马上处理的事，按现在的安排继续。", "Nothing needs action now; go on as planned.")
        })
}

fn find_data(context: &MemoContext<'_>) -> Option<Sentence> {
    (context.value("active_members") == Some(0.0)).then(|| {
        sentence(
            "这段时间没有参与记录：请换一个时间，或检查数据是否已经导入。",
            "There are no records of this period: choose another one, or check that its data were imported.",
        )
    })
}

fn stop_harmful_pushes(pushes: &[PushEffect]) -> Option<Sentence> {
    let harmful = pushes.iter().find(|push| push.state == EffectState::Clear && push.points < Some(0.0))?;
    let (zh, en) = if harmful.response == "read" { ("文章", "articles") } else { ("活动", "activities") };
    Some(sentence(
        format!("先暂停推送{zh}：收到推送的会员反应更少，查清原因再发。"),
        format!("Pause pushes of {en}: members who got one responded less. Find out why before sending more."),
    ))
}

fn call_silent_unions(context: &MemoContext<'_>, silent: &SilentUnions) -> Option<Sentence> {
    let first = silent.unions.first()?;
    let of_all = silent.unions.len() as f64 + silent.more as f64;
    let shown = context.table("unions")?.rows.iter().filter(|row| row.get(2).is_some_and(serde_json::Value::is_number));
    if of_all < MIN_SILENT_SHARE * shown.count() as f64 {
        return None;
    }
    let members: u64 = silent.unions.iter().map(|union| union.members).sum();
    let (named, people) = (silent.unions.len(), grouped(members as f64, 0));
    if of_all == 1.0 {
        return Some(sentence(
            format!("本周给{}打电话，问清 {people} 名会员为什么没有参与。", first.name),
            format!("Call {} this week and ask why its {people} members do not take part.", first.name),
        ));
    }
    Some(sentence(
        format!("本周从{}开始，给上面 {named} 家工会打电话，它们共有 {people} 名会员。", first.name),
        format!("Call the {named} unions above this week, {} first; they have {people} members.", first.name),
    ))
}

/// The target that is missed by the largest part of itself.
fn meet_target(context: &MemoContext<'_>) -> Option<Sentence> {
    let missed = |metric: &&MetricValue| {
        let (value, target) = metric.value.zip(metric.target).filter(|_| !metric.suppressed)?;
        let margin = target_margin(&metric.name, value, target);
        (margin < 0.0 && target > 0.0).then(|| -margin / target)
    };
    let missed = context.metrics.iter().filter_map(|metric| Some((missed(&metric)?, metric)));
    let (_, metric) = missed.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    let (value, target) = (amount(metric.value?, &metric.unit), amount(metric.target?, &metric.unit));
    let (do_zh, do_en) = measure(&metric.name);
    Some(sentence(
        format!("{}离目标最远（{}，目标 {}）：{do_zh}。", metric.label.zh, value.zh, target.zh),
        format!("{} is furthest from its target ({}, target {}): {do_en}.", metric.label.en, value.en, target.en),
    ))
}

/// The metric that fell most, by a part that asks for an action.
fn act_on_fall(context: &MemoContext<'_>, movers: &[Mover]) -> Option<Sentence> {
    let fell = movers.iter().find(|mover| mover.change.is_some_and(|change| change <= MIN_FALL))?;
    if fell.metric == "silent_unions" {
        return None;
    }
    let metric = context.metric(&fell.metric)?;
    let (do_zh, do_en) = measure(&fell.metric);
    Some(sentence(
        format!("{}明显下降：{do_zh}。", metric.label.zh),
        format!("{} fell clearly: {do_en}.", metric.label.en),
    ))
}

fn hold_out(pushes: &[PushEffect]) -> Option<Sentence> {
    let unknown = pushes.iter().any(|push| push.state == EffectState::NoHoldOut);
    unknown.then(|| {
        sentence(
            "下次推送留出一成会员作对照组，才知道推送有没有用。",
            "Hold out one member in ten at the next push; otherwise nobody knows whether pushes work.",
        )
    })
}

fn repeat_pushes(pushes: &[PushEffect]) -> Option<Sentence> {
    let useful = pushes.iter().find(|push| push.state == EffectState::Clear)?;
    let (zh, en) = if useful.response == "read" { ("文章", "articles") } else { ("活动", "activities") };
    Some(sentence(
        format!("推送{zh}有效：照现在的做法继续，并推送给还没有收到过的会员。"),
        format!("Pushing {en} works: go on, and reach members who have not been pushed yet."),
    ))
}

/// What helps a metric.
fn measure(metric: &str) -> (&'static str, &'static str) {
    match metric {
        "readers" | "reads" | "articles_read" | "reads_per_reader" | "articles_published" => (
            "多发会员常读的主题，把点得最多的文章推送出去",
            "publish more on the topics members read, and push the articles they open",
        ),
        "sign_up_members" | "sign_ups" | "fill_rate" | "seats_taken" => (
            "把还有名额的活动推送给可能报名的会员",
            "push activities with free seats to members who are likely to sign up",
        ),
        "active_share" | "active_members" => (
            "把有名额的活动和会员爱读的文章推送给最近没有参与的会员",
            "push activities with seats and much-read articles to members who were not active lately",
        ),
        "union_coverage" | "active_unions" | "silent_unions" => {
            ("逐家联系没有动静的工会", "call the silent unions one by one")
        }
        "no_show_rate" | "attended" | "attended_members" => {
            ("活动前一天提醒已报名的会员", "remind those who signed up on the day before")
        }
        "reachable_members" => {
            ("请工会协助会员绑定并关注公众号", "ask unions to help members bind and follow the account")
        }
        "pushed_members" | "pushes" | "push_read_rate" | "push_sign_up_rate" => {
            ("检查推送名单和发送时间", "check whom pushes go to and when")
        }
        _ => ("请负责人说明原因并提出办法", "ask those in charge for the cause and a remedy"),
    }
}
