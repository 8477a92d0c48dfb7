//! Sign-ups, seats and ratings of a period.

use std::collections::HashMap;

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::Counts;
use super::batch::{Column, batch, figure, figures};
use super::days::Marks;
use super::view::Micros;
use crate::report::columns::{Rater, Rating, SignUp, Status};

/// `published.sql`.
pub(super) fn published(counts: &Counts, (from, to): Micros) -> Result<RecordBatch, ArrowError> {
    let is_new = |at: Option<i64>| at.is_some_and(|at| (from..to).contains(&at));
    let articles = counts.columns.items.iter().filter(|(_, item)| item.is_article && is_new(item.published_at));
    figures(&[("articles_published", articles.count() as i64)])
}

/// `sign_ups.sql`.
pub(super) fn sign_ups(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    /// Sign-ups, attended, not attended, cancelled.
    type Times = [i64; 4];
    let (mut times, mut members): (Times, Times) = ([0; 4], [0; 4]);
    let mut has_members = Marks::new(times.len(), counts.columns.members.ids.len());
    for sign_up in counts.columns.sign_ups.within(period) {
        let Some(row) = counts.view.row(sign_up.member) else { continue };
        let is_cancelled = sign_up.is_cancelled();
        let is_counted =
            [!is_cancelled, sign_up.status == Status::Attended, sign_up.status == Status::NoShow, is_cancelled];
        for at in (0..times.len()).filter(|&at| is_counted[at]) {
            times[at] += 1;
            members[at] += has_members.first_time(at, row);
        }
    }
    figures(&[
        ("sign_ups", times[0]),
        ("sign_up_members", members[0]),
        ("attended", times[1]),
        ("attended_members", members[1]),
        ("no_shows", times[2]),
        ("no_show_members", members[2]),
        ("cancellations", times[3]),
        ("cancelling_members", members[3]),
    ])
}

/// `sign_up_lead.sql`.
pub(super) fn sign_up_lead(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let within = counts.columns.sign_ups.within(period).iter();
    let attended =
        within.filter(|sign_up| sign_up.status == Status::Attended && counts.view.row(sign_up.member).is_some());
    let lead = |sign_up: &SignUp| {
        let starts_at = counts.columns.items.get(sign_up.activity)?.starts_at?;
        (starts_at >= sign_up.at).then(|| seconds(starts_at) - seconds(sign_up.at))
    };
    figure("sign_up_lead_days", middle(attended.filter_map(lead).collect(), 86_400.0))
}

/// Whole seconds since 1970.
pub(super) fn seconds(micros: i64) -> i64 {
    micros.div_euclid(1_000_000)
}

/// The exact median of seconds in a larger unit.
pub(super) fn middle(mut seconds: Vec<i64>, unit: f64) -> Option<f64> {
    seconds.sort_unstable();
    let (lower, upper) = (seconds.get(seconds.len().wrapping_sub(1) / 2)?, seconds.get(seconds.len() / 2)?);
    Some((lower + upper) as f64 / (2.0 * unit))
}

/// `latest_sign_up.sql`.
pub(super) fn latest_sign_up(counts: &Counts) -> Result<RecordBatch, ArrowError> {
    let latest = counts.columns.sign_ups.iter().filter_map(SignUp::known_at).max();
    batch(vec![("signed_up_at", Column::Whole(vec![latest.map(seconds)]))])
}

/// A member's sign-ups: attended, on waiting lists, whether any was not cancelled, and whether an earlier one was attended.
#[derive(Default, Clone, Copy, PartialEq, Eq, Hash)]
struct Attendance {
    times: u32,
    waits: u32,
    has_signed_up: bool,
    attended_before: bool,
}

/// `attendance.sql`.
pub(super) fn attendance(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let (members, sign_ups) = (&counts.columns.members, &counts.columns.sign_ups);
    let mut of_member = vec![Attendance::default(); members.ids.len()];
    // Without a known instant a sign-up is in no period.
    let known = (period.0.max(i64::MIN + 1), period.1);
    for sign_up in sign_ups.within(known) {
        let Some(row) = counts.view.row(sign_up.member) else { continue };
        let attendance = &mut of_member[row];
        attendance.times += u32::from(sign_up.status == Status::Attended);
        attendance.waits += u32::from(sign_up.status == Status::Waitlisted);
        attendance.has_signed_up |= !sign_up.is_cancelled();
    }
    // Most members have not signed up.
    let mut without: Vec<i64> = vec![0; members.texts.len() + 1];
    let mut people: HashMap<(u32, Attendance), i64> = HashMap::new();
    for row in counts.view.rows.iter().map(|&row| row as usize) {
        let [union, ..] = members.groups[members.group_of[row] as usize];
        let mut attendance = of_member[row];
        if attendance == Attendance::default() {
            without[(union as usize).min(members.texts.len())] += 1;
            continue;
        }
        attendance.attended_before = attendance.times > 0 && sign_ups.has_attended_before(members.ids[row], period.0);
        *people.entry((union, attendance)).or_default() += 1;
    }
    let without = without.into_iter().enumerate().filter(|(_, people)| *people > 0);
    let mut rows: Vec<((u32, Attendance), i64)> =
        without.map(|(union, people)| ((union as u32, Attendance::default()), people)).collect();
    rows.extend(people);
    let union = |row: &((u32, Attendance), i64)| members.texts.text(row.0.0).map(str::to_owned);
    let number = |count: fn(&Attendance) -> i64| Column::Count(rows.iter().map(|((_, row), _)| count(row)).collect());
    batch(vec![
        ("union_id", Column::Text(rows.iter().map(union).collect())),
        ("times", number(|row| row.times.into())),
        ("waits", number(|row| row.waits.into())),
        ("has_signed_up", number(|row| i64::from(row.has_signed_up))),
        ("attended_before", number(|row| i64::from(row.attended_before))),
        ("people", Column::Count(rows.iter().map(|(_, people)| *people).collect())),
    ])
}

/// Visits the seats of the activities that begin in a period and have a capacity: the row of a member in view, the instant at
/// which the activity begins, and the tickets.
pub(super) fn each_seat(counts: &Counts, period: Micros, mut visit: impl FnMut(usize, i64, i64)) {
    for (activity, item) in counts.columns.items.iter() {
        let (Some(_), Some(starts_at)) = (capacity(counts, activity, period), item.starts_at) else { continue };
        for sign_up in counts.columns.sign_ups.of_activity(activity).filter(|sign_up| sign_up.is_seated()) {
            if let Some(row) = counts.view.row(sign_up.member) {
                visit(row, starts_at, sign_up.tickets);
            }
        }
    }
}

/// The capacity of an activity that begins in a period.
fn capacity(counts: &Counts, activity: u32, (from, to): Micros) -> Option<i64> {
    let item = counts.columns.items.get(activity)?;
    let begins = item.starts_at.is_some_and(|at| (from..to).contains(&at));
    item.capacity.filter(|_| begins && !item.is_article)
}

/// `seats.sql`.
pub(super) fn seats(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let offered: i64 = counts.columns.items.iter().filter_map(|(item, _)| capacity(counts, item, period)).sum();
    let (mut taken, mut holders) = (0, 0);
    let mut has_seat = Marks::new(1, counts.columns.members.ids.len());
    each_seat(counts, period, |row, _, tickets| {
        taken += tickets;
        holders += has_seat.first_time(0, row);
    });
    figures(&[("seats_offered", offered), ("seats_taken", taken), ("seat_holders", holders)])
}

/// Rows of the members in view who gave ratings in a period, with each rating.
pub(super) fn raters(counts: &Counts, period: Micros) -> impl Iterator<Item = (usize, &Rating)> {
    let (from, to) = counts.known(period);
    let ratings = counts.columns.ratings.iter().filter(move |rating| (from..to).contains(&rating.at));
    ratings.filter_map(|rating| {
        let row = match &rating.rater {
            Rater::Member(member) => counts.view.row(*member),
            Rater::Openid(openid) => {
                let row = counts.columns.members.by_openid.get(openid)?;
                counts.view.row(counts.columns.members.ids[*row as usize])
            }
        };
        Some((row?, rating))
    })
}

/// `ratings.sql`.
pub(super) fn ratings(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let (mut sum, mut times) = (0, 0);
    for (_, rating) in raters(counts, period) {
        sum += rating.rating;
        times += 1;
    }
    figure("rating", (times > 0).then(|| sum as f64 / f64::from(times)))
}
