//! Members by the number of days on which they were active.

use arrow::record_batch::RecordBatch;
use serde_json::Value;
use zhihui_engine::report::{Groups, MinGroupSize};

use crate::report::figures::counts;
use crate::report::hidden_cells::{ColumnContent, HiddenCells};
use crate::report::tables::{Column, SuppressedTable, table};

/// First numbers of days of the rows after nobody, and their names.
const CLASSES: [(u64, &str); 6] = [(1, "1"), (2, "2–3"), (4, "4–7"), (8, "8–14"), (15, "15–30"), (31, "≥ 31")];

/// Numbers of days, each with its active members, from the rows of `active_days.sql`.
pub(super) fn read(batches: &[RecordBatch]) -> Vec<(u64, u64)> {
    let mut days: Vec<(u64, u64)> = Vec::new();
    for batch in batches {
        let [number, people] = [0, 1].map(|at| counts(batch.column(at).as_ref()));
        days.extend(number.into_iter().zip(people));
    }
    days
}

/// The table. Active members are a group, divided by their days, beside those who were not active.
pub(super) fn active_days(days: &[(u64, u64)], members: u64, min_size: MinGroupSize) -> SuppressedTable {
    const ACTIVE: usize = 0;
    let class = |days: u64| CLASSES.iter().rposition(|&(first, _)| first <= days).unwrap_or_default();
    let mut of_class = [0_u64; CLASSES.len()];
    for &(days, people) in days {
        of_class[class(days)] += people;
    }
    let active: u64 = of_class.iter().sum();
    let inactive = members.saturating_sub(active);
    let mut around = vec![None];
    around.extend(of_class.map(|_| Some(ACTIVE)));
    around.push(None);
    let totals: Vec<u64> = [members, active].into_iter().chain(of_class).chain([inactive]).collect();
    let shown = Groups::new(&around).shown(&totals, min_size);
    let row = |name: &str, people: u64| vec![Value::from(name), people.into()];
    let mut rows = vec![row("0", inactive)];
    rows.extend(CLASSES.iter().zip(of_class).map(|(&(_, name), people)| row(name, people)));
    let columns: &[Column] = &[
        ("days", "活跃天数", "Active days", "text", ColumnContent::NotPeople),
        ("members", "会员人数", "Members", "people", ColumnContent::People),
    ];
    let contents: Vec<ColumnContent> = columns.iter().map(|column| column.4).collect();
    let mut hidden = HiddenCells::new(&rows, &contents, min_size);
    // Place 0 is everybody and place 1 the active members.
    for at in 0..rows.len() {
        let place = if at == 0 { totals.len() - 1 } else { at + 1 };
        if !shown[place] {
            hidden.hide(at, 1);
        }
    }
    let hidden = hidden.write(&mut rows);
    (table("active_days", ("活跃天数分布", "Members by active days"), columns, rows), hidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(days: &[(u64, u64)], members: u64) -> Vec<String> {
        let (table, _) = active_days(days, members, MinGroupSize::default());
        table.rows.iter().map(|row| row[1].to_string()).collect()
    }

    #[test]
    fn members_are_counted_by_their_days_and_few_cannot_be_derived() {
        assert_eq!(shown(&[(1, 40), (2, 11), (3, 12), (31, 20)], 100), ["17", "40", "23", "0", "0", "0", "20"]);
        // Three members of four days would be the rest of the active ones, whose number a metric shows.
        assert_eq!(shown(&[(1, 40), (4, 3), (8, 12)], 100), ["45", "40", "0", "\"<10\"", "\"<10\"", "0", "0"]);
    }
}
