//! Loads interactions and current sign-ups, sorted by member, and counts taken seats.

use std::collections::BTreeMap;

use arrow::array::{Array, Float64Array};
use zhihui_data::SignUpStatus;
use zhihui_data::snapshot::{Event, EventCounts, EventKind, EventWeight, History, NONE, SignUps, SparseRows};

use super::{Rows, Vocabulary};
use crate::build::BuildError;
use crate::lake::Lake;

const COLUMNS: [&str; 6] = ["member_id", "item_id", "kind", "at", "read_fraction", "dwell_seconds"];

/// Loads interactions, sorted by member and time. The first pass over the table counts the events of each member, the second
/// puts each event into its place, so that the history alone is in memory.
pub(super) async fn history(lake: &Lake, members: &Vocabulary, items: &Vocabulary) -> Result<History, BuildError> {
    let table = Rows::table(lake, "interactions").await?;
    let mut counts = EventCounts::new(members.len());
    Rows::each_in(&table, &["member_id", "at"], |rows| {
        let member_ids = members.indices_of_column(rows.text("member_id")?);
        for (member, at) in member_ids.into_iter().zip(rows.seconds("at")?) {
            counts.add(known(member, "member_id")? as usize, at);
        }
        Ok(())
    })
    .await?;
    let mut history = counts.builder(items.len());
    Rows::each_in(&table, &COLUMNS, |rows| {
        let member_ids = members.indices_of_column(rows.text("member_id")?);
        let item_ids = items.indices_of_column(rows.text("item_id")?);
        let kinds = rows.text("kind")?;
        let (fractions, dwells) = (rows.real("read_fraction")?, rows.real("dwell_seconds")?);
        for (row, at) in rows.seconds("at")?.enumerate() {
            let (member, item) = (known(member_ids[row], "member_id")?, known(item_ids[row], "item_id")?);
            let kind = event_kind(kinds.value(row)).ok_or_else(|| damaged("kind"))?;
            let real = |column: &Float64Array| column.is_valid(row).then(|| column.value(row));
            let weight = EventWeight::of_read(real(fractions), real(dwells));
            if !history.add(member as usize, Event { at, kind, item, weight }) {
                return Err(damaged("at"));
            }
        }
        Ok(())
    })
    .await?;
    history.build().ok_or_else(|| damaged("member_id"))
}

/// Loads current sign-ups, sorted by member and item.
pub(super) async fn sign_ups(lake: &Lake, members: &Vocabulary, items: &Vocabulary) -> Result<SignUps, BuildError> {
    let mut current: Vec<(u32, u32, SignUpStatus, u32, u32)> = Vec::new();
    let columns = ["member_id", "activity_id", "status", "tickets", "children"];
    Rows::each(lake, "sign_up_states", &columns, |rows| {
        let (member_ids, item_ids, statuses) =
            (rows.text("member_id")?, rows.text("activity_id")?, rows.text("status")?);
        let (tickets, children) = (rows.number("tickets")?, rows.number("children")?);
        for row in 0..rows.len() {
            let status = SignUpStatus::parse(statuses.value(row)).ok_or_else(|| damaged("status"))?;
            let number = |value: i64| u32::try_from(value).unwrap_or_default();
            current.push((
                known_index(members, member_ids.value(row), "member_id")?,
                known_index(items, item_ids.value(row), "activity_id")?,
                status,
                number(tickets.value(row)),
                number(children.value(row)),
            ));
        }
        Ok(())
    })
    .await?;
    current.sort_unstable_by_key(|&(member, item, ..)| (member, item));
    let mut starts = vec![0; members.len() + 1];
    for &(member, ..) in &current {
        starts[member as usize + 1] += 1;
    }
    for member in 0..members.len() {
        starts[member + 1] += starts[member];
    }
    let mut sign_ups = SignUps { starts, ..SignUps::default() };
    for (_, item, status, tickets, children) in current {
        sign_ups.item.push(item);
        sign_ups.status.push(status);
        sign_ups.tickets.push(tickets);
        sign_ups.children.push(children);
    }
    Ok(sign_ups)
}

/// Returns the seats taken of each item, and those by the members' own unions, which are `union_of`.
pub(in crate::build) fn seats(sign_ups: &SignUps, union_of: &[u32], n_items: usize) -> (Vec<u32>, SparseRows) {
    let mut taken = vec![0_u32; n_items];
    let mut by_union: Vec<BTreeMap<u32, u32>> = vec![BTreeMap::new(); n_items];
    for (member, &union) in union_of.iter().enumerate() {
        for row in sign_ups.of(member).filter(|&row| sign_ups.status[row].holds_seats()) {
            let (item, tickets) = (sign_ups.item[row] as usize, sign_ups.tickets[row]);
            taken[item] = taken[item].saturating_add(tickets);
            if union != NONE {
                let seats = by_union[item].entry(union).or_default();
                *seats = seats.saturating_add(tickets);
            }
        }
    }
    let rows = by_union.into_iter().map(|row| row.into_iter().map(|(union, n)| (union, n as f32)).collect::<Vec<_>>());
    (taken, SparseRows::from_rows(rows))
}

fn known_index(ids: &Vocabulary, id: &str, column: &str) -> Result<u32, BuildError> {
    known(ids.index_of(id), column)
}

fn known(index: u32, column: &str) -> Result<u32, BuildError> {
    if index == NONE { Err(damaged(column)) } else { Ok(index) }
}

fn damaged(column: &str) -> BuildError {
    BuildError::Damaged { table: "built/interactions".to_owned(), column: column.to_owned() }
}

fn event_kind(text: &str) -> Option<EventKind> {
    Some(match text {
        "read" => EventKind::Read,
        "share" => EventKind::Share,
        "shown" => EventKind::Shown,
        "sign_up" => EventKind::SignUp,
        "attended" => EventKind::Attended,
        "cancel" => EventKind::Cancel,
        "push" => EventKind::Push,
        "hold_out" => EventKind::HoldOut,
        "feedback" => EventKind::Feedback,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_registered_and_attended_sign_ups_take_seats() {
        let sign_ups = SignUps {
            starts: vec![0, 1, 2, 3],
            item: vec![1, 1, 1],
            status: vec![SignUpStatus::Registered, SignUpStatus::Cancelled, SignUpStatus::Attended],
            tickets: vec![2, 5, 1],
            children: vec![0, 0, 0],
        };
        let (taken, by_union) = seats(&sign_ups, &[7, 7, NONE], 2);
        assert_eq!(taken, [0, 3]);
        assert_eq!(by_union.pairs(1).collect::<Vec<_>>(), [(7, 2.0)]);
    }
}
