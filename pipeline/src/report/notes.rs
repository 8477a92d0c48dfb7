//! Notes of a report: counting, period, hidden figures and pending responses.

use chrono::Duration;
use zhihui_data::Zone;
use zhihui_engine::report::{MinGroupSize, Sentence};

use super::compose::ReportOptions;
use super::metrics::Extent;
use super::period::Period;
use super::words::sentence;
use super::{ReportQuery, whole_days};

/// What the notes depend on.
pub(super) struct NoteContext<'a> {
    /// The query as requested.
    pub(super) requested: &'a ReportQuery,
    /// The query with the resolved period.
    pub(super) query: &'a ReportQuery,
    pub(super) month: Period,
    pub(super) extent: Extent,
    /// Whether the period is one calendar month.
    pub(super) is_month: bool,
    /// Whether the scope itself is a small group.
    pub(super) is_small: bool,
    /// Number of hidden metrics and cells.
    pub(super) hidden: usize,
    pub(super) options: &'a ReportOptions,
}

/// Returns the notes, the most general first.
pub(super) fn notes(context: &NoteContext<'_>) -> Vec<Sentence> {
    let NoteContext { requested, query, options, .. } = context;
    let mut notes = vec![sentence(
        "人数与人次是两种指标：人数每人只计一次，不同日期或文章的人数不能相加。",
        "People and person-times are different metrics: each person counts once, so numbers of people of several days or \
        articles must not be added.",
    )];
    notes.extend(period_note(context));
    notes.extend(suppression_note(context, options.min_group_size));
    if context.extent == Extent::Whole && !context.is_month {
        let k = options.min_group_size.people();
        notes.push(sentence(
            format!(
                "自然月的数字最全。其他时段里，一个数字若与前后几天、整月或另外 30 天相减会得出不足 {k} 人，就隐去；人数少的几天只合在一起统计。"
            ),
            format!(
                "Calendar months show most. In other periods a figure is hidden if its difference from some days more or less, from \
                the month or from other thirty days would be about fewer than {k} people; days with few people count together only."
            ),
        ));
    }
    if context.extent == Extent::Whole {
        notes.push(sentence(
            "推送组和对照组由抽签分成，面向全体会员；两组各不少于 100 人时，响应再少也指不出是谁，所以照常显示推送的作用和区间。",
            "The arms of pushes are drawn by lot from all members. With 100 members or more in both, even a few responses point \
            to nobody, so the effect of pushes and its interval are shown.",
        ));
    }
    if query.to > options.as_of {
        notes.push(sentence(
            "本期尚未结束，数字截至报告时点。",
            "The period has not ended yet; figures include events up to the time of the report.",
        ));
    }
    if context.extent == Extent::Whole && options.as_of - requested.to < Duration::days(7) {
        notes.push(sentence(
            "本期最后几天的推送仍可能获得响应（阅读 72 小时内，报名 7 天内）。",
            "Pushes of the last days may still get responses (reads within 72 hours, sign-ups within 7 days).",
        ));
    }
    notes
}

fn period_note(context: &NoteContext<'_>) -> Option<Sentence> {
    let requested = (context.requested.from, context.requested.to);
    let month = month_name(context.month, context.options.zone);
    match context.extent {
        Extent::Whole if whole_days(requested, context.options.zone) != requested => Some(sentence(
            "报告按整天统计，所选时间已扩展到整天。",
            "Reports count whole days; the period was extended to whole days.",
        )),
        Extent::Whole if requested != context.month => Some(sentence(
            format!("标题带月份的表按自然月统计，这里是最近一个完整的月份：{}。", month.zh),
            format!(
                "Tables with a month in their title cover that calendar month, here the last complete one, {}.",
                month.en
            ),
        )),
        Extent::Part => Some(sentence(
            format!(
                "只看部分会员时，报告按自然月统计，这里是{}；按日期、活动、年龄段和主题的表只对全体会员提供。",
                month.zh
            ),
            format!(
                "A report on a part of the members covers one calendar month, here {}; tables by day, activity, age band and \
                topic are available for all members only.",
                month.en
            ),
        )),
        _ => None,
    }
}

fn suppression_note(context: &NoteContext<'_>, min_size: MinGroupSize) -> Option<Sentence> {
    let (k, hidden) = (min_size.people(), context.hidden);
    if context.extent == Extent::Nobody {
        return Some(sentence(
            "工会、地区、年龄段不能同时筛选：两个范围相减会得出少数人的数字。请只选一个条件。",
            "Union, district and age band cannot be combined: the difference of two ranges would reveal figures about a few people. \
            Choose one filter.",
        ));
    }
    if context.is_small {
        return Some(sentence(
            format!("这个范围（或与上级范围相减的部分）不足 {k} 人，不显示与人有关的数字。"),
            format!(
                "This range, or its difference from a wider one, has fewer than {k} people, so no figure about people is shown."
            ),
        ));
    }
    (hidden > 0).then(|| {
        sentence(
            format!("{hidden} 个数字涉及不足 {k} 人，或会泄露这样的数字，已隐去。"),
            format!("{hidden} figures are hidden because they are about fewer than {k} people or would reveal such a figure."),
        )
    })
}

fn month_name((from, _): Period, zone: Zone) -> Sentence {
    let day = zone.day(from);
    sentence(day.format("%Y年%-m月").to_string(), day.format("%B %Y").to_string())
}
