//! Which figures of a period may be shown: none that, with the figures of other periods, reveals what few people did on some days.
//!
//! Calendar months that have ended do not overlap, so that their figures are decided without regard to other periods. Other periods overlap
//! with them and with one another. A figure of such a period is shown if all of this holds:
//!
//! - It begins and ends between blocks of days, and each of its blocks has enough people. The blocks of a month are fixed by what
//!   people did in it. So sums and differences of numbers of times are about whole blocks.
//! - Leaving out days at its ends leaves out nobody or enough people, and on both sides of each of its days are nobody or enough.
//!   Thirty days, the usual report, need not meet this: no two such periods contain one another.
//! - In a month and in thirty days that contain it, nobody or enough people did it on other days only, and on both sides of its
//!   ends. So does a month in thirty days that contain it.
//!
//! Days at the ends on which nobody did it do not count.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Mutex;

use arrow::record_batch::RecordBatch;
use chrono::{Datelike, Duration, NaiveDate};
use zhihui_data::Zone;
use zhihui_engine::report::MinGroupSize;

use super::ReportOptions;
use super::day_pairs::{Block, Day, DayPairs};
use super::figures::{counts, days, text_column};
use super::period::Period;

/// Length of the usual report in days.
const USUAL_DAYS: Day = 30;

/// The days of each statistic in the calendar months around some periods.
#[derive(Default)]
pub(super) struct PeriodRule {
    statistics: BTreeMap<String, DayPairs>,
    zone: Zone,
    min_size: MinGroupSize,
    /// The day that has not ended.
    today: Day,
    /// What was decided before about a statistic in a range of days.
    decided: Known<bool>,
    /// The blocks of a statistic in a month.
    blocks: Known<Vec<Block>>,
}

/// Results about a statistic and a range of days, because many figures depend on the same.
type Known<T> = Mutex<HashMap<(String, Day, Day), T>>;

/// The known result, or the one that is made now.
fn known<T: Clone>(of: &Known<T>, statistic: &str, days: &Range<Day>, make: impl FnOnce() -> T) -> T {
    let key = (statistic.to_owned(), days.start, days.end);
    if let Some(found) = of.lock().ok().and_then(|known| known.get(&key).cloned()) {
        return found;
    }
    let made = make();
    if let Ok(mut known) = of.lock() {
        known.insert(key, made.clone());
    }
    made
}

/// The calendar months that decide about a period: those of the usual periods around it.
pub(super) fn months_of_rule((from, to): Period, zone: Zone) -> Period {
    let longer = Duration::days(USUAL_DAYS.into());
    months_around((from - longer, to + longer), zone)
}

/// Whether a period is one calendar month.
pub(super) fn is_one_month(period: Period, zone: Zone) -> bool {
    months_around(period, zone) == period && zone.month_start(period.1 - Duration::microseconds(1)) == period.0
}

/// The calendar months that a period begins and ends in.
fn months_around((from, to): Period, zone: Zone) -> Period {
    let last = zone.month_start(to - Duration::microseconds(1));
    (zone.month_start(from), zone.month_start(last + Duration::days(32)))
}

impl PeriodRule {
    /// Reads the rows of `day_pairs.sql`.
    pub(super) fn of(batches: &[RecordBatch], options: &ReportOptions) -> Self {
        let mut statistics: BTreeMap<String, DayPairs> = BTreeMap::new();
        for batch in batches {
            let (names, people) = (text_column(batch, 0), counts(batch.column(3).as_ref()));
            let (before, after) = (days(batch.column(1).as_ref()), days(batch.column(2).as_ref()));
            for (at, name) in names.iter().enumerate() {
                let name = name.unwrap_or_default();
                if !statistics.contains_key(name) {
                    statistics.insert(name.to_owned(), DayPairs::default());
                }
                if let Some(statistic) = statistics.get_mut(name) {
                    statistic.add(before[at], after[at], people[at]);
                }
            }
        }
        let ReportOptions { zone, min_group_size, as_of, .. } = *options;
        let today = zone.day(as_of).num_days_from_ce();
        Self { statistics, zone, min_size: min_group_size, today, ..Self::default() }
    }

    /// Whether a period is one of those that figures without days are shown for: a calendar month that has ended, or the usual
    /// length, if it neither contains a calendar month nor lies in one.
    pub(super) fn is_fixed(&self, period: Period) -> bool {
        let days = |(from, to): Period| self.zone.day(from).num_days_from_ce()..self.zone.day(to).num_days_from_ce();
        let number = days(period);
        if is_one_month(period, self.zone) {
            return number.end <= self.today;
        }
        let first = self.month_of(number.start);
        let next = self.month_of(first.end);
        number.len() == USUAL_DAYS as usize
            && number.end > first.end
            && number.start > first.start
            && number.end < next.end
    }

    /// People of a statistic in the usual period and in the calendar month that end with a period.
    pub(super) fn people_until_end(&self, statistic: &str, period: Period) -> Vec<u64> {
        let Some(days) = self.statistics.get(statistic) else { return Vec::new() };
        let end = self.zone.day(period.1).num_days_from_ce();
        let month = self.month_of(end - 1);
        let is_end_of_month = month.end == end && end <= self.today;
        let ranges = std::iter::once(end - USUAL_DAYS..end).chain(is_end_of_month.then_some(month));
        ranges.map(|range| days.people_in(&range)).collect()
    }

    /// Whether the figures of these statistics may be shown for a period.
    pub(super) fn shows(&self, statistics: &[&str], period: Period) -> bool {
        let number = self.zone.day(period.0).num_days_from_ce()..self.zone.day(period.1).num_days_from_ce();
        is_one_month(period, self.zone) && number.end <= self.today
            || statistics.iter().all(|name| self.is_safe(name, &number))
    }

    /// Whether the figures of a statistic may be shown for a day.
    pub(super) fn shows_day(&self, statistic: &str, day: &str) -> bool {
        let Ok(date) = day.parse::<NaiveDate>() else { return true };
        let day = date.num_days_from_ce();
        self.is_safe(statistic, &(day..day + 1))
    }

    fn is_safe(&self, statistic: &str, period: &Range<Day>) -> bool {
        let Some(days) = self.statistics.get(statistic) else { return true };
        known(&self.decided, statistic, period, || self.decide((statistic, days), period))
    }

    fn decide(&self, (statistic, days): (&str, &DayPairs), period: &Range<Day>) -> bool {
        let within = days.within(period);
        let Some(active) = within.first_to_last() else { return true };
        let Some(blocks) = self.blocks((statistic, days), &active) else { return false };
        let is_usual = is_usual(days, period);
        let ends: Vec<Day> =
            blocks.iter().map(|block| block.start).chain(blocks.last().map(|block| block.end)).collect();
        let can_change = || within.can_be_shortened(&ends, self.min_size) && within.can_be_split(&ends, self.min_size);
        (is_usual || can_change() && self.usual_periods_are_safe(days, &active))
            && self.months_are_safe(days, &active, is_usual)
    }

    /// The blocks that these days consist of. `None` if they begin or end inside of one, or one has few people.
    fn blocks(&self, (statistic, days): (&str, &DayPairs), active: &Range<Day>) -> Option<Vec<Range<Day>>> {
        let mut found = Vec::new();
        let mut month = self.month_of(active.start);
        while month.start < active.end {
            let of_month = days.within(&month);
            // The few of a day that has just begun must not hide the days before it.
            let today = self.today.clamp(month.start, month.end);
            let blocks = known(&self.blocks, statistic, &month, || {
                let parts = [month.start..today, today..month.end];
                parts.iter().flat_map(|days| of_month.blocks(days, self.min_size)).collect()
            });
            for (block, people) in blocks {
                let is_cut = |end: Day| {
                    let sides = [block.start..end, end..block.end];
                    block.contains(&end) && sides.iter().all(|side| of_month.people_in(side) > 0)
                };
                if block.start < active.end && block.end > active.start {
                    if self.min_size.hides(people) || is_cut(active.start) || is_cut(active.end) {
                        return None;
                    }
                    found.push(block);
                }
            }
            month = self.month_of(month.end);
        }
        Some(found)
    }

    /// Whether the usual periods around these days may be shown beside them.
    fn usual_periods_are_safe(&self, days: &DayPairs, active: &Range<Day>) -> bool {
        (active.end - USUAL_DAYS..=active.start).all(|start| {
            let around = start..start + USUAL_DAYS;
            !is_usual(days, &around) || self.rest_is_safe(days, &around, active)
        })
    }

    /// Whether the months that these days belong to may be shown beside them.
    fn months_are_safe(&self, days: &DayPairs, active: &Range<Day>, is_usual: bool) -> bool {
        let mut month = self.month_of(active.start);
        while month.start < active.end {
            let is_inside =
                |inner: &Range<Day>, outer: &Range<Day>| outer.start <= inner.start && inner.end <= outer.end;
            let has_ended = month.end <= self.today;
            if has_ended && is_inside(active, &month) && !self.rest_is_safe(days, &month, active) {
                return false;
            }
            let inner = days.within(&month).first_to_last().filter(|inner| is_usual && is_inside(inner, active));
            if inner.is_some_and(|inner| !self.rest_is_safe(days, active, &inner)) {
                return false;
            }
            month = self.month_of(month.end);
        }
        true
    }

    /// Whether nobody or enough people of a longer period did it outside of these days only, and on both sides of their ends.
    fn rest_is_safe(&self, days: &DayPairs, longer: &Range<Day>, shorter: &Range<Day>) -> bool {
        let groups = [
            days.people_in(longer) - days.people_in(shorter),
            days.people_on_both_sides(longer, shorter.start),
            days.people_on_both_sides(longer, shorter.end),
        ];
        !groups.into_iter().any(|people| self.min_size.hides(people))
    }

    fn month_of(&self, day: Day) -> Range<Day> {
        let Some(date) = NaiveDate::from_num_days_from_ce_opt(day) else { return day..day + 1 };
        let start = self.zone.month_start(self.zone.midnight(date));
        let number = |at| self.zone.day(at).num_days_from_ce();
        number(start)..number(self.zone.month_start(start + Duration::days(32)))
    }
}

/// Whether a period is of the usual length, with people on its first and on its last day.
fn is_usual(days: &DayPairs, period: &Range<Day>) -> bool {
    let ends = [period.start..period.start + 1, period.end - 1..period.end];
    period.end - period.start == USUAL_DAYS && ends.iter().all(|end| days.people_in(end) > 0)
}
