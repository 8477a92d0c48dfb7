//! The tables of articles and of activities: the items of a month with their readers and sign-ups.

use serde_json::Value;
use zhihui_engine::report::{Groups, MinGroupSize};

use super::hidden_cells::ColumnContent::{DerivedFrom, NotPeople, People};
use super::hidden_cells::people;
use super::tables::{SuppressedTable, TableQuery, table, table_query};
use super::topic_rule::LISTED_ARTICLES;

/// The articles of a month.
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

/// The activities of a month. The query returns an additional last column: the registered members.
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

/// Maximum number of activities.
const LISTED_ACTIVITIES: usize = 50;

/// The most-read articles of a month with these readers and sharers. `rows` are all articles that were read.
pub(super) fn articles(
    mut rows: Vec<Vec<Value>>,
    [readers, sharers]: [u64; 2],
    min_size: MinGroupSize,
) -> SuppressedTable {
    let mut hidden = ARTICLES.hidden_cells(&rows, min_size);
    hidden.hide_small_rests(&rows, 2, readers);
    hidden.hide_small_rests(&rows, 4, sharers);
    if let Some(row) = hidden.row_that_protects_rest(&rows, 2, LISTED_ARTICLES, |row| people(&rows[row], 2)) {
        hidden.hide(row, 2);
    }
    hidden.keep(&mut rows, LISTED_ARTICLES);
    hidden.put_hidden_last(&mut rows, 2);
    ARTICLES.suppressed(hidden, rows)
}

/// The most-read articles of a scope that may be shown, without the columns about further groups. `rows` are all articles that
/// were read. `readers` are those of an article in the whole account: if one more article is hidden, it is the same in all scopes.
pub(super) fn articles_in_scope(
    mut rows: Vec<Vec<Value>>,
    is_shown: &dyn Fn(&str) -> bool,
    readers: &dyn Fn(&str) -> u64,
    min_size: MinGroupSize,
) -> SuppressedTable {
    let id = |row: &Vec<Value>| row[0].as_str().unwrap_or_default().to_owned();
    let mut hidden = ARTICLES.hidden_cells(&rows, min_size);
    let not_shown = (0..rows.len().min(LISTED_ARTICLES)).filter(|&at| !is_shown(&id(&rows[at])));
    not_shown.for_each(|at| hidden.hide(at, 2));
    if let Some(row) = hidden.row_that_protects_rest(&rows, 2, LISTED_ARTICLES, |row| readers(&id(&rows[row]))) {
        hidden.hide(row, 2);
    }
    hidden.keep(&mut rows, LISTED_ARTICLES);
    let listed = rows.len();
    hidden.keep_shown(&mut rows, 2);
    for row in &mut rows {
        row[4] = Value::Null;
        row[5] = Value::Null;
    }
    let hidden = listed - rows.len();
    (table(ARTICLES.name, ARTICLES.label, ARTICLES.columns, rows), hidden)
}

/// The activities. Members who signed up are seated (registered or attended), waiting or absent. So the counts of a row are
/// nested groups, and the number of seats reveals the seated members.
///
/// `signers` and `attendees` are those of the month. The sums over all activities are metrics.
pub(super) fn activities(
    mut rows: Vec<Vec<Value>>,
    [signers, attendees]: [u64; 2],
    min_size: MinGroupSize,
) -> SuppressedTable {
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
    hidden.hide_small_rests(&rows, 2, signers);
    hidden.hide_small_rests(&rows, 6, attendees);
    // With its other counts, a hidden count of a row could be worked out: they are hidden as well.
    for (column, also) in [(2, &[3, 5, 6, 7][..]), (6, &[]), (7, &[3])] {
        if let Some(row) =
            hidden.row_that_protects_rest(&rows, column, LISTED_ACTIVITIES, |row| people(&rows[row], column))
        {
            also.iter().chain([&column]).for_each(|&column| hidden.hide(row, column));
        }
    }
    hidden.keep(&mut rows, LISTED_ACTIVITIES);
    hidden.put_hidden_last(&mut rows, 2);
    ACTIVITIES.suppressed(hidden, rows)
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
                let (table, _) = activities(vec![row.clone()], [1_000; 2], MinGroupSize::default());
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
