//! What a reader of a report must know: hidden figures, periods, what is missing.

use chrono::Duration;
use zhihui_data::Zone;
use zhihui_engine::report::{MinGroupSize, Sentence};

use super::compose::ReportOptions;
use super::measures::Extent;
use super::period::Period;
use super::{ReportQuery, whole_days};

/// What the notes are about.
pub(super) struct About<'a> {
    /// The question as it was asked.
    pub(super) asked: &'a ReportQuery,
    /// The question as it was answered.
    pub(super) query: &'a ReportQuery,
    pub(super) month: Period,
    pub(super) extent: Extent,
    /// Whether the part reported on is a small group itself.
    pub(super) is_small: bool,
    /// Hidden figures and cells.
    pub(super) hidden: usize,
    pub(super) options: &'a ReportOptions,
}

fn sentence(zh: impl Into<String>, en: impl Into<String>) -> Sentence {
    Sentence { zh: zh.into(), en: en.into() }
}

/// The notes, the most general first.
pub(super) fn notes(about: &About<'_>) -> Vec<Sentence> {
    let About { asked, query, options, .. } = about;
    let mut notes = vec![sentence(
        "人数与人次是两种指标:人数每人只计一次,不同日期或文章的人数不能相加。",
        "People and person-times are different metrics: people are counted once, so numbers of people of several days or \
         articles do not add up.",
    )];
    notes.extend(of_period(about));
    notes.extend(of_small_groups(about, options.fewest));
    if query.to > options.as_of {
        notes.push(sentence(
            "本期尚未结束,数字截至报告时点。",
            "The period is not over yet; figures are those up to the report's instant.",
        ));
    }
    if about.extent == Extent::Whole && options.as_of - asked.to < Duration::days(7) {
        notes.push(sentence(
            "本期最后几天的推送还在等待响应(阅读 72 小时,报名 7 天)。",
            "Pushes of the period's last days still wait for responses (reads for 72 hours, sign-ups for 7 days).",
        ));
    }
    notes
}

fn of_period(about: &About<'_>) -> Option<Sentence> {
    let asked = (about.asked.from, about.asked.to);
    let month = month_name(about.month, about.options.zone);
    match about.extent {
        Extent::Whole if whole_days(asked, about.options.zone) != asked => Some(sentence(
            "报告按整天统计,所选时间已扩展到整天。",
            "Reports count whole days; the period was widened to whole days.",
        )),
        Extent::Whole if asked != about.month => Some(sentence(
            format!("按工会、年龄段和主题的表按自然月统计,这里是最近一个完整的月份:{}。", month.zh),
            format!(
                "Tables by union, age band and topic are made for calendar months; these are of the last whole one, {}.",
                month.en
            ),
        )),
        Extent::Part => Some(sentence(
            format!(
                "只看部分会员时,报告按自然月统计,这里是{};按日期、活动、年龄段和主题的表只对全体会员提供。",
                month.zh
            ),
            format!(
                "A report on a part of the members covers one calendar month, here {}; tables by day, activity, age band and \
                 topic are made of all members only.",
                month.en
            ),
        )),
        _ => None,
    }
}

fn of_small_groups(about: &About<'_>, fewest: MinGroupSize) -> Option<Sentence> {
    let (k, hidden) = (fewest.people(), about.hidden);
    if about.extent == Extent::Nobody {
        return Some(sentence(
            "工会、地区、年龄段不能同时筛选:两个范围相减会得出少数人的数字。请只选一个条件。",
            "A union, a district and an age band cannot be combined: one range less another would tell of a few people. Choose one \
             filter.",
        ));
    }
    if about.is_small {
        return Some(sentence(
            format!("这个范围(或与上级范围相减的部分)不足 {k} 人,不显示与人有关的数字。"),
            format!(
                "Fewer than {k} people are in view, or would be told of by taking it off a wider range, so no figure about people is shown."
            ),
        ));
    }
    (hidden > 0).then(|| {
        sentence(
            format!("{hidden} 个数字涉及不足 {k} 人,或会泄露这样的数字,已隐去。"),
            format!("{hidden} figures about fewer than {k} people, or that would give such a figure away, are hidden."),
        )
    })
}

fn month_name((from, _): Period, zone: Zone) -> Sentence {
    let day = zone.day(from);
    sentence(day.format("%Y年%-m月").to_string(), day.format("%B %Y").to_string())
}
