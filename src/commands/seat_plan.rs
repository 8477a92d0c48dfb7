//! Prints the seat plan of `zhihui audience --seat-plan`.

use zhihui_engine::Language;
use zhihui_engine::audience::{PlannedList, SeatPlan, SeatShortage, Selection, UnionDemand, UnionToPhone};

use crate::output;

/// Unions in each table. `--json` prints all of them.
const UNIONS: usize = 20;

pub(super) fn print(plan: &SeatPlan, language: Language) -> anyhow::Result<()> {
    let text = |zh: &'static str, en: &'static str| pick(language, zh, en);
    output::print_line(if language == Language::Zh { &plan.sentence.zh } else { &plan.sentence.en })?;
    output::print_line(&show_up(plan, language))?;
    output::print_line("")?;
    let rows: Vec<Vec<String>> = plan.lists.iter().map(|list| list_row(list, language)).collect();
    let headers = [
        text("选人方式", "selection"),
        text("推送（人）", "push to"),
        text("对照组（人）", "hold-out"),
        text("预计报名（人）", "expected responses"),
        text("预计报出名额", "expected seats"),
        text("预计到场", "expected to attend"),
        text("工会（家）", "unions"),
        text("每百名候选人的名额（最少/中位/最多）", "seats per 100 candidates (lowest/median/highest)"),
        text("说明", "result"),
    ];
    output::table(&headers, &rows, &[false, true, true, true, true, true, true, true, false])?;
    output::print_line("")?;
    let rows: Vec<Vec<String>> = plan.demand.iter().take(UNIONS).map(|union| demand_row(union, language)).collect();
    let headers = [
        text("工会", "union"),
        text("名称", "name"),
        text("会员（人）", "members"),
        text("可推送（人）", "candidates"),
        text("预计报名（人）", "expected sign-ups"),
        text("已报名（人）", "signed up"),
        text("工会剩余名额", "seats left"),
        text("专场", "own session"),
    ];
    output::table(&headers, &rows, &[false, false, true, true, true, true, true, false])?;
    if plan.to_phone.is_empty() {
        return Ok(());
    }
    output::print_line("")?;
    let row = |union: &UnionToPhone| {
        let takers = format!("{:.1}", union.expected_takers);
        vec![union.union_id.clone(), union.union_name.clone(), union.members.to_string(), takers]
    };
    let rows: Vec<Vec<String>> = plan.to_phone.iter().take(UNIONS).map(row).collect();
    let headers = [
        text("建议电话联系的工会", "union to phone"),
        text("名称", "name"),
        text("推送不到（人）", "not reachable"),
        text("预计报名（人）", "expected sign-ups"),
    ];
    output::table(&headers, &rows, &[false, false, true, true])
}

fn pick(language: Language, zh: &'static str, en: &'static str) -> &'static str {
    if language == Language::Zh { zh } else { en }
}

fn show_up(plan: &SeatPlan, language: Language) -> String {
    match (plan.show_up, language) {
        (None, Language::Zh) => "没有到场记录，无法预计到场人数。".to_owned(),
        (None, Language::En) => "Attendance was never recorded, so it cannot be predicted.".to_owned(),
        (Some(known), Language::Zh) => {
            let (rate, own, all) = (100.0 * known.rate, known.sign_ups, known.sign_ups_of_all_kinds);
            format!("到场率约 {rate:.0}%：同类活动有 {own} 人次报名的到场记录，各类活动共 {all} 人次。")
        }
        (Some(known), Language::En) => {
            let (rate, own, all) = (100.0 * known.rate, known.sign_ups, known.sign_ups_of_all_kinds);
            format!("show-up rate {rate:.0} %, from {own} past sign-ups of this kind and {all} of all kinds")
        }
    }
}

fn list_row(list: &PlannedList, language: Language) -> Vec<String> {
    let text = |zh: &'static str, en: &'static str| pick(language, zh, en);
    let rates = list.seats_per_candidate;
    let result = match list.shortage {
        None => text("预计可以报满", "expected to fill the seats"),
        Some(SeatShortage::Candidates) => text("可推送的会员不够", "too few candidates"),
        Some(SeatShortage::UnionCaps) => text("部分工会已到限额", "some unions have reached their cap"),
        Some(SeatShortage::Limit) => text("受 --limit 限制", "cut by --limit"),
        Some(SeatShortage::HoldOut) => text("对照组不推送", "the hold-out is not pushed to"),
    };
    let name = match list.selection {
        Selection::Likeliest => text("最可能报名", "likeliest"),
        Selection::Even => text("各工会均衡", "even"),
    };
    vec![
        name.to_owned(),
        list.selected.to_string(),
        list.held_out.to_string(),
        format!("{:.0}", list.expected_responses.value),
        format!("{:.0}", list.expected_seats),
        list.expected_attendance.map_or_else(|| text("未知", "unknown").to_owned(), |seats| format!("{seats:.0}")),
        list.unions.to_string(),
        [rates.lowest, rates.median, rates.highest].map(|rate| format!("{:.1}", 100.0 * rate)).join("/"),
        result.to_owned(),
    ]
}

fn demand_row(union: &UnionDemand, language: Language) -> Vec<String> {
    let count = |count: Option<u32>| count.map(|count| count.to_string()).unwrap_or_default();
    let own_session = match union.own_session {
        Some(true) => pick(language, "预计可开", "expected"),
        Some(false) => pick(language, "人数不够", "no"),
        None => "",
    };
    vec![
        union.union_id.clone().unwrap_or_else(|| "–".to_owned()),
        union.union_name.clone().unwrap_or_default(),
        union.members.to_string(),
        union.candidates.to_string(),
        format!("{:.1}", union.expected_takers),
        count(union.signed_up),
        count(union.seats_left),
        own_session.to_owned(),
    ]
}
