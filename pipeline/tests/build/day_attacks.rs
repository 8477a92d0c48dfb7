//! Attacks on days: what follows about what all members did on some days from all reports on the whole account.

use std::collections::BTreeSet;

use chrono::{Duration, NaiveDate};
use zhihui_engine::report::MinGroupSize;

use super::attacker::{Knowledge, Terms, few_of, less, sum};
use super::published::{By, FIGURES, TIMES, is_added_over_days};
use super::random_town::DAYS;
use super::report_family::{Shown, day};

/// A range of the days on which anybody does anything.
type DayRange = (usize, usize);

fn range(from: NaiveDate, to: NaiveDate) -> DayRange {
    let before = |end: NaiveDate| DAYS.iter().filter(|active| day(active) < end).count();
    (before(from), before(to))
}

fn in_range(measure: &str, (from, to): DayRange) -> Terms {
    if is_added_over_days(measure) {
        return sum((from..to).map(|at| format!("{measure} on {at}")));
    }
    if from >= to { Vec::new() } else { sum([format!("{measure} from {from} to {to}")]) }
}

/// What follows about what all members did on some days from all reports on the whole account.
pub(crate) fn few_on_days(reports: &[Shown], measure: &str, min_size: MinGroupSize) -> Vec<String> {
    let mut known = Knowledge::default();
    let n = DAYS.len();
    let ranges: Vec<DayRange> = (0..n).flat_map(|from| (from + 1..=n).map(move |to| (from, to))).collect();
    let people = TIMES.iter().find(|(times, _)| *times == measure).map_or(measure, |(_, people)| people);
    let measures: BTreeSet<&str> = [measure, people].into();
    for &(from, to) in &ranges {
        for name in measures.iter().filter(|name| !is_added_over_days(name)) {
            let wider = [(from.wrapping_sub(1), to), (from, to + 1)];
            for wider in wider.into_iter().filter(|wider| ranges.contains(wider)) {
                known.not_negative(&less(&in_range(name, wider), &in_range(name, (from, to))));
            }
            // Whom both of two ranges count, their overlap counts or nobody does twice.
            if to - from >= 2 {
                let parts: Terms = [in_range(name, (from, to - 1)), in_range(name, (from + 1, to))].concat();
                let both = [in_range(name, (from, to)), in_range(name, (from + 1, to - 1))].concat();
                known.not_negative(&less(&parts, &both));
            }
        }
        if measure != people {
            known.not_negative(&less(&in_range(measure, (from, to)), &in_range(people, (from, to))));
        }
    }
    let mut shown_ranges: BTreeSet<DayRange> = BTreeSet::new();
    let whole =
        |shown: &&Shown| ["union", "age_band", "district"].iter().all(|name| !shown.report.filters.contains_key(*name));
    for shown in reports.iter().filter(whole) {
        for figure in FIGURES.iter().filter(|figure| measures.contains(figure.measure)) {
            let mut values: Vec<(DayRange, f64)> = Vec::new();
            for number in figure.numbers(&shown.report) {
                match number.by.as_slice() {
                    [] => values.push((range(shown.from, shown.to), number.value)),
                    [(By::Day, name)] => values.push((range(day(name), day(name) + Duration::days(1)), number.value)),
                    _ => {}
                }
            }
            let before = shown.from - (shown.to - shown.from);
            values.extend(figure.previous(&shown.report).map(|value| (range(before, shown.from), value)));
            for (range, value) in values {
                known.equal(&in_range(figure.measure, range), value);
                shown_ranges.insert(range);
            }
        }
    }
    let mut asked: Vec<(String, Terms)> = Vec::new();
    for &outer in &ranges {
        asked.push((format!("{measure} in {outer:?}"), in_range(measure, outer)));
        if is_added_over_days(measure) {
            continue;
        }
        let inside = |inner: &&DayRange| outer.0 <= inner.0 && inner.1 <= outer.1 && **inner != outer;
        for &inner in ranges.iter().filter(inside) {
            let difference = less(&in_range(measure, outer), &in_range(measure, inner));
            asked.push((format!("{measure} in {outer:?} but not in {inner:?}"), difference));
        }
        for at in outer.0 + 1..outer.1 {
            let parts = [in_range(measure, (outer.0, at)), in_range(measure, (at, outer.1))].concat();
            asked.push((
                format!("{measure} on both sides of {at} in {outer:?}"),
                less(&parts, &in_range(measure, outer)),
            ));
        }
    }
    few_of(known, &asked, min_size)
}
