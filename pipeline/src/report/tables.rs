//! The tables of a report: the query of each, its columns, and how small groups in it are hidden.

use serde_json::Value;
use zhihui_engine::report::{Groups, MinGroupSize, ReportColumn, ReportTable, Sentence};

use super::lattice::Family;
use super::suppress::{Guard, Marks, hidden_text, people};
use super::unions::Unions;
use Guard::{Of, Open, People};

/// The plan of one table.
pub(super) struct Plan {
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
    label: (&'static str, &'static str),
    columns: &'static [Column],
}

type Column = (&'static str, &'static str, &'static str, &'static str, Guard);

macro_rules! plan {
    ($name:literal, $zh:literal, $en:literal, [$($column:expr),+ $(,)?]) => {
        Plan {
            name: $name,
            sql: include_str!(concat!("../../sql/report/", $name, ".sql")),
            label: ($zh, $en),
            columns: &[$($column),+],
        }
    };
}

/// Days of the period.
pub(super) const DAILY: Plan = plan!(
    "daily",
    "每日",
    "Each day",
    [
        ("day", "日期", "Day", "text", Open),
        ("readers", "阅读人数", "Readers", "people", People),
        ("reads", "阅读人次", "Reads", "person_times", Of(&[1])),
        ("sign_up_members", "报名人数", "Members who signed up", "people", People),
        ("sign_ups", "报名人次", "Sign-ups", "person_times", Of(&[3])),
    ]
);

/// Articles of the period.
pub(super) const ARTICLES: Plan = plan!(
    "articles",
    "阅读最多的文章",
    "Most-read articles",
    [
        ("item_id", "文章编号", "Article id", "text", Open),
        ("title", "标题", "Title", "text", Open),
        ("readers", "阅读人数", "Readers", "people", People),
        ("reads", "阅读人次", "Reads", "person_times", Of(&[2])),
        ("sharers", "分享人数", "Sharers", "people", People),
        ("score", "与近90天中位数相比", "Against the 90-day median", "z_score", Of(&[2])),
    ]
);

/// Topics of a month by age band.
pub(super) const TOPICS: Plan = plan!(
    "topics",
    "主题与年龄段",
    "Topics by age band",
    [
        ("topic", "主题", "Topic", "text", Open),
        ("age_band", "年龄段", "Age band", "text", Open),
        ("readers", "阅读人数", "Readers", "people", People),
        ("reads", "阅读人次", "Reads", "person_times", Of(&[2])),
        ("index", "关注指数(全体为100)", "Index (all = 100)", "index", Of(&[2])),
    ]
);

/// Activities of the period. The query gives one column more: those who are registered.
pub(super) const ACTIVITIES: Plan = plan!(
    "activities",
    "活动报名",
    "Sign-ups by activity",
    [
        ("activity_id", "活动编号", "Activity id", "text", Open),
        ("title", "活动", "Activity", "text", Open),
        ("sign_up_members", "报名人数", "Members who signed up", "people", People),
        ("seats_taken", "已占名额", "Seats taken", "tickets", Open),
        ("capacity", "名额", "Seats", "tickets", Open),
        ("waitlisted", "候补人数", "On the waiting list", "people", People),
        ("attended", "到场人数", "Came", "people", People),
        ("no_shows", "未到人数", "Did not come", "people", People),
    ]
);

const MEMBERS: Column = ("members", "会员人数", "Members", "people", People);
const ACTIVE: Column = ("active_members", "活跃人数", "Active members", "people", People);

/// A table with the number of its hidden cells.
pub(super) type Made = (ReportTable, usize);

impl Plan {
    fn marks(&self, rows: &[Vec<Value>], fewest: MinGroupSize) -> Marks {
        let guards: Vec<Guard> = self.columns.iter().map(|column| column.4).collect();
        Marks::new(rows, &guards, fewest)
    }

    fn made(&self, marks: Marks, mut rows: Vec<Vec<Value>>) -> Made {
        let hidden = marks.write(&mut rows);
        (table(self.name, self.label, self.columns, rows), hidden)
    }
}

/// Each day; the sums over the days are told by the figures.
pub(super) fn daily(rows: Vec<Vec<Value>>, fewest: MinGroupSize) -> Made {
    let mut marks = DAILY.marks(&rows, fewest);
    marks.hide_in_column(&rows, 1);
    marks.hide_in_column(&rows, 3);
    DAILY.made(marks, rows)
}

/// The most-read articles.
pub(super) fn articles(rows: Vec<Vec<Value>>, fewest: MinGroupSize) -> Made {
    ARTICLES.made(ARTICLES.marks(&rows, fewest), rows)
}

/// The most-read articles of a part of the account: those that may be shown, without what would tell of further groups.
pub(super) fn articles_of_part(rows: Vec<Vec<Value>>, is_shown: &dyn Fn(&str) -> bool) -> Made {
    let all = rows.len();
    let mut shown: Vec<Vec<Value>> = rows.into_iter().filter(|row| row[0].as_str().is_some_and(is_shown)).collect();
    for row in &mut shown {
        row[4] = Value::Null;
        row[5] = Value::Null;
    }
    let hidden = all - shown.len();
    (table(ARTICLES.name, ARTICLES.label, ARTICLES.columns, shown), hidden)
}

/// Activities. Who signed up is either seated (registered or came), waiting, or absent: the numbers of a row are groups inside one
/// another, and seats tell of the seated.
pub(super) fn activities(mut rows: Vec<Vec<Value>>, fewest: MinGroupSize) -> Made {
    const SEATED: usize = 0;
    let groups = Groups::new(&[None, Some(SEATED), None, None]);
    let mut marks = ACTIVITIES.marks(&rows, fewest);
    for (at, row) in rows.iter_mut().enumerate() {
        let registered = row.pop().as_ref().and_then(Value::as_u64).unwrap_or_default();
        let totals = [people(row, 2), registered + people(row, 6), people(row, 6), people(row, 5), people(row, 7)];
        marks.hide_in_row(at, &groups, &[2, 3, 6, 5, 7], &totals);
        if fewest.hides(totals[0]) {
            marks.hide(at, 3);
        }
    }
    ACTIVITIES.made(marks, rows)
}

/// Topics by age band. The bands of a topic sum up to the topic, and in each band those who did not read about it are a group too.
pub(super) fn topics(rows: Vec<Vec<Value>>, bands: &Family, fewest: MinGroupSize) -> Made {
    let mut marks = TOPICS.marks(&rows, fewest);
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
            groups.shown(&groups.totals(&own), fewest)
        };
        let (readers, others) = (shown(&mut { readers }), shown(&mut { others }));
        for (at, row) in of_topic.iter().enumerate() {
            if !(readers[at + 1] && others[at + 1] && bands.shows(READERS, place(row))) {
                marks.hide(first + at, 2);
            }
        }
        first += n;
    }
    TOPICS.made(marks, rows)
}

const ACTIVES: &[&str] = &["members", "active", "inactive"];
/// Statistics that must be shown with the readers.
pub(super) const READERS: &[&str] = &["members", "active", "inactive", "readers", "non_readers"];

/// The age bands of a month.
pub(super) fn age_bands(bands: &Family, fewest: MinGroupSize) -> Made {
    let columns: &[Column] = &[
        ("age_band", "年龄段", "Age band", "text", Open),
        MEMBERS,
        ACTIVE,
        ("readers", "阅读人数", "Readers", "people", People),
    ];
    let rows = bands.names().iter().enumerate().map(|(at, name)| {
        let mut row = vec![Value::from(name.as_str())];
        row.extend(cells(
            bands,
            at + 1,
            &[("members", &["members"]), ("active", ACTIVES), ("readers", READERS)],
            fewest,
        ));
        row
    });
    counted("age_bands", ("年龄段", "Age bands"), columns, rows.collect(), fewest)
}

/// The unions at `top` and below it in a month, each with those below it: silent ones first, then the largest; those of which not
/// even the size is shown come last, in the order of ids.
pub(super) fn unions(family: &Family, unions: &Unions, top: usize, fewest: MinGroupSize) -> Made {
    let columns: &[Column] =
        &[("union_id", "工会编号", "Union id", "text", Open), ("name", "工会", "Union", "text", Open), MEMBERS, ACTIVE];
    let inside = |place: &usize| family.count("members", *place) > 0 && unions.groups.is_within(*place, top);
    let mut places: Vec<usize> = (1..unions.groups.len()).filter(inside).collect();
    places.sort_by_key(|&place| {
        let members = if family.shows(&["members"], place) { family.count("members", place) } else { 0 };
        let is_silent = members > 0 && family.shows(ACTIVES, place) && family.count("active", place) == 0;
        (!is_silent, std::cmp::Reverse(members), place)
    });
    let rows = places.into_iter().map(|place| {
        let (id, name) = unions.at(place);
        let mut row = vec![Value::from(id), Value::from(name)];
        row.extend(cells(family, place, &[("members", &["members"]), ("active", ACTIVES)], fewest));
        row
    });
    counted("unions", ("工会", "Unions"), columns, rows.collect(), fewest)
}

/// Counts of one group, each with the statistics that must be shown with it.
fn cells(family: &Family, place: usize, counts: &[(&str, &[&str])], fewest: MinGroupSize) -> Vec<Value> {
    let cell = |&(statistic, needed): &(&str, &[&str])| {
        if family.shows(needed, place) { family.count(statistic, place).into() } else { hidden_text(fewest).into() }
    };
    counts.iter().map(cell).collect()
}

fn counted(name: &str, label: (&str, &str), columns: &[Column], rows: Vec<Vec<Value>>, fewest: MinGroupSize) -> Made {
    let text = hidden_text(fewest);
    let hidden = rows.iter().flatten().filter(|cell| cell.as_str() == Some(&text)).count();
    (table(name, label, columns, rows), hidden)
}

/// The funnel from push to attendance. A step about few people is hidden, and so is one that few did not take.
pub(super) fn funnel(steps: [f64; 4], fewest: MinGroupSize) -> Made {
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
    let mut rows: Vec<Vec<Value>> = (0..steps.len()).map(step).collect();
    let mut marks = Marks::new(&rows, &[Open, Open, Open, People, Of(&[3])], fewest);
    let pushed = people(&rows[0], 3);
    for (at, row) in rows.iter().enumerate().skip(1) {
        if fewest.hides(pushed) || fewest.hides(pushed.saturating_sub(people(row, 3))) {
            marks.hide(at, 3);
        }
    }
    let hidden = marks.write(&mut rows);
    let columns: &[Column] = &[
        ("step", "步骤", "Step", "text", Open),
        ("label_zh", "步骤", "Step in Chinese", "text", Open),
        ("label_en", "步骤(英文)", "Step in English", "text", Open),
        ("members", "人数", "Members", "people", People),
        ("share", "占收到推送者", "Share of those pushed to", "share", Of(&[3])),
    ];
    (table("funnel", ("从推送到到场", "From push to attendance"), columns, rows), hidden)
}

/// Pushes against their hold-outs; rows hold title, arms, rates, uplift and interval. `large` says of each push whether both arms
/// are large enough to show how many responded, however few.
pub(super) fn uplift(mut rows: Vec<Vec<Value>>, large: &[bool], fewest: MinGroupSize) -> Made {
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
    let mut marks = Marks::new(&rows, &guards, fewest);
    for (at, row) in rows.iter().enumerate() {
        if large.get(at) == Some(&true) {
            marks.show(at);
            continue;
        }
        for (arm, responded) in [(3, 4), (5, 6)] {
            if fewest.hides(people(row, arm).saturating_sub(people(row, responded))) {
                marks.hide(at, responded);
            }
        }
    }
    let hidden = marks.write(&mut rows);
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

/// Names the month in a table's title: it may be another period than the report's.
pub(super) fn of_month((mut made, hidden): Made, month: chrono::NaiveDate) -> Made {
    made.label.zh += &month.format("(%Y年%-m月)").to_string();
    made.label.en += &month.format(" (%B %Y)").to_string();
    (made, hidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One activity, of whom everybody holds one ticket, by what became of the sign-ups.
    fn activity(registered: u64, attended: u64, waiting: u64, absent: u64) -> Vec<Value> {
        let seated = registered + attended;
        let counts = [seated + waiting + absent, seated, 2_000, waiting, attended, absent, registered];
        ["a1", "x"].map(Value::from).into_iter().chain(counts.map(Value::from)).collect()
    }

    #[test]
    fn the_sign_ups_of_an_activity_are_suppressed_together() {
        let sizes = [0, 3, 9, 10, 40];
        let mut hidden_for_another = 0;
        for (registered, attended) in sizes.into_iter().flat_map(|one| sizes.map(|other| (one, other))) {
            for (waiting, absent) in sizes.into_iter().flat_map(|one| sizes.map(|other| (one, other))) {
                let row = activity(registered, attended, waiting, absent);
                let (made, _) = activities(vec![row.clone()], MinGroupSize::default());
                let cell = |column: usize| made.rows[0][column].as_i64();
                let (total, seats, waits, came, missed) = (cell(2), cell(3), cell(5), cell(6), cell(7));
                // Every group that shown cells tell of, alone or by a difference.
                let told = [
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
                let small = told.into_iter().flatten().find(|people| (1..10).contains(people));
                assert_eq!(small, None, "{row:?} shown as {:?}", made.rows[0]);
                hidden_for_another += usize::from(absent >= 10 && missed.is_none());
            }
        }
        assert!(hidden_for_another > 0, "no large cell was hidden for another one's sake");
    }
}
