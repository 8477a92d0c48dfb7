//! Writes the memo of a report from its shown figures: headline, tiles, what moved and why, silent unions, pushes, action.

mod action;
mod context;
mod headline;
mod movers;
mod push_effects;
mod reasons;
mod silence;
mod tiles;

use zhihui_engine::report::{Memo, Sentence};

pub(super) use context::MemoContext;

use super::words::sentence;

/// Writes the memo.
pub(super) fn memo(context: &MemoContext<'_>) -> Memo {
    let (movers, movers_note) = movers::movers(context);
    let silent_unions = silence::silent_unions(context);
    let pushes = push_effects::push_effects(context);
    Memo {
        headline: headline::headline(context),
        tiles: tiles::tiles(context),
        action: action::action(context, &movers, &silent_unions, &pushes),
        movers,
        movers_note,
        silent_unions,
        pushes_note: push_effects::why_none(context, &pushes),
        pushes,
        method: method(),
    }
}

fn method() -> Vec<Sentence> {
    vec![
        sentence(
            "「变化」只列超过两个标准误、且至少 5% 的变化：人数按二项分布，人次按泊松分布（一人多次按人均次数放大），比率按分母。\
             到场不列：期末报名的活动多半还没有举行。",
            "A change is listed from two standard errors and 5 % on: binomial for people, Poisson for person-times (wider where \
             people do something several times), over the denominator for shares. Attendance is left out, because many \
             activities of late sign-ups have not taken place.",
        ),
        sentence(
            "「原因」是与整体相比变化最大的年龄段、主题或工会（按自然月），没有就看发文、名额和推送的增减；说的是同时发生，不是因果。",
            "A reason is the age band, topic or union that departs most from the whole (by calendar month), else articles, seats \
             or pushes that changed with it; it happened at the same time, which does not prove a cause.",
        ),
        sentence(
            "「没有动静」指整个自然月没有会员阅读、分享、报名或到场；太小的工会不判断，也不列出。",
            "Silent means that no member read, shared, signed up or attended in a calendar month; unions too small to be shown \
             are neither judged nor listed.",
        ),
    ]
}
