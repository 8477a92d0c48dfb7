//! Attendance of a period: first-timers, waiting lists, and how evenly it is spread over members and unions.

use std::collections::{BTreeMap, HashMap};

use arrow::array::StringArray;
use arrow::record_batch::RecordBatch;

use super::evenness::{gini, most};
use crate::report::figures::{Figures, counts, text_column};

/// Adds the figures of the rows of `attendance.sql`.
pub(super) fn add(figures: &mut Figures, batches: &[RecordBatch]) {
    let mut attendances: BTreeMap<u64, u64> = BTreeMap::new();
    let names: Vec<StringArray> = batches.iter().map(|batch| text_column(batch, 0)).collect();
    let mut unions: HashMap<&str, (u64, u64)> = HashMap::new();
    let [mut waits, mut waiting, mut signers, mut first_timers, mut members] = [0_u64; 5];
    for (batch, names) in batches.iter().zip(&names) {
        let [times, waited, signed, before, people] = [1, 2, 3, 4, 5].map(|at| counts(batch.column(at).as_ref()));
        for (row, union) in names.iter().enumerate() {
            let people = people[row];
            members += people;
            waits += waited[row] * people;
            waiting += if waited[row] > 0 { people } else { 0 };
            signers += signed[row] * people;
            first_timers += if times[row] > 0 && before[row] == 0 { people } else { 0 };
            *attendances.entry(times[row]).or_default() += people;
            if let Some(union) = union {
                let of_union = unions.entry(union).or_default();
                of_union.0 += people;
                of_union.1 += times[row] * people;
            }
        }
    }
    attendances.remove(&0);
    let attendees: u64 = attendances.values().sum();
    let total: u64 = attendances.iter().map(|(times, people)| times * people).sum();
    let by_times: Vec<(u64, u64)> = attendances.iter().map(|(&times, &people)| (people, times)).collect();
    // In a fixed order, because sums of fractions depend on it.
    let mut unions: Vec<(&str, (u64, u64))> = unions.into_iter().collect();
    unions.sort_unstable();
    let rates: Vec<(u64, f64)> =
        unions.iter().map(|&(_, (members, times))| (members, times as f64 / members as f64)).collect();
    let numbers = [
        ("waitlisted", waits),
        ("waiting_members", waiting),
        ("not_waiting_signers", signers.saturating_sub(waiting)),
        ("not_waiting_members", members.saturating_sub(waiting)),
        ("first_timers", first_timers),
        ("repeat_attendees", attendees - first_timers),
        ("top_tenth_attendances", most(&by_times, attendees / 10)),
        ("all_attendances", total),
        ("all_attendees", attendees),
    ];
    for (name, number) in numbers {
        figures.add(name, number as f64);
    }
    let of_members = gini(&by_times.iter().map(|&(people, times)| (people, times as f64)).collect::<Vec<_>>());
    for (name, value) in [("attendance_gini", of_members), ("union_gini", gini(&rates))] {
        if let Some(value) = value {
            figures.add(name, value);
        }
    }
}
