//! Activities for which members signed up.

use std::collections::HashMap;

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::Counts;
use super::batch::{Column, batch};
use super::view::Micros;
use crate::report::columns::Status;

/// Current sign-ups of an activity.
#[derive(Debug, Clone, Copy, Default)]
struct ActivityCounts {
    sign_up_members: i64,
    registered: i64,
    waitlisted: i64,
    attended: i64,
    no_shows: i64,
    seats_taken: i64,
}

/// `activities.sql`.
pub(super) fn activities(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let columns = &counts.columns;
    let mut activities: HashMap<u32, ActivityCounts> = HashMap::new();
    for sign_up in columns.sign_ups.within(period) {
        if counts.view.row(sign_up.member).is_none() {
            continue;
        }
        let activity = activities.entry(sign_up.activity).or_default();
        activity.sign_up_members += i64::from(!sign_up.is_cancelled());
        activity.seats_taken += if sign_up.is_seated() { sign_up.tickets } else { 0 };
        match sign_up.status {
            Status::Registered => activity.registered += 1,
            Status::Waitlisted => activity.waitlisted += 1,
            Status::Attended => activity.attended += 1,
            Status::NoShow => activity.no_shows += 1,
            Status::Cancelled | Status::Other => (),
        }
    }
    let shown = |row: &ActivityCounts| {
        if row.sign_up_members >= counts.options.min_people { row.sign_up_members } else { 0 }
    };
    let mut rows: Vec<(&str, u32, ActivityCounts)> = activities
        .into_iter()
        .map(|(item, row)| (columns.item_ids.text(item).unwrap_or_default(), item, row))
        .collect();
    rows.sort_by(|(left, _, left_row), (right, _, right_row)| {
        (shown(right_row), *left).cmp(&(shown(left_row), *right))
    });
    let title = |(id, item, _): &(&str, u32, ActivityCounts)| {
        let title = columns.items.get(*item).and_then(|item| item.title.as_deref());
        Some(title.unwrap_or(id).to_owned())
    };
    let capacity = |item: u32| columns.items.get(item).and_then(|item| item.capacity);
    let number = |count: fn(&ActivityCounts) -> i64| Column::Count(rows.iter().map(|(.., row)| count(row)).collect());
    batch(vec![
        ("activity_id", Column::Text(rows.iter().map(|(id, ..)| Some((*id).to_owned())).collect())),
        ("title", Column::Text(rows.iter().map(title).collect())),
        ("sign_up_members", number(|row| row.sign_up_members)),
        ("seats_taken", number(|row| row.seats_taken)),
        ("capacity", Column::Whole(rows.iter().map(|(_, item, _)| capacity(*item)).collect())),
        ("waitlisted", number(|row| row.waitlisted)),
        ("attended", number(|row| row.attended)),
        ("no_shows", number(|row| row.no_shows)),
        ("registered", number(|row| row.registered)),
    ])
}
