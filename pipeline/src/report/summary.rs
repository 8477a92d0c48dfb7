//! Summarises a report in one sentence.

use chrono::{Datelike, Duration};
use zhihui_data::Zone;
use zhihui_engine::report::{MetricValue, Sentence};
use zhihui_engine::wording::{counted, grouped, plural};

use super::period_rule::is_one_month;
use super::{Compare, ReportQuery};

/// Summarises readers, their change, sign-ups and silent unions. Says that hidden figures are too small to show.
pub(super) fn summary(metrics: &[MetricValue], query: &ReportQuery, zone: Zone) -> Sentence {
    let metric = |name: &str| metrics.iter().find(|metric| metric.name == name);
    let value = |name: &str| metric(name).and_then(|metric| metric.value);
    let (first, last) = (zone.day(query.from), zone.day(query.to - Duration::microseconds(1)));
    let mut zh = format!("{}月{}日至{}月{}日：", first.month(), first.day(), last.month(), last.day());
    let mut en = format!("From {} to {}: ", first.format("%-d %B"), last.format("%-d %B"));
    match (value("members"), value("readers")) {
        (Some(members), Some(readers)) => {
            zh += &format!("{} 名会员中有 {} 人读过至少一篇", grouped(members, 0), grouped(readers, 0));
            en += &format!("{} of {} members read at least one article", grouped(readers, 0), grouped(members, 0));
        }
        (Some(members), None) if !is_one_month((query.from, query.to), zone) => {
            let members = grouped(members, 0);
            zh += &format!("{members} 名会员中读过文章的人数不显示，因为与其他时段相比会涉及少数人；请看整月的报告");
            en += &format!(
                "of {members} members, the number who read an article is hidden, because beside other periods it would tell of a \
                 few people; see the report on a calendar month"
            );
        }
        (Some(members), None) => {
            zh += &format!("{} 名会员中读过文章的人数太少或太接近全体，不显示", grouped(members, 0));
            en += &format!(
                "of {} members, too few read an article, or too few did not, to show the number",
                grouped(members, 0)
            );
        }
        _ => {
            zh += "范围内的会员太少，不能显示人数";
            en += "too few members to show how many read an article";
        }
    }
    if let Some((now, before)) = value("readers").zip(metric("readers").and_then(|metric| metric.previous)) {
        let (in_zh, in_en) = change(now, before, query.compare);
        zh += &in_zh;
        en += &in_en;
    }
    if let Some(signed_up) = value("sign_up_members").filter(|&people| people > 0.0) {
        zh += &format!("；{} 人报名了活动", grouped(signed_up, 0));
        en += &format!("; {} signed up for an activity", grouped(signed_up, 0));
    }
    if let Some(silent) = value("silent_unions").filter(|&unions| unions > 0.0) {
        zh += &format!("；{} 家工会没有动静", grouped(silent, 0));
        let silent = grouped(silent, 0);
        en += &format!("; {} {} silent", counted(&silent, "union", "unions"), plural(&silent, "was", "were"));
    }
    zh.push('。');
    en.push('.');
    Sentence { zh, en }
}

fn change(now: f64, before: f64, compare: Compare) -> (String, String) {
    let (then, then_en) = match compare {
        Compare::LastYear => ("去年同期", "a year earlier"),
        Compare::Previous | Compare::Nothing => ("上期", "in the period before"),
    };
    if before <= 0.0 {
        return (format!("，{then}没有人读过"), format!(", nobody {then_en}"));
    }
    let percent = ((now / before - 1.0) * 100.0).round();
    if percent == 0.0 {
        return (format!("，与{then}持平"), format!(", as many as {then_en}"));
    }
    let (zh, en) = if percent > 0.0 { ("多", "more") } else { ("少", "fewer") };
    let percent = percent.abs();
    (format!("，比{then}{zh} {percent}%"), format!(", {percent}% {en} than {then_en}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_rounded_to_whole_percents() {
        let previous = Compare::Previous;
        assert_eq!(change(104.0, 100.0, previous).0, "，比上期多 4%");
        assert_eq!(change(90.0, 100.0, previous).1, ", 10% fewer than in the period before");
        assert_eq!(change(100.0, 100.0, previous).0, "，与上期持平");
        assert_eq!(change(5.0, 0.0, previous).1, ", nobody in the period before");
    }

    #[test]
    fn a_comparison_with_last_year_is_labelled_as_such() {
        assert_eq!(change(104.0, 100.0, Compare::LastYear).0, "，比去年同期多 4%");
        assert_eq!(change(100.0, 100.0, Compare::LastYear).1, ", as many as a year earlier");
    }
}
