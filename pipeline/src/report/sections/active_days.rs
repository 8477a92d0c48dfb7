//! Members by the number of days on which they were active.

use arrow::record_batch::RecordBatch;
use serde_json::Value;
use zhihui_engine::report::{Groups, MinGroupSize};

use crate::report::figures::counts;
use crate::report::hidden_cells::{ColumnContent, HiddenCells};
use crate::report::tables::{Column, SuppressedTable, table};

/// First numbers of days of the rows after nobody.
const FIRST_DAYS: [u64; 6] = [1, 2, 4, 8, 15, 31];

/// Members whose days are within limits, the upper one exclusive. The last class has none.
#[derive(Debug, Clone, Copy)]
struct Class {
    from: u64,
    until: Option<u64>,
    people: u64,
}

impl Class {
    fn name(self) -> String {
        match self.until {
            None => format!("≥ {}", self.from),
            Some(until) if until == self.from + 1 => self.from.to_string(),
            Some(until) => format!("{}–{}", self.from, until - 1),
        }
    }
}

/// Numbers of days, each with its active members, from the rows of `active_days.sql`.
pub(super) fn read(batches: &[RecordBatch]) -> Vec<(u64, u64)> {
    let mut days: Vec<(u64, u64)> = Vec::new();
    for batch in batches {
        let [number, people] = [0, 1].map(|at| counts(batch.column(at).as_ref()));
        days.extend(number.into_iter().zip(people));
    }
    days
}

/// The table. Active members are a group, divided by their days, beside those who were not active. Classes of few members are
/// united with the next one, because with the mean, which is a metric, the size of a hidden class could be worked out.
pub(super) fn active_days(days: &[(u64, u64)], members: u64, min_size: MinGroupSize) -> SuppressedTable {
    const ACTIVE: usize = 0;
    let classes = classes(days, min_size);
    let of_class = classes.iter().map(|class| class.people);
    let active: u64 = of_class.clone().sum();
    let inactive = members.saturating_sub(active);
    let mut around = vec![None];
    around.extend(classes.iter().map(|_| Some(ACTIVE)));
    around.push(None);
    let totals: Vec<u64> = [members, active].into_iter().chain(of_class).chain([inactive]).collect();
    let shown = Groups::new(&around).shown(&totals, min_size);
    let row = |name: String, people: u64| vec![Value::from(name), people.into()];
    let mut rows = vec![row("0".to_owned(), inactive)];
    rows.extend(classes.iter().map(|class| row(class.name(), class.people)));
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

/// The classes of days, the widest where few members would be in one.
fn classes(days: &[(u64, u64)], min_size: MinGroupSize) -> Vec<Class> {
    let until = FIRST_DAYS.iter().skip(1).copied().map(Some).chain([None]);
    let people = |from: u64, until: Option<u64>| {
        let is_in = |days: u64| days >= from && until.is_none_or(|until| days < until);
        days.iter().filter(|(days, _)| is_in(*days)).map(|(_, people)| people).sum()
    };
    let mut classes: Vec<Class> =
        FIRST_DAYS.iter().zip(until).map(|(&from, until)| Class { from, until, people: people(from, until) }).collect();
    // A class of few is united with the one before it, the first one with the one after it.
    while let Some(few) = classes.iter().rposition(|class| min_size.hides(class.people)).filter(|_| classes.len() > 1) {
        let after = few.max(1);
        classes[after - 1].until = classes[after].until;
        classes[after - 1].people += classes[after].people;
        classes.remove(after);
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(days: &[(u64, u64)], members: u64) -> Vec<String> {
        let (table, _) = active_days(days, members, MinGroupSize::default());
        table.rows.iter().map(|row| format!("{}: {}", row[0].as_str().expect("a text"), row[1])).collect()
    }

    #[test]
    fn members_are_counted_by_their_days() {
        let all = ["0: 17", "1: 40", "2–3: 23", "4–7: 0", "8–14: 0", "15–30: 0", "≥ 31: 20"];
        assert_eq!(shown(&[(1, 40), (2, 11), (3, 12), (31, 20)], 100), all);
    }

    #[test]
    fn a_class_of_few_members_is_united_with_the_one_before_it() {
        assert_eq!(shown(&[(1, 40), (4, 3), (8, 12)], 100)[1..3], ["1–7: 43", "8–14: 12"]);
        assert_eq!(shown(&[(1, 4), (2, 30)], 100)[1], "1–3: 34");
        assert_eq!(shown(&[(2, 4)], 100), ["0: \"<10\"", "≥ 1: \"<10\""], "four active members are no class");
    }
}
