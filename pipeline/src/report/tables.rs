//! The tables of a report: the query of each, its columns, and how small groups in it are hidden.

use serde_json::Value;
use zhihui_engine::report::{ReportColumn, ReportTable, Sentence};

use super::suppress::{Guard, hide};
use Guard::{Of, Open, People};

/// The plan of one table.
pub(super) struct Plan {
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
    label: (&'static str, &'static str),
    columns: &'static [Column],
    /// Columns whose sum is told elsewhere in the report.
    additive: &'static [usize],
}

type Column = (&'static str, &'static str, &'static str, &'static str, Guard);

macro_rules! plan {
    ($name:literal, $zh:literal, $en:literal, $additive:expr, [$($column:expr),+ $(,)?]) => {
        Plan {
            name: $name,
            sql: include_str!(concat!("../../sql/report/", $name, ".sql")),
            label: ($zh, $en),
            columns: &[$($column),+],
            additive: $additive,
        }
    };
}

/// The tables whose rows are those of their query.
pub(super) const PLANS: &[Plan] = &[
    plan!(
        "daily",
        "每日",
        "Each day",
        &[2, 4],
        [
            ("day", "日期", "Day", "text", Open),
            ("readers", "阅读人数", "Readers", "people", People),
            ("reads", "阅读人次", "Reads", "person_times", Of(&[1])),
            ("sign_up_members", "报名人数", "Members who signed up", "people", People),
            ("sign_ups", "报名人次", "Sign-ups", "person_times", Of(&[3])),
        ]
    ),
    plan!(
        "age_bands",
        "年龄段",
        "Age bands",
        &[1, 2, 3],
        [
            ("age_band", "年龄段", "Age band", "text", Open),
            ("members", "会员人数", "Members", "people", People),
            ("active_members", "活跃人数", "Active members", "people", People),
            ("readers", "阅读人数", "Readers", "people", People),
        ]
    ),
    plan!(
        "unions",
        "工会",
        "Unions",
        &[2, 3],
        [
            ("union_id", "工会编号", "Union id", "text", Open),
            ("name", "工会", "Union", "text", Open),
            ("members", "会员人数", "Members", "people", People),
            ("active_members", "活跃人数", "Active members", "people", People),
        ]
    ),
    plan!(
        "articles",
        "阅读最多的文章",
        "Most-read articles",
        &[],
        [
            ("item_id", "文章编号", "Article id", "text", Open),
            ("title", "标题", "Title", "text", Open),
            ("readers", "阅读人数", "Readers", "people", People),
            ("reads", "阅读人次", "Reads", "person_times", Of(&[2])),
            ("sharers", "分享人数", "Sharers", "people", People),
            ("score", "与近90天中位数相比", "Against the 90-day median", "z_score", Of(&[2])),
        ]
    ),
    plan!(
        "topics",
        "主题与年龄段",
        "Topics by age band",
        &[],
        [
            ("topic", "主题", "Topic", "text", Open),
            ("age_band", "年龄段", "Age band", "text", Open),
            ("readers", "阅读人数", "Readers", "people", People),
            ("reads", "阅读人次", "Reads", "person_times", Of(&[2])),
            ("index", "关注指数(全体为100)", "Index (all = 100)", "index", Of(&[2])),
        ]
    ),
    plan!(
        "activities",
        "活动报名",
        "Sign-ups by activity",
        &[],
        [
            ("activity_id", "活动编号", "Activity id", "text", Open),
            ("title", "活动", "Activity", "text", Open),
            ("sign_up_members", "报名人数", "Members who signed up", "people", People),
            ("seats_taken", "已占名额", "Seats taken", "tickets", Of(&[2])),
            ("capacity", "名额", "Seats", "tickets", Open),
            ("waitlisted", "候补人数", "On the waiting list", "people", People),
            ("attended", "到场人数", "Came", "people", People),
            ("no_shows", "未到人数", "Did not come", "people", People),
        ]
    ),
];

impl Plan {
    /// The table with its small groups hidden, and how many cells that were. With `hide_all` it has no rows.
    pub(super) fn table(&self, mut rows: Vec<Vec<Value>>, hide_all: bool) -> (ReportTable, usize) {
        if hide_all {
            rows.clear();
        }
        let guards: Vec<Guard> = self.columns.iter().map(|column| column.4).collect();
        let hidden = hide(&mut rows, &guards, self.additive);
        (table(self.name, self.label, self.columns, rows), hidden)
    }
}

/// The funnel from push to attendance. A step about few people is hidden.
pub(super) fn funnel(steps: [f64; 4], hide_all: bool) -> (ReportTable, usize) {
    const NAMES: [(&str, &str, &str); 4] = [
        ("pushed", "收到推送", "Pushed to"),
        ("read", "72小时内阅读", "Read within 72 hours"),
        ("signed_up", "7天内报名", "Signed up within 7 days"),
        ("attended", "到场", "Came"),
    ];
    let step = |at: usize| -> Vec<Value> {
        let (name, zh, en) = NAMES[at];
        let share = (steps[0] > 0.0).then(|| steps[at] / steps[0]);
        vec![
            name.into(),
            zh.into(),
            en.into(),
            super::figures::json(steps[at]),
            share.map_or(Value::Null, super::figures::json),
        ]
    };
    let mut rows: Vec<Vec<Value>> = if hide_all { Vec::new() } else { (0..steps.len()).map(step).collect() };
    let hidden = hide(&mut rows, &[Open, Open, Open, People, Of(&[3])], &[]);
    let columns: &[Column] = &[
        ("step", "步骤", "Step", "text", Open),
        ("label_zh", "步骤", "Step in Chinese", "text", Open),
        ("label_en", "步骤(英文)", "Step in English", "text", Open),
        ("members", "人数", "Members", "people", People),
        ("share", "占收到推送者", "Share of those pushed to", "share", Of(&[3])),
    ];
    (table("funnel", ("从推送到到场", "From push to attendance"), columns, rows), hidden)
}

/// Pushes against their hold-outs; rows hold title, arms, rates, uplift and interval.
pub(super) fn uplift(mut rows: Vec<Vec<Value>>) -> (ReportTable, usize) {
    const ARMS: Guard = Of(&[3, 4, 5, 6]);
    let columns: &[Column] = &[
        ("push_id", "推送编号", "Push", "text", Open),
        ("title", "内容", "About", "text", Open),
        ("response", "响应", "Response", "text", Open),
        ("pushed", "推送组人数", "Pushed to", "people", People),
        ("pushed_responded", "推送组响应人数", "Responded", "people", People),
        ("held_out", "对照组人数", "Hold-out", "people", People),
        ("held_out_responded", "对照组响应人数", "Hold-out responded", "people", People),
        ("uplift", "提升", "Uplift", "percentage_points", ARMS),
        ("low", "95%区间下限", "95% interval, low", "percentage_points", ARMS),
        ("high", "95%区间上限", "95% interval, high", "percentage_points", ARMS),
    ];
    let guards: Vec<Guard> = columns.iter().map(|column| column.4).collect();
    let hidden = hide(&mut rows, &guards, &[]);
    (table("uplift", ("推送与对照组", "Pushes against hold-outs"), columns, rows), hidden)
}

fn table(name: &str, label: (&str, &str), columns: &[Column], rows: Vec<Vec<Value>>) -> ReportTable {
    let sentence = |zh: &str, en: &str| Sentence { zh: zh.to_owned(), en: en.to_owned() };
    ReportTable {
        name: name.to_owned(),
        label: sentence(label.0, label.1),
        columns: columns.iter().map(|column| column.0.to_owned()).collect(),
        column_details: columns
            .iter()
            .map(|(_, zh, en, unit, _)| ReportColumn { label: sentence(zh, en), unit: (*unit).to_owned() })
            .collect(),
        rows,
    }
}
