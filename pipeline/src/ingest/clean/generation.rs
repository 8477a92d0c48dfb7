//! Rejects statistics of the account that mix the generations of WeChat's interfaces, or are about days to come.

use polars::prelude::Column as Values;
use zhihui_data::{AccountInterface, Generation, Table};

use super::super::plan::Plan;
use super::super::reject::Reason;
use super::Faults;
use super::time::days;

/// Columns of person-times, which only the old generation has.
const PERSON_TIMES: [&str; 4] = ["read_times", "original_times", "share_times", "favourite_times"];

/// Checks each row against its generation. Rows without one are rejected elsewhere.
pub(super) fn check(plan: &Plan, columns: &[Values], faults: &mut Faults) {
    if plan.table != Table::AccountStatistics {
        return;
    }
    let find = |name: &str| columns.iter().find(|column| column.name() == name);
    let texts = |name: &str| find(name).and_then(|column| column.str().ok());
    let (generations, interfaces) = (texts("generation"), texts("interface"));
    let statistic_days = find("day").and_then(|column| column.i32().ok());
    let times = PERSON_TIMES.map(|name| (name, find(name).and_then(|column| column.i64().ok())));
    let today = days(plan.zone.day(plan.as_of));
    for row in 0..faults.rows {
        let day = statistic_days.and_then(|days| days.get(row));
        if day.is_some_and(|day| day > today) {
            faults.add(row, "day", Reason::FutureTime);
        }
        let Some(generation) = generations.and_then(|texts| texts.get(row)).and_then(Generation::named) else {
            continue;
        };
        let interface = interfaces.and_then(|texts| texts.get(row)).and_then(AccountInterface::named);
        if interface.is_some_and(|interface| interface.generation != generation) {
            faults.add(row, "generation", Reason::OtherGeneration);
        }
        if day.is_some_and(|day| day < days(generation.first_day())) {
            faults.add(row, "day", Reason::OtherGeneration);
        }
        if generation == Generation::New {
            let given = times.iter().find(|(_, column)| column.and_then(|column| column.get(row)).is_some());
            if let Some((name, _)) = given {
                faults.add(row, name, Reason::OtherGeneration);
            }
        }
    }
}
