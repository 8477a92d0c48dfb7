//! The tables of a report: their queries and columns, and the suppression of small groups in them.

use serde_json::Value;
use zhihui_engine::report::{Groups, MinGroupSize, ReportColumn, ReportTable, Sentence};

use super::group_counts::GroupHierarchy;
use super::hidden_cells::{ColumnContent, HiddenCells, hidden_text, people};
use super::unions::Unions;
use ColumnContent::{DerivedFrom, NotPeople, People};

/// Query, label and columns of a table.
pub(super) struct TableQuery {
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
    label: (&'static str, &'static str),
    columns: &'static [Column],
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

/// The most-read articles of the period.
pub(super) const ARTICLES: TableQuery = table_query!(
    "articles",
    "阅读最多的文章",
    "Most-read articles",
    [
        ("item_id", "文章编号", "Article id", "text", NotPeople),
        ("title", "标题", "Title", "text", NotPeople),
        ("readers", "阅读人数", "Readers", "people", People),
        ("reads", "阅读人次", "Reads", "person_times", DerivedFrom(&[2])),
        ("sharers", "分享人数", "Sharers", "people", People),
        ("score", "与近90天中位数相比", "Against the 90-day median", "z_score", DerivedFrom(&[2])),
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

/// Activities of the period. The query returns an additional last column: the registered members.
pub(super) const ACTIVITIES: TableQuery = table_query!(
    "activities",
    "活动报名",
    "Sign-ups by activity",
    [
        ("activity_id", "活动编号", "Activity id", "text", NotPeople),
        ("title", "活动", "Activity", "text", NotPeople),
        ("sign_up_members", "报名人数", "Members who signed up", "people", People),
        ("seats_taken", "已占名额", "Seats taken", "tickets", NotPeople),
        ("capacity", "名额", "Seats", "tickets", NotPeople),
        ("waitlisted", "候补人数", "On the waiting list", "people", People),
        ("attended", "到场人数", "Attended", "people", People),
        ("no_shows", "未到人数", "Did not attend", "people", People),
    ]
);

pub(super) const MEMBERS: Column = ("members", "会员人数", "Members", "people", People);
pub(super) const ACTIVE: Column = ("active_members", "活跃人数", "Active members", "people", People);

/// A table after suppression, with the number of hidden cells.
pub(super) type SuppressedTable = (ReportTable, usize);

impl TableQuery {
    fn hidden_cells(&self, rows: &[Vec<Value>], min_size: MinGroupSize) -> HiddenCells {
        let contents: Vec<ColumnContent> = self.columns.iter().map(|column| column.4).collect();
        HiddenCells::new(rows, &contents, min_size)
    }

    fn suppressed(&self, hidden: HiddenCells, mut rows: Vec<Vec<Value>>) -> SuppressedTable {
        let hidden = hidden.write(&mut rows);
        (table(self.name, self.label, self.columns, rows), hidden)
    }
}

/// The days. The metrics show the sums over all days.
pub(super) fn daily(rows: Vec<Vec<Value>>, min_size: MinGroupSize) -> SuppressedTable {
    let mut hidden = DAILY.hidden_cells(&rows, min_size);
    hidden.hide_in_column(&rows, 1);
    hidden.hide_in_column(&rows, 3);
    DAILY.suppressed(hidden, rows)
}

/// The most-read articles.
pub(super) fn articles(rows: Vec<Vec<Value>>, min_size: MinGroupSize) -> SuppressedTable {
    ARTICLES.suppressed(ARTICLES.hidden_cells(&rows, min_size), rows)
}

/// The most-read articles of a scope that may be shown, without the columns about further groups.
pub(super) fn articles_in_scope(rows: Vec<Vec<Value>>, is_shown: &dyn Fn(&str) -> bool) -> SuppressedTable {
    let all = rows.len();
    let mut shown: Vec<Vec<Value>> = rows.into_iter().filter(|row| row[0].as_str().is_some_and(is_shown)).collect();
    for row in &mut shown {
        row[4] = Value::Null;
        row[5] = Value::Null;
    }
    let hidden = all - shown.len();
    (table(ARTICLES.name, ARTICLES.label, ARTICLES.columns, shown), hidden)
}

/// The activities. Members who signed up are seated (registered or attended), waiting or absent. So the counts of a row are
/// nested groups, and the number of seats reveals the seated members.
pub(super) fn activities(mut rows: Vec<Vec<Value>>, min_size: MinGroupSize) -> SuppressedTable {
    const SEATED: usize = 0;
    let groups = Groups::new(&[None, Some(SEATED), None, None]);
    let mut hidden = ACTIVITIES.hidden_cells(&rows, min_size);
    for (at, row) in rows.iter_mut().enumerate() {
        let registered = row.pop().as_ref().and_then(Value::as_u64).unwrap_or_default();
        let totals = [people(row, 2), registered + people(row, 6), people(row, 6), people(row, 5), people(row, 7)];
        hidden.hide_in_row(at, &groups, &[2, 3, 6, 5, 7], &totals);
        if min_size.hides(totals[0]) {
            hidden.hide(at, 3);
        }
    }
    ACTIVITIES.suppressed(hidden, rows)
}

/// The topics by age band. The age bands of a topic sum up to the topic, and the other readers of a band are a group too.
pub(super) fn topics(rows: Vec<Vec<Value>>, bands: &GroupHierarchy, min_size: MinGroupSize) -> SuppressedTable {
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
    TOPICS.suppressed(hidden, rows)
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
    places.sort_by_key(|&place| {
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

/// The funnel from push to attendance. Hides a step if the members who took it, or those who did not, are a small group.
pub(super) fn funnel(steps: [f64; 4], min_size: MinGroupSize) -> SuppressedTable {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of an activity with one ticket for each sign-up.
    fn activity(registered: u64, attended: u64, waiting: u64, absent: u64) -> Vec<Value> {
        let seated = registered + attended;
        let counts = [seated + waiting + absent, seated, 2_000, waiting, attended, absent, registered];
        ["a1", "x"].map(Value::from).into_iter().chain(counts.map(Value::from)).collect()
    }

    #[test]
    fn shown_counts_of_an_activity_reveal_no_small_group() {
        let sizes = [0, 3, 9, 10, 40];
        let mut hidden_for_others = 0;
        for (registered, attended) in sizes.into_iter().flat_map(|one| sizes.map(|other| (one, other))) {
            for (waiting, absent) in sizes.into_iter().flat_map(|one| sizes.map(|other| (one, other))) {
                let row = activity(registered, attended, waiting, absent);
                let (table, _) = activities(vec![row.clone()], MinGroupSize::default());
                let cell = |column: usize| table.rows[0][column].as_i64();
                let (total, seats, waits, came, missed) = (cell(2), cell(3), cell(5), cell(6), cell(7));
                // Every group that shown cells reveal, directly or by a difference.
                let revealed = [
                    total,
                    seats,
                    waits,
                    came,
                    missed,
                    total.zip(seats).map(|(all, some)| all - some),
                    total.zip(waits).map(|(all, some)| all - some),
                    total.zip(missed).map(|(all, some)| all - some),
                    seats.zip(came).map(|(all, some)| all - some),
                    total.zip(seats).zip(waits).map(|((all, some), more)| all - some - more),
                    total.zip(seats).zip(missed).map(|((all, some), more)| all - some - more),
                    total.zip(waits).zip(missed).map(|((all, some), more)| all - some - more),
                    total.zip(waits).zip(missed).zip(came).map(|(((all, some), more), last)| all - some - more - last),
                ];
                let small = revealed.into_iter().flatten().find(|people| (1..10).contains(people));
                assert_eq!(small, None, "{row:?} shown as {:?}", table.rows[0]);
                hidden_for_others += usize::from(absent >= 10 && missed.is_none());
            }
        }
        assert!(hidden_for_others > 0, "no large cell was hidden to protect another one");
    }
}
