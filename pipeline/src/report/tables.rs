//! The tables of a report: their queries and columns, and the suppression of small groups in them.

use std::collections::BTreeSet;

use serde_json::Value;
use zhihui_engine::report::{Groups, MinGroupSize, ReportColumn, ReportTable, Sentence};

use super::group_hierarchy::GroupHierarchy;
use super::hidden_cells::{ColumnContent, HiddenCells, hidden_text, people};
use super::period_rule::PeriodRule;
use super::topic_rule::TopicArticles;
use super::unions::Unions;
use ColumnContent::{DerivedFrom, NotPeople, People};

/// Query, label and columns of a table.
pub(super) struct TableQuery {
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
    pub(super) label: (&'static str, &'static str),
    pub(super) columns: &'static [Column],
}

/// Name, Chinese label, English label, unit, and content for suppression.
pub(super) type Column = (&'static str, &'static str, &'static str, &'static str, ColumnContent);

macro_rules! table_query {
    ($name:literal, $zh:literal, $en:literal, [$($column:expr),+ $(,)?]) => {
        TableQuery {
            name: $name,
            sql: include_str!(concat!("../../sql/report/", $name, ".sql")),
            label: ($zh, $en),
            columns: &[$($column),+],
        }
    };
}

pub(super) use table_query;

/// Each day of the period.
pub(super) const DAILY: TableQuery = table_query!(
    "daily",
    "每日",
    "Each day",
    [
        ("day", "日期", "Day", "text", NotPeople),
        ("readers", "阅读人数", "Readers", "people", People),
        ("reads", "阅读人次", "Reads", "person_times", DerivedFrom(&[1])),
        ("sign_up_members", "报名人数", "Members who signed up", "people", People),
        ("sign_ups", "报名人次", "Sign-ups", "person_times", DerivedFrom(&[3])),
    ]
);

/// Topics by age band in a month.
pub(super) const TOPICS: TableQuery = table_query!(
    "topics",
    "主题与年龄段",
    "Topics by age band",
    [
        ("topic", "主题", "Topic", "text", NotPeople),
        ("age_band", "年龄段", "Age band", "text", NotPeople),
        ("readers", "阅读人数", "Readers", "people", People),
        ("reads", "阅读人次", "Reads", "person_times", DerivedFrom(&[2])),
        ("index", "关注指数（全体为100）", "Index (all = 100)", "index", DerivedFrom(&[2])),
    ]
);

pub(super) const MEMBERS: Column = ("members", "会员人数", "Members", "people", People);
pub(super) const ACTIVE: Column = ("active_members", "活跃人数", "Active members", "people", People);

/// A table after suppression, with the number of hidden cells.
pub(super) type SuppressedTable = (ReportTable, usize);

impl TableQuery {
    pub(super) fn hidden_cells(&self, rows: &[Vec<Value>], min_size: MinGroupSize) -> HiddenCells {
        let contents: Vec<ColumnContent> = self.columns.iter().map(|column| column.4).collect();
        HiddenCells::new(rows, &contents, min_size)
    }

    pub(super) fn suppressed(&self, hidden: HiddenCells, mut rows: Vec<Vec<Value>>) -> SuppressedTable {
        let hidden = hidden.write(&mut rows);
        (table(self.name, self.label, self.columns, rows), hidden)
    }
}

/// The days. The metrics show the sums over all days.
pub(super) fn daily(rows: Vec<Vec<Value>>, rule: &PeriodRule, min_size: MinGroupSize) -> SuppressedTable {
    let mut hidden = DAILY.hidden_cells(&rows, min_size);
    for (at, row) in rows.iter().enumerate() {
        for (column, statistic) in [(1, "readers"), (3, "signers")] {
            if !rule.shows_day(statistic, row[0].as_str().unwrap_or_default()) {
                hidden.hide(at, column);
            }
        }
    }
    DAILY.suppressed(hidden, rows)
}

/// The topics by age band. The age bands of a topic sum up to the topic, the articles of a topic as well, and the other readers
/// of a band are a group too. Returns the topics with a cell that is hidden because of articles as well: all readers of such a
/// topic would reveal the cell.
pub(super) fn topics(
    rows: Vec<Vec<Value>>,
    bands: &GroupHierarchy,
    articles: &TopicArticles,
    min_size: MinGroupSize,
) -> (SuppressedTable, BTreeSet<String>) {
    let mut hidden = TOPICS.hidden_cells(&rows, min_size);
    let mut first = 0;
    while first < rows.len() {
        let topic = &rows[first][0];
        let n = rows[first..].iter().take_while(|row| row[0] == *topic).count();
        let of_topic = &rows[first..first + n];
        let place = |row: &Vec<Value>| bands.place(row[1].as_str());
        let readers = of_topic.iter().map(|row| people(row, 2));
        let others = of_topic.iter().map(|row| bands.count("readers", place(row)).saturating_sub(people(row, 2)));
        let groups = Groups::flat(n);
        let shown = |counts: &mut dyn Iterator<Item = u64>| {
            let own: Vec<u64> = std::iter::once(0).chain(counts).collect();
            groups.shown(&groups.totals(&own), min_size)
        };
        let (readers, others) = (shown(&mut { readers }), shown(&mut { others }));
        for (at, row) in of_topic.iter().enumerate() {
            if !(readers[at + 1] && others[at + 1] && bands.shows(READER_STATISTICS, place(row))) {
                hidden.hide(first + at, 2);
            }
        }
        first += n;
    }
    let text = |row: usize, column: usize| rows[row][column].as_str().unwrap_or_default();
    let cells: Vec<(&str, &str, u64)> =
        (0..rows.len()).map(|row| (text(row, 0), text(row, 1), people(&rows[row], 2))).collect();
    let before = hidden.shown(2);
    let mut shown = before.clone();
    articles.hide(&cells, &mut shown, min_size);
    let mut revealing = BTreeSet::new();
    for row in (0..rows.len()).filter(|&row| before[row] && !shown[row]) {
        hidden.hide(row, 2);
        revealing.insert(text(row, 0).to_owned());
    }
    (TOPICS.suppressed(hidden, rows), revealing)
}

pub(super) const ACTIVE_STATISTICS: &[&str] = &["members", "active", "inactive"];
/// Statistics that must be shown for readers to be shown.
pub(super) const READER_STATISTICS: &[&str] = &["members", "active", "inactive", "readers", "non_readers"];

/// The age bands of a month.
pub(super) fn age_bands(bands: &GroupHierarchy, min_size: MinGroupSize) -> SuppressedTable {
    let columns: &[Column] = &[
        ("age_band", "年龄段", "Age band", "text", NotPeople),
        MEMBERS,
        ACTIVE,
        ("readers", "阅读人数", "Readers", "people", People),
    ];
    let rows = bands.names().iter().enumerate().map(|(at, name)| {
        let mut row = vec![Value::from(name.as_str())];
        row.extend(cells(
            bands,
            at + 1,
            &[("members", &["members"]), ("active", ACTIVE_STATISTICS), ("readers", READER_STATISTICS)],
            min_size,
        ));
        row
    });
    count_hidden("age_bands", ("年龄段", "Age bands"), columns, rows.collect(), min_size)
}

/// The union at `top` and its subordinate unions in a month, each including the unions below it. Silent unions come first, then
/// the others by size; unions whose size is hidden come last, by id.
pub(super) fn unions(
    hierarchy: &GroupHierarchy,
    unions: &Unions,
    top: usize,
    min_size: MinGroupSize,
) -> SuppressedTable {
    let columns: &[Column] = &[
        ("union_id", "工会编号", "Union id", "text", NotPeople),
        ("name", "工会", "Union", "text", NotPeople),
        MEMBERS,
        ACTIVE,
    ];
    let inside = |place: &usize| hierarchy.count("members", *place) > 0 && unions.groups.is_within(*place, top);
    let mut places: Vec<usize> = (1..unions.groups.len()).filter(inside).collect();
    // Cached, because a key looks up several statistics by name.
    places.sort_by_cached_key(|&place| {
        let members = if hierarchy.shows(&["members"], place) { hierarchy.count("members", place) } else { 0 };
        let is_silent =
            members > 0 && hierarchy.shows(ACTIVE_STATISTICS, place) && hierarchy.count("active", place) == 0;
        (!is_silent, std::cmp::Reverse(members), place)
    });
    let rows = places.into_iter().map(|place| {
        let (id, name) = unions.at(place);
        let mut row = vec![Value::from(id), Value::from(name)];
        row.extend(cells(hierarchy, place, &[("members", &["members"]), ("active", ACTIVE_STATISTICS)], min_size));
        row
    });
    count_hidden("unions", ("工会", "Unions"), columns, rows.collect(), min_size)
}

/// The counts of a group. Each is shown only if all its required statistics are.
fn cells(hierarchy: &GroupHierarchy, place: usize, counts: &[(&str, &[&str])], min_size: MinGroupSize) -> Vec<Value> {
    let cell = |&(statistic, required): &(&str, &[&str])| {
        if hierarchy.shows(required, place) {
            hierarchy.count(statistic, place).into()
        } else {
            hidden_text(min_size).into()
        }
    };
    counts.iter().map(cell).collect()
}

/// Creates a table whose rows are suppressed already.
pub(super) fn count_hidden(
    name: &str,
    label: (&str, &str),
    columns: &[Column],
    rows: Vec<Vec<Value>>,
    min_size: MinGroupSize,
) -> SuppressedTable {
    let text = hidden_text(min_size);
    let hidden = rows.iter().flatten().filter(|cell| cell.as_str() == Some(&text)).count();
    (table(name, label, columns, rows), hidden)
}

/// The funnel from push to attendance. Hides a step if the members who took it, or those who did not, are a small group, or if
/// it may not be shown for the period.
pub(super) fn funnel(steps: [f64; 4], is_shown: [bool; 4], min_size: MinGroupSize) -> SuppressedTable {
    const NAMES: [(&str, &str, &str); 4] = [
        ("pushed", "收到推送", "Pushed to"),
        ("read", "72小时内阅读", "Read within 72 hours"),
        ("signed_up", "7天内报名", "Signed up within 7 days"),
        ("attended", "到场", "Attended"),
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
    let mut rows: Vec<Vec<Value>> = (0..steps.len()).map(step).collect();
    let mut hidden = HiddenCells::new(&rows, &[NotPeople, NotPeople, NotPeople, People, DerivedFrom(&[3])], min_size);
    (0..steps.len()).filter(|&at| !is_shown[at]).for_each(|at| hidden.hide(at, 3));
    let pushed = people(&rows[0], 3);
    for (at, row) in rows.iter().enumerate().skip(1) {
        if min_size.hides(pushed) || min_size.hides(pushed.saturating_sub(people(row, 3))) {
            hidden.hide(at, 3);
        }
    }
    let hidden = hidden.write(&mut rows);
    let columns: &[Column] = &[
        ("step", "步骤", "Step", "text", NotPeople),
        ("label_zh", "步骤", "Step in Chinese", "text", NotPeople),
        ("label_en", "步骤（英文）", "Step in English", "text", NotPeople),
        ("members", "人数", "Members", "people", People),
        ("share", "占收到推送者", "Share of those pushed to", "share", DerivedFrom(&[3])),
    ];
    (table("funnel", ("从推送到到场", "From push to attendance"), columns, rows), hidden)
}

/// Pushes and their hold-outs. `large` says for each push whether both arms are large enough to show any number of responses.
pub(super) fn uplift(mut rows: Vec<Vec<Value>>, large: &[bool], min_size: MinGroupSize) -> SuppressedTable {
    const ARMS: ColumnContent = DerivedFrom(&[3, 4, 5, 6]);
    let columns: &[Column] = &[
        ("push_id", "推送编号", "Push", "text", NotPeople),
        ("title", "内容", "About", "text", NotPeople),
        ("response", "响应", "Response", "text", NotPeople),
        ("pushed", "推送组人数", "Pushed to", "people", People),
        ("pushed_responded", "推送组响应人数", "Responded", "people", People),
        ("held_out", "对照组人数", "Hold-out", "people", People),
        ("held_out_responded", "对照组响应人数", "Hold-out responded", "people", People),
        ("uplift", "提升", "Uplift", "percentage_points", ARMS),
        ("low", "95%区间下限", "95% interval, low", "percentage_points", ARMS),
        ("high", "95%区间上限", "95% interval, high", "percentage_points", ARMS),
    ];
    let contents: Vec<ColumnContent> = columns.iter().map(|column| column.4).collect();
    let mut hidden = HiddenCells::new(&rows, &contents, min_size);
    for (at, row) in rows.iter().enumerate() {
        if large.get(at) == Some(&true) {
            hidden.show(at);
            continue;
        }
        for (arm, responded) in [(3, 4), (5, 6)] {
            if min_size.hides(people(row, arm).saturating_sub(people(row, responded))) {
                hidden.hide(at, responded);
            }
        }
    }
    let hidden = hidden.write(&mut rows);
    (table("uplift", ("推送与对照组", "Pushes against hold-outs"), columns, rows), hidden)
}

pub(super) fn table(name: &str, label: (&str, &str), columns: &[Column], rows: Vec<Vec<Value>>) -> ReportTable {
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

/// Adds the month to a table's label, because it may differ from the report's period.
pub(super) fn of_month((mut table, hidden): SuppressedTable, month: chrono::NaiveDate) -> SuppressedTable {
    table.label.zh += &month.format("（%Y年%-m月）").to_string();
    table.label.en += &month.format(" (%B %Y)").to_string();
    (table, hidden)
}
