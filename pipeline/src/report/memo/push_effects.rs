//! What pushes added: the uplift with its interval, or how much is missing for an answer.

use zhihui_engine::report::{EffectState, PushEffect, Sentence, more_members_needed};
use zhihui_engine::wording::grouped;

use super::context::MemoContext;
use crate::report::metrics::Extent;
use crate::report::uplift::{self, Arms};
use crate::report::words::{points, sentence, signed};

/// The effects of the period's pushes: of articles on reading, of anything else on sign-ups.
pub(super) fn push_effects(context: &MemoContext<'_>) -> Vec<PushEffect> {
    if context.extent != Extent::Whole {
        return Vec::new();
    }
    let kinds =
        [("read", "uplift_read", &context.pushes.articles), ("sign_up", "uplift_sign_up", &context.pushes.activities)];
    let effect = |(response, metric, arms): (&str, &str, &Vec<Arms>)| {
        (!arms.is_empty()).then(|| push_effect(context, response, metric, arms))
    };
    kinds.into_iter().filter_map(effect).collect()
}

/// Why no effect is listed; empty if one is.
pub(super) fn why_none(context: &MemoContext<'_>, effects: &[PushEffect]) -> Sentence {
    match context.extent {
        _ if !effects.is_empty() => Sentence::default(),
        Extent::Whole => {
            sentence("本期没有可以判断的推送。", "The period has no pushes whose time to respond is over.")
        }
        Extent::Part | Extent::Nobody => {
            sentence("推送的作用只对全体会员统计。", "The effect of pushes is computed for all members only.")
        }
    }
}

fn push_effect(context: &MemoContext<'_>, response: &str, metric: &str, arms: &[Arms]) -> PushEffect {
    let is_read = response == "read";
    let (rate_zh, rate_en) = if is_read { ("阅读率", "reading") } else { ("报名率", "sign-ups") };
    let (kind_zh, kind_en) =
        if is_read { ("推送文章", "Pushing articles") } else { ("推送活动", "Pushing activities") };
    let effect = |state, sentence| PushEffect {
        response: response.to_owned(),
        state,
        points: None,
        interval: None,
        more_members: None,
        sentence,
    };
    let [pushed, pushed_responded, held_out, held_out_responded] = uplift::groups(arms);
    if held_out == 0.0 {
        return effect(
            EffectState::NoHoldOut,
            sentence(
                format!("{kind_zh}：本期的推送没有设对照组，看不出作用。"),
                format!("{kind_en}: no push of the period had a hold-out, so its effect is not known."),
            ),
        );
    }
    if context.metric(metric).is_none() {
        return effect(
            EffectState::Hidden,
            sentence(
                format!("{kind_zh}：响应的人太少，不显示；推送组和对照组各满 100 人后就能显示。"),
                format!("{kind_en}: too few responses to show; with 100 members in both arms they are shown."),
            ),
        );
    }
    let Some(found) = uplift::over_pushes(arms) else {
        return effect(
            EffectState::TooFew,
            sentence(
                format!("{kind_zh}：数据不足，推送组和对照组各需要至少 30 人次。"),
                format!("{kind_en}: not enough data; each arm needs at least 30 person-times."),
            ),
        );
    };
    let interval = sentence(
        format!("（95% 区间 {} 至 {}）", signed(found.low), signed(found.high)),
        format!("(95% interval {} to {})", signed(found.low), signed(found.high)),
    );
    let by = points(found.points);
    let shown = |state, more_members, sentence| PushEffect {
        points: Some(found.points),
        interval: Some([found.low, found.high]),
        more_members,
        ..effect(state, sentence)
    };
    if found.is_clear() {
        let (raised_zh, raised_en) = if found.points > 0.0 { ("提高", "raised") } else { ("降低", "lowered") };
        let extra = responses(is_read, found.points / 100.0 * pushed);
        return shown(
            EffectState::Clear,
            None,
            sentence(
                format!("{kind_zh}使{rate_zh}{raised_zh} {}{}，{}。", by.zh, interval.zh, extra.zh),
                format!("{kind_en} {raised_en} {rate_en} by {} {}, {}.", by.en, interval.en, extra.en),
            ),
        );
    }
    let arm = |responded: f64, members: f64| (responded as u64, members as u64);
    let more = more_members_needed(arm(pushed_responded, pushed), arm(held_out_responded, held_out), Some(&found));
    let of_push = (pushed + held_out) / uplift::compared(arms).count() as f64;
    let missing = missing(more, of_push);
    shown(
        EffectState::Unclear,
        more,
        sentence(
            format!("{kind_zh}对{rate_zh}的作用 {} 个百分点{}：{}。", signed(found.points), interval.zh, missing.zh),
            format!(
                "{kind_en} changed {rate_en} by {} percentage points {}: {}.",
                signed(found.points),
                interval.en,
                missing.en
            ),
        ),
    )
}

/// What is missing for an answer: this many members, where a push has `of_push` on average.
fn missing(more: Option<u64>, of_push: f64) -> Sentence {
    match more {
        Some(more) if more as f64 <= of_push => sentence(
            "还差一点，照现在的差距，再推送一次大概就能判断",
            "almost enough data: at the present difference the next push will probably decide",
        ),
        Some(more) => {
            let more = grouped(rounded(more), 0);
            sentence(
                format!("数据不足，照现在的差距约再需 {more} 人次才能判断"),
                format!("not enough data: at the present difference about {more} more person-times are needed"),
            )
        }
        None => sentence("两组相差无几，看不出作用", "the arms hardly differ, so no effect can be seen"),
    }
}

fn responses(is_read: bool, more: f64) -> Sentence {
    let count = grouped(more.abs().round(), 0);
    let (more_zh, more_en) = if more >= 0.0 { ("多", "more") } else { ("少", "fewer") };
    let (zh, en) = if is_read { ("次阅读", "reads") } else { ("次报名", "sign-ups") };
    sentence(format!("约{more_zh}带来 {count} {zh}"), format!("about {count} {more_en} {en}"))
}

/// Rounds up to two digits, because the number is a forecast.
fn rounded(members: u64) -> f64 {
    let step = 10_f64.powf(((members.max(1) as f64).log10().floor() - 1.0).max(0.0));
    (members as f64 / step).ceil() * step
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn a_number_that_one_push_brings_is_no_forecast() {
        // The interval only just contains zero, so the formula asks for next to nobody.
        assert_eq!(missing(Some(1), 880.0).zh, "还差一点，照现在的差距，再推送一次大概就能判断");
        assert_eq!(missing(Some(880), 880.0), missing(Some(1), 880.0));
        assert_eq!(missing(Some(881), 880.0).zh, "数据不足，照现在的差距约再需 890 人次才能判断");
        assert_eq!(missing(None, 880.0).zh, "两组相差无几，看不出作用");
    }
}
