//! The members that a report covers, and their events in a period.

use std::collections::BTreeSet;

use crate::report::columns::{EventColumns, Kind, MemberColumns, NONE, ReportColumns, deeds};

/// A half-open period in microseconds since 1970.
pub(super) type Micros = (i64, i64);

/// The filters of a report.
pub(in crate::report) struct Filters<'a> {
    /// The chosen union and the unions below it.
    pub(in crate::report) unions: Option<&'a BTreeSet<String>>,
    pub(in crate::report) district: Option<&'a str>,
    pub(in crate::report) age_band: Option<&'a str>,
}

/// The members in view and how to find them.
pub(super) struct View {
    /// Rows of the members in view.
    pub(super) rows: Vec<u32>,
    /// The row of each member in view by the number of the id, else [`NONE`].
    row_of: Vec<u32>,
    /// Whether all rows are in view and have the numbers of their ids, which need not be looked up then.
    is_numbered: bool,
}

impl View {
    pub(super) fn new(columns: &ReportColumns, filters: &Filters<'_>) -> Self {
        let members = &columns.members;
        let is_in_view: Vec<bool> = (0..members.groups.len()).map(|group| matches(members, group, filters)).collect();
        let is_in_view = |row: &u32| is_in_view[members.group_of[*row as usize] as usize];
        let rows: Vec<u32> = (0..members.ids.len() as u32).filter(is_in_view).collect();
        let mut row_of = vec![NONE; columns.member_ids.len()];
        rows.iter().for_each(|&row| row_of[members.ids[row as usize] as usize] = row);
        let is_numbered = rows.len() == members.ids.len() && members.ids.iter().zip(0..).all(|(&id, row)| id == row);
        Self { rows, row_of, is_numbered }
    }

    /// The row of a member in view.
    #[inline]
    pub(super) fn row(&self, member: u32) -> Option<usize> {
        if self.is_numbered {
            return ((member as usize) < self.rows.len()).then_some(member as usize);
        }
        match self.row_of.get(member as usize) {
            Some(&row) if row != NONE => Some(row as usize),
            _ => None,
        }
    }
}

fn matches(members: &MemberColumns, group: usize, filters: &Filters<'_>) -> bool {
    let [union, band, district] = members.groups[group].map(|text| members.texts.text(text));
    filters.unions.is_none_or(|chosen| union.is_some_and(|union| chosen.contains(union)))
        && filters.district.is_none_or(|chosen| district == Some(chosen))
        && filters.age_band.is_none_or(|chosen| band == Some(chosen))
}

/// An event of a member in view.
pub(super) struct Event<'a> {
    /// The member's row.
    pub(super) row: usize,
    pub(super) at: i64,
    pub(super) kind: Kind,
    columns: &'a EventColumns,
    place: usize,
}

impl Event<'_> {
    pub(super) fn is_measured(&self) -> bool {
        self.columns.flags[self.place].is_measured()
    }

    pub(super) fn is_finished(&self) -> bool {
        self.columns.flags[self.place].is_finished()
    }

    /// Bits of [`deed`](crate::report::columns::deed).
    pub(super) fn deeds(&self) -> u16 {
        deeds(self.columns.flags[self.place], self.columns.seconds.is_known(self.place))
    }

    /// Reading time in seconds.
    pub(super) fn seconds(&self) -> Option<f64> {
        self.columns.seconds.get(self.place)
    }

    /// The place of the reading time among those of its file, if they are few.
    pub(super) fn place_of_seconds(&self) -> Option<usize> {
        self.columns.seconds.place_of_value(self.place)
    }

    pub(super) fn push(&self) -> Option<u32> {
        self.columns.pushes.get(self.place).copied().filter(|&push| push != NONE)
    }
}

impl View {
    /// Visits the events in a period, item by item within each file.
    #[inline]
    pub(super) fn each_event(&self, columns: &ReportColumns, period: Micros, mut visit: impl FnMut(u32, &Event<'_>)) {
        for events in columns.events.iter().filter(|events| events.overlaps(period)) {
            self.each_of_file(events, period, &mut visit);
        }
    }

    /// The same for one file.
    #[inline]
    pub(super) fn each_of_file(&self, events: &EventColumns, period: Micros, mut visit: impl FnMut(u32, &Event<'_>)) {
        for (item, places) in &events.items {
            self.visit(events, places.clone(), period, |event| visit(*item, event));
        }
    }

    /// Visits the events of an item in a period.
    #[inline]
    pub(super) fn each_of_item(
        &self,
        columns: &ReportColumns,
        item: u32,
        period: Micros,
        mut visit: impl FnMut(&Event<'_>),
    ) {
        for events in columns.events.iter().filter(|events| events.overlaps(period)) {
            self.visit(events, events.rows_of(item), period, &mut visit);
        }
    }

    #[inline]
    fn visit(
        &self,
        events: &EventColumns,
        places: std::ops::Range<usize>,
        (from, to): Micros,
        mut visit: impl FnMut(&Event<'_>),
    ) {
        for place in places {
            let at = events.at.get(place);
            if at < from || at >= to {
                continue;
            }
            if let Some(row) = self.row(events.members[place]) {
                visit(&Event { row, at, kind: events.flags[place].kind(), columns: events, place });
            }
        }
    }
}
