//! The interactions of one data file as columns, sorted by item, then by member.

use std::ops::Range;

use arrow::array::Array;

use super::batches::{each_batch, text};
use super::ids::{Ids, NONE};
use super::instants::Instants;
use super::seconds::Seconds;
use crate::lake::{DataFile, LakeTable};
use crate::report::ReportError;

/// The kinds that reports count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::report) enum Kind {
    Read,
    Share,
    SignUp,
    Attended,
    Push,
    HoldOut,
}

impl Kind {
    const ALL: [(Self, &str); 6] = [
        (Self::Read, "read"),
        (Self::Share, "share"),
        (Self::SignUp, "sign_up"),
        (Self::Attended, "attended"),
        (Self::Push, "push"),
        (Self::HoldOut, "hold_out"),
    ];

    pub(in crate::report) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(kind, _)| kind)
    }

    pub(in crate::report) fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// Sources of interactions that have no rows of these kinds.
const OTHER_SOURCES: [&str; 2] = ["shown", "feedback"];
/// Share of an article from which on it counts as read to the end.
const FINISHED: f64 = 0.9;

/// Kind of an event and how far a read went.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Flags(u8);

impl Flags {
    const MEASURED: u8 = 8;
    const FINISHED: u8 = 16;

    pub(super) fn of(kind: Kind, read_fraction: Option<f64>) -> Self {
        let extent = match read_fraction {
            None => 0,
            Some(fraction) if fraction >= FINISHED => Self::MEASURED | Self::FINISHED,
            Some(_) => Self::MEASURED,
        };
        Self(kind as u8 | extent)
    }

    pub(in crate::report) fn kind(self) -> Kind {
        Kind::ALL[usize::from(self.0 & 7)].0
    }

    pub(in crate::report) fn is_measured(self) -> bool {
        self.0 & Self::MEASURED > 0
    }

    pub(in crate::report) fn is_finished(self) -> bool {
        self.0 & Self::FINISHED > 0
    }
}

/// Events of a file, 11 bytes each if their instants are whole seconds, and 4 more for those of pushes.
#[derive(Debug)]
pub(in crate::report) struct EventColumns {
    /// First and last instant. Without events the first is [`i64::MAX`] and the last [`i64::MIN`].
    pub(in crate::report) times: (i64, i64),
    /// The items, sorted by number, with their rows.
    pub(in crate::report) items: Vec<(u32, Range<usize>)>,
    pub(in crate::report) members: Vec<u32>,
    pub(in crate::report) at: Instants,
    pub(in crate::report) flags: Vec<Flags>,
    /// Reading times.
    pub(in crate::report) seconds: Seconds,
    /// The push of a push or hold-out. Empty if there are none.
    pub(in crate::report) pushes: Vec<u32>,
}

impl Default for EventColumns {
    fn default() -> Self {
        Self {
            times: (i64::MAX, i64::MIN),
            items: Vec::new(),
            members: Vec::new(),
            at: Instants::default(),
            flags: Vec::new(),
            seconds: Seconds::default(),
            pushes: Vec::new(),
        }
    }
}

impl EventColumns {
    /// Memory of the events of a file and of their days, in bytes.
    pub(super) fn estimated_bytes(file: &DataFile) -> usize {
        // About three of four events are the only ones of their member on their day.
        if is_other(file) { 0 } else { file.rows * 17 }
    }

    pub(super) async fn read(
        table: &LakeTable,
        file: &DataFile,
        members: &mut Ids,
        items: &mut Ids,
        pushes: &mut Ids,
    ) -> Result<Self, ReportError> {
        let mut rows = Self::default();
        let (mut item_of, mut at_of, mut seconds_of) = (Vec::new(), Vec::new(), Vec::new());
        if is_other(file) {
            return Ok(rows);
        }
        let columns = ["member_id", "item_id", "kind", "at", "dwell_seconds", "read_fraction", "push_id"];
        each_batch(table, std::slice::from_ref(file), &columns, |batch| {
            let (member, item, kind) = (batch.texts("member_id")?, batch.texts("item_id")?, batch.texts("kind")?);
            let (at, push) = (batch.instants("at")?, batch.texts("push_id")?);
            let (seconds, fractions) = (batch.numbers("dwell_seconds")?, batch.numbers("read_fraction")?);
            // Rows of an item often follow each other.
            let mut last_item = (String::new(), NONE);
            for row in 0..batch.rows() {
                let (Some(member), Some(item), Some(at)) = (text(&member, row), text(&item, row), at[row]) else {
                    continue;
                };
                let Some(kind) = text(&kind, row).and_then(Kind::named) else { continue };
                if last_item.1 == NONE || last_item.0 != item {
                    last_item = (item.to_owned(), items.add(item));
                }
                item_of.push(last_item.1);
                rows.members.push(members.add(member));
                at_of.push(at);
                rows.flags.push(Flags::of(kind, fractions.is_valid(row).then(|| fractions.value(row))));
                seconds_of.push(if seconds.is_valid(row) { seconds.value(row) } else { f64::NAN });
                rows.pushes.push(pushes.add_some(text(&push, row)));
            }
            Ok(())
        })
        .await?;
        Ok(rows.sorted(&item_of, &at_of, &seconds_of))
    }

    /// Sorts the rows by item, then by member.
    fn sorted(self, item_of: &[u32], at_of: &[i64], seconds_of: &[f64]) -> Self {
        let n_items = item_of.iter().max().map_or(0, |&last| last as usize + 1);
        let mut starts = vec![0; n_items + 1];
        item_of.iter().for_each(|&item| starts[item as usize + 1] += 1);
        for item in 0..n_items {
            starts[item + 1] += starts[item];
        }
        let has_rows = |item: &usize| starts[*item] < starts[item + 1];
        let items = (0..n_items).filter(has_rows).map(|item| (item as u32, starts[item]..starts[item + 1])).collect();
        // Those of an item by member, so that counts of its readers read columns of members in their order.
        let mut order = vec![0; item_of.len()];
        for row in rows_by_member(&self.members) {
            let item = item_of[row] as usize;
            order[starts[item]] = row;
            starts[item] += 1;
        }
        let has_pushes = self.pushes.iter().any(|&push| push != NONE);
        let first = at_of.iter().min().copied().unwrap_or(i64::MAX);
        let last = at_of.iter().max().copied().unwrap_or(i64::MIN);
        Self {
            times: (first, last),
            items,
            members: order.iter().map(|&row| self.members[row]).collect(),
            at: Instants::of(order.iter().map(|&row| at_of[row]), (first, last)),
            flags: order.iter().map(|&row| self.flags[row]).collect(),
            seconds: Seconds::of(order.iter().map(|&row| seconds_of[row])),
            pushes: if has_pushes { order.iter().map(|&row| self.pushes[row]).collect() } else { Vec::new() },
        }
    }

    /// The rows of an item.
    pub(in crate::report) fn rows_of(&self, item: u32) -> Range<usize> {
        match self.items.binary_search_by_key(&item, |(item, _)| *item) {
            Ok(at) => self.items[at].1.clone(),
            Err(_) => 0..0,
        }
    }

    /// Whether an event may be in a half-open period.
    pub(in crate::report) fn overlaps(&self, (from, to): (i64, i64)) -> bool {
        self.times.0 < to && self.times.1 >= from
    }

    /// Memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.members.len() * 5 + self.at.bytes() + self.seconds.bytes() + self.pushes.len() * 4 + self.items.len() * 24
    }
}

fn rows_by_member(members: &[u32]) -> Vec<usize> {
    let mut starts = vec![0; members.iter().max().map_or(0, |&last| last as usize + 1) + 1];
    members.iter().for_each(|&member| starts[member as usize + 1] += 1);
    (1..starts.len()).for_each(|member| starts[member] += starts[member - 1]);
    let mut rows = vec![0; members.len()];
    for (row, &member) in members.iter().enumerate() {
        rows[starts[member as usize]] = row;
        starts[member as usize] += 1;
    }
    rows
}

fn is_other(file: &DataFile) -> bool {
    file.partition.get("source").is_some_and(|source| OTHER_SOURCES.contains(&source.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_events_has_none_in_any_period() {
        assert!(!EventColumns::default().overlaps((i64::MIN, i64::MAX)));
    }
}
