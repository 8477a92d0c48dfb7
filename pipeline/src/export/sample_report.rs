//! A small report for the tests of the files.

use serde_json::json;
use zhihui_engine::report::{Memo, Report};

/// A report of November with a filter, hidden cells and text that looks like a formula.
pub(super) fn sample_report() -> Report {
    let label = |zh: &str| json!({ "zh": zh, "en": zh });
    let column = |zh: &str, unit: &str| json!({ "label": label(zh), "unit": unit });
    let metric = |name: &str, zh: &str, value: Option<f64>, unit: &str, definition: &str| {
        json!({
            "name": name, "label": label(zh), "value": value, "unit": unit, "numerator": null, "denominator": null,
            "previous": value.map(|value| value * 2.0), "suppressed": value.is_none(),
            "definition": { "zh": definition, "en": definition },
        })
    };
    let report = json!({
        "from": "2026-10-31T16:00:00Z", "to": "2026-11-30T16:00:00Z", "as_of": "2026-11-30T16:00:00Z",
        "filters": { "district": "朝阳", "compare": "previous" },
        "summary": { "zh": "本月 43,000 名会员中有 11,820 人读过至少一篇，比上期多 4%。", "en": "Somebody read." },
        "metrics": [
            metric("readers", "阅读人数", Some(11_820.0), "people", "=1+1"),
            metric("active_share", "活跃率", Some(0.2749), "share", "活跃会员人数除以会员人数。"),
            metric("attended_members", "到场人数", None, "people", "期内至少到场一次的会员。"),
        ],
        "tables": [
            {
                "name": "daily", "label": label("每日/日期"), "columns": ["day", "readers"],
                "column_details": [column("日期", "text"), column("阅读人数", "people")],
                "rows": [["2026-11-01", 25], ["2026-11-02", "<10"], ["2026-11-03", 31]],
            },
            {
                "name": "articles", "label": label("阅读最多的文章"), "columns": ["item_id", "title", "readers", "share"],
                "column_details": [
                    column("文章编号", "text"), column("标题", "text"), column("阅读人数", "people"), column("完读率", "share"),
                ],
                "rows": [
                    ["a1", "=HYPERLINK(\"x\")", 820, 0.815], ["a2", "亲子采摘，周末去哪儿", 640, 0.5],
                    ["a3", "羽毛球赛报名", "<10", null],
                ],
            },
            {
                "name": "silent", "label": label("没有动静的工会"), "columns": ["union", "members"],
                "column_details": [column("工会", "text"), column("会员", "people")],
                "rows": [["u1", "<10"], ["u2", "<10"], ["u3", 40]],
            },
        ],
        "notes": [label("少于 10 人不显示。")],
        "fewest_people": 10,
        "day_notes": [
            { "first": "2026-11-02", "last": "2026-11-03", "kind": "annotation", "text": label("系统停机") },
        ],
    });
    serde_json::from_value(report).expect("a report")
}

/// A memo of that report.
pub(super) fn sample_memo() -> Memo {
    let both = |zh: &str| json!({ "zh": zh, "en": zh });
    let memo = json!({
        "headline": both("一半会员参与。"), "tiles": ["readers"],
        "movers": [
            { "metric": "readers", "change": 0.5, "sentence": both("阅读人数增加五成。"), "reason": both("观影读得最多。") },
        ],
        "movers_note": both(""),
        "silent_unions": {
            "sentence": both("一家工会没有动静。"), "more": 3,
            "unions": [{ "union_id": "U0007", "name": "云杉合作社", "district": "通州", "members": 1_234 }],
        },
        "pushes": [], "pushes_note": both("这段时间没有推送。"), "action": both("先联系云杉合作社。"),
        "method": [both("变化超过两个标准误才算。")],
    });
    serde_json::from_value(memo).expect("a memo")
}
