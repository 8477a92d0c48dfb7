//! The current sign-ups and the ratings as columns.

use arrow::array::Array;

use super::batches::{each_batch, text};
use super::ids::Ids;
use crate::lake::LakeTable;
use crate::report::ReportError;

/// The status of a sign-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Status {
    Registered,
    Waitlisted,
    Attended,
    NoShow,
    Cancelled,
    Other,
}

/// The current sign-up of a member for an activity.
#[derive(Debug, Clone)]
pub(in crate::report) struct SignUp {
    /// Numbers of ids.
    pub(in crate::report) member: u32,
    pub(in crate::report) activity: u32,
    /// Microseconds since 1970.
    pub(in crate::report) at: i64,
    pub(in crate::report) status: Status,
    pub(in crate::report) tickets: i64,
}

impl SignUp {
    pub(in crate::report) fn is_seated(&self) -> bool {
        matches!(self.status, Status::Registered | Status::Attended)
    }

    /// When the member signed up, if that is known.
    pub(in crate::report) fn known_at(&self) -> Option<i64> {
        (self.at != i64::MIN).then_some(self.at)
    }

    pub(in crate::report) fn is_cancelled(&self) -> bool {
        self.status == Status::Cancelled
    }
}

/// The current sign-ups.
#[derive(Debug, Default)]
pub(in crate::report) struct SignUps {
    /// Sorted by instant. Those whose instant is not known come first.
    rows: Vec<SignUp>,
    /// Places in `rows`, sorted by activity.
    by_activity: Vec<u32>,
    /// Instant of the first sign-up that a member attended, by number of the member's id; [`i64::MAX`] without one.
    first_attended: Vec<i64>,
}

impl SignUps {
    fn new(mut rows: Vec<SignUp>) -> Self {
        rows.sort_by_key(|sign_up| sign_up.at);
        let mut by_activity: Vec<u32> = (0..rows.len() as u32).collect();
        by_activity.sort_by_key(|&at| rows[at as usize].activity);
        let members = rows.iter().map(|sign_up| sign_up.member as usize + 1).max().unwrap_or(0);
        let mut first_attended = vec![i64::MAX; members];
        let attended = rows.iter().filter(|sign_up| sign_up.status == Status::Attended);
        for (sign_up, at) in attended.filter_map(|sign_up| Some((sign_up, sign_up.known_at()?))) {
            let first = &mut first_attended[sign_up.member as usize];
            *first = at.min(*first);
        }
        Self { rows, by_activity, first_attended }
    }

    pub(in crate::report) fn iter(&self) -> impl Iterator<Item = &SignUp> {
        self.rows.iter()
    }

    /// The sign-ups of a half-open period.
    pub(in crate::report) fn within(&self, (from, to): (i64, i64)) -> &[SignUp] {
        let start = self.rows.partition_point(|sign_up| sign_up.at < from);
        let end = self.rows.partition_point(|sign_up| sign_up.at < to).max(start);
        &self.rows[start..end]
    }

    /// The sign-ups for an activity.
    pub(in crate::report) fn of_activity(&self, activity: u32) -> impl Iterator<Item = &SignUp> {
        let row = |&at: &u32| &self.rows[at as usize];
        let start = self.by_activity.partition_point(|at| row(at).activity < activity);
        self.by_activity[start..].iter().map(row).take_while(move |sign_up| sign_up.activity == activity)
    }

    /// Whether a member attended what he or she signed up for before an instant.
    pub(in crate::report) fn has_attended_before(&self, member: u32, at: i64) -> bool {
        self.first_attended.get(member as usize).is_some_and(|first| *first < at)
    }

    /// Memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.rows.len() * (size_of::<SignUp>() + 4) + self.first_attended.len() * 8
    }
}

pub(super) async fn read_sign_ups(
    table: &LakeTable,
    members: &mut Ids,
    items: &mut Ids,
) -> Result<SignUps, ReportError> {
    let mut sign_ups = Vec::new();
    let columns = ["member_id", "activity_id", "signed_up_at", "status", "tickets"];
    each_batch(table, &table.files(), &columns, |batch| {
        let (member, activity) = (batch.texts("member_id")?, batch.texts("activity_id")?);
        let (at, status) = (batch.instants("signed_up_at")?, batch.texts("status")?);
        let tickets = batch.integers("tickets")?;
        for (row, at) in at.iter().enumerate() {
            let (Some(member), Some(activity)) = (text(&member, row), text(&activity, row)) else { continue };
            sign_ups.push(SignUp {
                member: members.add(member),
                activity: items.add(activity),
                at: at.unwrap_or(i64::MIN),
                status: match text(&status, row) {
                    Some("registered") => Status::Registered,
                    Some("waitlisted") => Status::Waitlisted,
                    Some("attended") => Status::Attended,
                    Some("no_show") => Status::NoShow,
                    Some("cancelled") => Status::Cancelled,
                    _ => Status::Other,
                },
                tickets: if tickets.is_valid(row) { tickets.value(row) } else { 0 },
            });
        }
        Ok(())
    })
    .await?;
    Ok(SignUps::new(sign_ups))
}

/// Who gave a rating.
#[derive(Debug, Clone)]
pub(in crate::report) enum Rater {
    /// Number of the member's id.
    Member(u32),
    Openid(String),
}

/// A rating of an item or of the account.
#[derive(Debug, Clone)]
pub(in crate::report) struct Rating {
    pub(in crate::report) rater: Rater,
    /// Microseconds since 1970.
    pub(in crate::report) at: i64,
    pub(in crate::report) rating: i64,
    /// Number of the item, [`NONE`] of the account as a whole.
    pub(in crate::report) item: u32,
}

pub(super) async fn read_ratings(
    table: &LakeTable,
    members: &mut Ids,
    items: &mut Ids,
) -> Result<Vec<Rating>, ReportError> {
    let mut ratings = Vec::new();
    each_batch(table, &table.files(), &["member_id", "openid", "at", "rating", "item_id"], |batch| {
        let item = batch.texts("item_id")?;
        let (member, openid) = (batch.texts("member_id")?, batch.texts("openid")?);
        let (at, rating) = (batch.instants("at")?, batch.integers("rating")?);
        for row in (0..batch.rows()).filter(|&row| rating.is_valid(row)) {
            let Some(at) = at[row] else { continue };
            let rater = match (text(&member, row), text(&openid, row)) {
                (Some(member), _) => Rater::Member(members.add(member)),
                (None, Some(openid)) => Rater::Openid(openid.to_owned()),
                (None, None) => continue,
            };
            ratings.push(Rating { rater, at, rating: rating.value(row), item: items.add_some(text(&item, row)) });
        }
        Ok(())
    })
    .await?;
    Ok(ratings)
}
