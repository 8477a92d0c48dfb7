//! What members did on each day, of one data file.
//!
//! Most figures of a report ask only whether a member did something on a day. These columns have one entry for each member and
//! day instead of one for each event, in the order of members, so that counts read memory in its order. They are made from the
//! events and know nothing more.

use chrono::{DateTime, NaiveDate};
use zhihui_data::Zone;

use super::event_columns::{EventColumns, Flags, Kind};

/// What a member did on a day, as bits.
pub(in crate::report) mod deed {
    pub(in crate::report) const READ: u16 = 1;
    /// Read for a known time.
    pub(in crate::report) const TIMED: u16 = 1 << 1;
    pub(in crate::report) const MEASURED: u16 = 1 << 2;
    pub(in crate::report) const FINISHED: u16 = 1 << 3;
    pub(in crate::report) const ACTIVE: u16 = 1 << 4;
    pub(in crate::report) const SHARED: u16 = 1 << 5;
    pub(in crate::report) const PUSHED: u16 = 1 << 6;
    pub(in crate::report) const HELD_OUT: u16 = 1 << 7;
    /// The last bit, so that counts can give the bits before it another meaning.
    pub(in crate::report) const BROKEN_OFF: u16 = 1 << 15;
}

/// The bits of an event.
pub(in crate::report) fn deeds(flags: Flags, is_timed: bool) -> u16 {
    use deed::*;
    match flags.kind() {
        Kind::Read => {
            let timed = if is_timed { TIMED } else { 0 };
            let extent = match (flags.is_measured(), flags.is_finished()) {
                (false, _) => 0,
                (true, true) => MEASURED | FINISHED,
                (true, false) => MEASURED | BROKEN_OFF,
            };
            READ | ACTIVE | timed | extent
        }
        Kind::Share => ACTIVE | SHARED,
        Kind::SignUp | Kind::Attended => ACTIVE,
        Kind::Push => PUSHED,
        Kind::HoldOut => HELD_OUT,
    }
}

/// Deeds of a member on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::report) struct MemberDay {
    /// Number of the member's id.
    pub(in crate::report) member: u32,
    /// Place of the day.
    pub(in crate::report) day: u16,
    /// Bits of [`deed`], or others.
    pub(in crate::report) deeds: u16,
}

/// Numbers of events of members on a day.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::report) struct DayTotals {
    pub(in crate::report) reads: u32,
    pub(in crate::report) measured_reads: u32,
    pub(in crate::report) finished_reads: u32,
    pub(in crate::report) shares: u32,
    pub(in crate::report) pushes: u32,
}

/// The days of a file: 8 bytes for each member and day.
#[derive(Debug, Default)]
pub(in crate::report) struct DayColumns {
    pub(super) zone: Zone,
    /// First instants of the days, and the end of the last one.
    pub(in crate::report) starts: Vec<i64>,
    /// By [`PART_DAYS`] days, so that a period need not read the whole of a file of many months. Each is sorted by member, then
    /// by day.
    pub(in crate::report) parts: Vec<Vec<MemberDay>>,
    /// All bits of the entries.
    pub(in crate::report) deeds: u16,
    /// What reports about all members sum up.
    pub(in crate::report) totals: Option<Totals>,
}

/// Sums of each day over the members that the lake describes.
#[derive(Debug, Default)]
pub(in crate::report) struct Totals {
    pub(in crate::report) of_day: Vec<DayTotals>,
    /// Number of reads by day and place in [`EventColumns::seconds`]' values.
    pub(in crate::report) seconds: Vec<u32>,
    /// The items with one bit for each day on which they were read.
    pub(in crate::report) read_items: Vec<(u32, Vec<u64>)>,
}

/// Maximum number of counts of reading times by day, 16 MB. Files that need more are counted event by event.
const MAX_SECONDS: usize = 1 << 22;
/// Number of days in a part of the entries.
pub(in crate::report) const PART_DAYS: usize = 32;
/// Maximum number of days of a file, about 27 years.
const MAX_DAYS: usize = 10_000;

impl DayColumns {
    /// Makes the days of a file. `is_member` says of the number of an id whether the lake describes the member. `None` for a file
    /// over too many days.
    pub(super) fn of(events: &EventColumns, is_member: &[bool], zone: Zone) -> Option<Self> {
        let starts = starts_of_days(events.times, zone)?;
        let mut day_of = DayOf::new(&starts);
        let entries = sorted_days(events.members.len(), is_member.len(), |place| MemberDay {
            member: events.members[place],
            day: day_of.place(events.at.get(place)),
            deeds: deeds(events.flags[place], events.seconds.is_known(place)),
        });
        let totals = Totals::of(events, is_member, &starts);
        let deeds = entries.iter().fold(0, |deeds, entry| deeds | entry.deeds);
        let mut parts = vec![entries];
        if starts.len() > PART_DAYS + 1 {
            let all = std::mem::replace(&mut parts, vec![Vec::new(); (starts.len() - 1).div_ceil(PART_DAYS)]);
            all.into_iter().flatten().for_each(|entry| parts[usize::from(entry.day) / PART_DAYS].push(entry));
            parts.iter_mut().for_each(Vec::shrink_to_fit);
        }
        Some(Self { zone, starts, parts, deeds, totals })
    }

    /// The days whose events are in a half-open period. `None` if the period begins or ends within a day of the file.
    pub(in crate::report) fn within(
        &self,
        events: &EventColumns,
        (from, to): (i64, i64),
    ) -> Option<std::ops::Range<usize>> {
        let days = self.starts.len().saturating_sub(1);
        let start = if from <= events.times.0 { 0 } else { self.starts.binary_search(&from).ok()? };
        let end = if to > events.times.1 { days } else { self.starts.binary_search(&to).ok()? };
        Some(start..end.max(start))
    }

    /// Memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        let of_totals = |totals: &Totals| {
            let items: usize = totals.read_items.iter().map(|(_, days)| 32 + days.len() * 8).sum();
            totals.of_day.len() * size_of::<DayTotals>() + totals.seconds.len() * 4 + items
        };
        self.parts.iter().map(Vec::len).sum::<usize>() * size_of::<MemberDay>()
            + self.starts.len() * 8
            + self.totals.as_ref().map_or(0, of_totals)
    }
}

impl Totals {
    fn of(events: &EventColumns, is_member: &[bool], starts: &[i64]) -> Option<Self> {
        let days = starts.len().saturating_sub(1);
        let values = events.seconds.values()?.len();
        if values.saturating_mul(days) > MAX_SECONDS {
            return None;
        }
        let mut totals =
            Self { of_day: vec![DayTotals::default(); days], seconds: vec![0; values * days], read_items: Vec::new() };
        let mut day_of = DayOf::new(starts);
        for (item, places) in &events.items {
            let mut read_on = vec![0_u64; days.div_ceil(64)];
            for place in places.clone().filter(|&place| is_member[events.members[place] as usize]) {
                let day = usize::from(day_of.place(events.at.get(place)));
                let (of_day, flags) = (&mut totals.of_day[day], events.flags[place]);
                match flags.kind() {
                    Kind::Read => {
                        of_day.reads += 1;
                        of_day.measured_reads += u32::from(flags.is_measured());
                        of_day.finished_reads += u32::from(flags.is_finished());
                        read_on[day / 64] |= 1 << (day % 64);
                        if let Some(value) = events.seconds.place_of_value(place) {
                            totals.seconds[day * values + value] += 1;
                        }
                    }
                    Kind::Share => of_day.shares += 1,
                    Kind::Push => of_day.pushes += 1,
                    Kind::HoldOut | Kind::SignUp | Kind::Attended => (),
                }
            }
            if read_on.iter().any(|days| *days > 0) {
                totals.read_items.push((*item, read_on));
            }
        }
        Some(totals)
    }
}

/// Sorts deeds by member and day, and joins those of the same member and day. `members` is larger than all their numbers.
pub(in crate::report) fn sorted_days(
    deeds: usize,
    members: usize,
    mut at: impl FnMut(usize) -> MemberDay,
) -> Vec<MemberDay> {
    // Where the deeds of each member end, then begin.
    let mut places = vec![0_u32; members + 1];
    let unsorted: Vec<MemberDay> = (0..deeds).map(&mut at).collect();
    unsorted.iter().for_each(|deed| places[deed.member as usize] += 1);
    let mut total = 0;
    for place in &mut places {
        total += *place;
        *place = total;
    }
    let mut sorted = vec![MemberDay { member: 0, day: 0, deeds: 0 }; unsorted.len()];
    for deed in unsorted.into_iter().rev() {
        let place = &mut places[deed.member as usize];
        *place -= 1;
        sorted[*place as usize] = deed;
    }
    for ends in places.windows(2) {
        sorted[ends[0] as usize..ends[1] as usize].sort_unstable();
    }
    sorted.dedup_by(|next, kept| {
        let is_same = (next.member, next.day) == (kept.member, kept.day);
        kept.deeds |= if is_same { next.deeds } else { 0 };
        is_same
    });
    sorted.shrink_to_fit();
    sorted
}

/// First instants of the days between two instants, and the end of the last day. Empty without days.
fn starts_of_days((first, last): (i64, i64), zone: Zone) -> Option<Vec<i64>> {
    let mut starts = Vec::new();
    if first > last {
        return Some(starts);
    }
    let day = |at: i64| DateTime::from_timestamp_micros(at).map(|at| zone.day(at));
    let (mut next, last): (NaiveDate, NaiveDate) = (day(first)?, day(last)?.succ_opt()?);
    while next <= last {
        starts.push(zone.midnight(next).timestamp_micros());
        next = next.succ_opt()?;
        if starts.len() > MAX_DAYS {
            return None;
        }
    }
    Some(starts)
}

/// Finds days of instants. Most instants are of the same day as the one before, or near it.
struct DayOf<'a> {
    starts: &'a [i64],
    last: usize,
}

impl<'a> DayOf<'a> {
    fn new(starts: &'a [i64]) -> Self {
        Self { starts, last: 0 }
    }

    #[inline]
    fn place(&mut self, at: i64) -> u16 {
        let is_on = |day: usize| self.starts[day] <= at && at < self.starts[day + 1];
        if !is_on(self.last) {
            self.last = self.starts.partition_point(|start| *start <= at).saturating_sub(1);
        }
        self.last as u16
    }
}

#[cfg(test)]
mod tests {
    use super::super::instants::Instants;
    use super::super::seconds::Seconds;
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    /// Reads of one item: member, hours since the start of a day in the zone, reading time.
    fn reads(reads: &[(u32, i64, f64)]) -> EventColumns {
        let start = "2026-03-01T00:00:00+08:00".parse::<DateTime<chrono::Utc>>().expect("an instant");
        let at = |hours: i64| start.timestamp_micros() + hours * HOUR;
        let times = (at(reads[0].1), at(reads[reads.len() - 1].1));
        EventColumns {
            times,
            items: vec![(7, 0..reads.len())],
            members: reads.iter().map(|read| read.0).collect(),
            at: Instants::of(reads.iter().map(|read| at(read.1)), times),
            flags: reads.iter().map(|_| Flags::of(Kind::Read, None)).collect(),
            seconds: Seconds::of(reads.iter().map(|read| read.2)),
            pushes: Vec::new(),
        }
    }

    #[test]
    fn a_member_has_one_entry_a_day_and_unknown_members_are_not_summed_up() {
        let events = reads(&[(1, 1, 30.0), (0, 2, f64::NAN), (1, 23, 30.0), (2, 24, 60.0), (1, 71, f64::NAN)]);
        let days = DayColumns::of(&events, &[true, true, false], Zone::default()).expect("few days");
        let entry =
            |member: u32, day: u16, timed: u16| MemberDay { member, day, deeds: deed::READ | deed::ACTIVE | timed };
        assert_eq!(
            days.parts.concat(),
            [entry(0, 0, 0), entry(1, 0, deed::TIMED), entry(1, 2, 0), entry(2, 1, deed::TIMED)]
        );
        let totals = days.totals.expect("few reading times");
        assert_eq!(totals.of_day.iter().map(|day| day.reads).collect::<Vec<_>>(), [3, 0, 1]);
        // Thirty seconds twice on the first day; the sixty are of an unknown member.
        assert_eq!(totals.seconds, [2, 0, 0, 0, 0, 0]);
        assert_eq!(totals.read_items, [(7, vec![0b101])]);
    }

    #[test]
    fn a_file_of_many_months_is_in_parts() {
        let events = reads(&[(0, 1, 1.0), (1, 24 * 31, 1.0), (0, 24 * 32, 1.0), (0, 24 * 70, 1.0)]);
        let days = DayColumns::of(&events, &[true; 2], Zone::default()).expect("few days");
        let places = |part: &Vec<MemberDay>| part.iter().map(|entry| (entry.member, entry.day)).collect::<Vec<_>>();
        let parts: Vec<Vec<(u32, u16)>> = days.parts.iter().map(places).collect();
        assert_eq!(parts, [vec![(0, 0), (1, 31)], vec![(0, 32)], vec![(0, 70)]]);
    }

    #[test]
    fn a_period_that_cuts_a_day_of_the_file_is_counted_event_by_event() {
        let events = reads(&[(0, 10, 1.0), (0, 30, 1.0), (0, 60, 1.0)]);
        let days = DayColumns::of(&events, &[true], Zone::default()).expect("few days");
        let hours = |hours: i64| days.starts[0] + hours * HOUR;
        assert_eq!(days.within(&events, (hours(24), hours(48))), Some(1..2));
        assert_eq!(days.within(&events, (hours(20), hours(48))), None);
        assert_eq!(days.within(&events, (hours(24), hours(50))), None);
        // Nothing was done before ten o'clock of the first day or after twelve of the last.
        assert_eq!(days.within(&events, (hours(9), hours(61))), Some(0..3));
        assert_eq!(days.within(&events, (hours(72), hours(96))), Some(3..3));
    }
}
