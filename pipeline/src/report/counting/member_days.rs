//! What the members in view did on the days of a period.

use std::borrow::Cow;
use std::ops::Range;

use super::Counts;
use super::days::Days;
use super::view::Micros;
use crate::report::columns::{DayColumns, EventColumns, MemberDay, PART_DAYS, sorted_days};

/// The days of a part of a file in a period.
pub(super) struct FileDays<'a> {
    /// Sorted by member.
    entries: Cow<'a, [MemberDay]>,
    /// The days of the part that are in the period.
    days: Range<u16>,
    /// Their places in the period.
    places: Vec<u16>,
}

/// The days in a period of all files with some of these deeds. Where the period begins or ends within a day of a file, they are
/// made from its events.
pub(super) fn days_of_files<'a>(counts: &'a Counts, days: &Days, period: Micros, deeds: u16) -> Vec<FileDays<'a>> {
    let columns = &counts.columns;
    let mut found = Vec::new();
    for (events, kept) in columns.events.iter().zip(&columns.days).filter(|(events, _)| events.overlaps(period)) {
        match kept.as_deref().and_then(|kept| Some((kept, kept.within(events, period)?))) {
            Some((kept, _)) if kept.deeds & deeds == 0 => (),
            Some((kept, within)) => found.extend(kept_days(kept, within, days, period)),
            None => found.push(counted_days(counts, events, days, period)),
        }
    }
    found
}

fn kept_days<'a>(
    kept: &'a DayColumns,
    within: Range<usize>,
    days: &Days,
    period: Micros,
) -> impl Iterator<Item = FileDays<'a>> {
    let place = move |day: usize| days.place(kept.starts[day].max(period.0)) as u16;
    let part = move |(at, entries): (usize, &'a Vec<MemberDay>)| {
        let of_part = (at * PART_DAYS).max(within.start)..((at + 1) * PART_DAYS).min(within.end);
        (!of_part.is_empty()).then(|| FileDays {
            entries: Cow::Borrowed(&entries[..]),
            days: of_part.start as u16..of_part.end as u16,
            places: of_part.map(&place).collect(),
        })
    };
    kept.parts.iter().enumerate().filter_map(part)
}

fn counted_days<'a>(counts: &Counts, events: &EventColumns, days: &Days, period: Micros) -> FileDays<'a> {
    let columns = &counts.columns;
    let mut deeds = Vec::new();
    counts.view.each_of_file(events, period, |_, event| {
        let (member, day) = (columns.members.ids[event.row], days.place(event.at) as u16);
        deeds.push(MemberDay { member, day, deeds: event.deeds() });
    });
    sorted_days(deeds.len(), columns.member_ids.len(), |at| deeds[at]).into()
}

/// Visits the days of a period on which members did one of these deeds: the row, the place of the day and the bits of
/// [`deed`](crate::report::columns::deed). A day of a member may come once for each file.
#[inline]
pub(super) fn each_day(
    counts: &Counts,
    days: &Days,
    period: Micros,
    deeds: u16,
    mut visit: impl FnMut(usize, usize, u16),
) {
    for file in days_of_files(counts, days, period, deeds) {
        let (first, n) = (file.days.start, file.days.len());
        for entry in file.entries.iter() {
            let at = usize::from(entry.day.wrapping_sub(first));
            if at < n
                && entry.deeds & deeds > 0
                && let Some(row) = counts.view.row(entry.member)
            {
                visit(row, usize::from(file.places[at]), entry.deeds);
            }
        }
    }
}

/// The days of files, read member by member.
pub(super) struct MemberByMember<'a> {
    files: Vec<(FileDays<'a>, usize)>,
}

impl<'a> MemberByMember<'a> {
    pub(super) fn new(files: Vec<FileDays<'a>>) -> Self {
        Self { files: files.into_iter().map(|file| (file, 0)).collect() }
    }

    /// Visits the days of a member: the place and the bits. Members must come in the order of their numbers.
    #[inline]
    pub(super) fn each_of(&mut self, member: u32, mut visit: impl FnMut(usize, u16)) {
        for (file, next) in &mut self.files {
            let (first, n) = (file.days.start, file.days.len());
            while let Some(entry) = file.entries.get(*next).filter(|entry| entry.member <= member) {
                *next += 1;
                let at = usize::from(entry.day.wrapping_sub(first));
                if entry.member == member && at < n {
                    visit(usize::from(file.places[at]), entry.deeds);
                }
            }
        }
    }
}

impl From<Vec<MemberDay>> for FileDays<'_> {
    /// Days of a period by their places in it.
    fn from(entries: Vec<MemberDay>) -> Self {
        let days = entries.iter().map(|entry| entry.day + 1).max().unwrap_or(0);
        Self { entries: Cow::Owned(entries), days: 0..days, places: (0..days).collect() }
    }
}
