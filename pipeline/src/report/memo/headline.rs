//! The headline of a memo: how many members took part, its change and its target.

use chrono::{Datelike, Duration};
use zhihui_engine::report::{MetricValue, Sentence, target_margin};
use zhihui_engine::wording::grouped;

use super::context::MemoContext;
use crate::report::words::{amount, points, sentence};

/// A smaller change of a share counts as none, in percentage points.
const MIN_POINTS: f64 = 0.05;

/// The headline. The report's summary, if the share of active members is not shown.
pub(super) fn headline(context: &MemoContext<'_>) -> Sentence {
    let share = context.metric("active_share");
    let Some((metric, share, active, members)) =
        share.and_then(|metric| Some((metric, metric.value?, metric.numerator?, metric.denominator?)))
    else {
        return context.summary.clone();
    };
    let last = context.query.to - Duration::microseconds(1);
    let (first, last) = (context.zone.day(context.query.from), context.zone.day(last));
    let (active, members) = (grouped(active, 0), grouped(members, 0));
    let percent = amount(share, "share");
    let mut zh = format!(
        "{}月{}日至{}月{}日：{members} 名会员中有 {active} 人参与，活跃率 {}",
        first.month(),
        first.day(),
        last.month(),
        last.day(),
        percent.zh
    );
    let days = [first.format("%-d %B").to_string(), last.format("%-d %B").to_string()];
    let mut en = format!("{} to {}: {active} of {members} members took part, {}", days[0], days[1], percent.en);
    for clause in [change(context, metric, share), target(metric, share)].into_iter().flatten() {
        zh += &format!("，{}", clause.zh);
        en += &format!(", {}", clause.en);
    }
    sentence(zh + "。", en + ".")
}

fn change(context: &MemoContext<'_>, metric: &MetricValue, share: f64) -> Option<Sentence> {
    // A period without any activity is one without data.
    let by = 100.0 * (share - metric.previous.filter(|before| *before > 0.0)?);
    let [then_zh, then_en] = context.then();
    if by.abs() < MIN_POINTS {
        return Some(sentence(format!("与{then_zh}持平"), format!("as {then_en}")));
    }
    let (more_zh, more_en) = if by > 0.0 { ("高", "more") } else { ("低", "less") };
    let by = points(by);
    Some(sentence(format!("比{then_zh}{more_zh} {}", by.zh), format!("{} {more_en} than {then_en}", by.en)))
}

fn target(metric: &MetricValue, share: f64) -> Option<Sentence> {
    let target = metric.target?;
    let margin = 100.0 * target_margin(&metric.name, share, target);
    let target = amount(target, "share");
    let by = points(margin);
    Some(if margin >= 0.0 {
        sentence(format!("达到目标 {}", target.zh), format!("which meets the target of {}", target.en))
    } else {
        sentence(
            format!("离目标 {} 还差 {}", target.zh, by.zh),
            format!("{} short of the target of {}", by.en, target.en),
        )
    })
}
