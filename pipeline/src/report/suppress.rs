//! Small groups in the rows of a table: a cell about few people is hidden, with what would give it away in its row.

use serde_json::Value;
use zhihui_engine::report::{Groups, MinGroupSize, shown_in_list};

/// How a column takes part in hiding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// Not about people.
    Open,
    /// A number of people.
    People,
    /// Made from the people of other columns, by their places: hidden where one of them is.
    Of(&'static [usize]),
}

/// Which cells of a table to hide, by row and column.
pub(super) struct Marks {
    guards: Vec<Guard>,
    hidden: Vec<Vec<bool>>,
    fewest: MinGroupSize,
}

impl Marks {
    /// Hides cells about few people. A row whose first column of people is small is hidden in all its columns of people.
    pub(super) fn new(rows: &[Vec<Value>], guards: &[Guard], fewest: MinGroupSize) -> Self {
        let is_people = |column: &usize| guards[*column] == Guard::People;
        let of_row = |row: &Vec<Value>| {
            let base = (0..guards.len()).find(is_people);
            let base_is_small = base.is_some_and(|column| fewest.hides(people(row, column)));
            let is_hidden =
                |column: usize| guards[column] == Guard::People && (base_is_small || fewest.hides(people(row, column)));
            (0..guards.len()).map(is_hidden).collect()
        };
        Self { guards: guards.to_vec(), hidden: rows.iter().map(of_row).collect(), fewest }
    }

    /// Hides one cell more.
    pub(super) fn hide(&mut self, row: usize, column: usize) {
        self.hidden[row][column] = true;
    }

    /// Shows a whole row.
    pub(super) fn show(&mut self, row: usize) {
        self.hidden[row].fill(false);
    }

    /// Hides further cells of a column of people whose person-times in all are shown elsewhere.
    pub(super) fn hide_in_column(&mut self, rows: &[Vec<Value>], column: usize) {
        let counts: Vec<u64> = rows.iter().map(|row| people(row, column)).collect();
        for (row, shown) in shown_in_list(&counts, self.fewest).into_iter().enumerate() {
            self.hidden[row][column] |= !shown;
        }
    }

    /// Hides columns of one row that are groups inside one another; `places` are the columns of everybody and of each group,
    /// `totals` their counts.
    pub(super) fn hide_in_row(&mut self, row: usize, groups: &Groups, places: &[usize], totals: &[u64]) {
        let shown = groups.shown(totals, self.fewest);
        for (&column, shown) in places.iter().zip(shown) {
            self.hidden[row][column] |= !shown;
        }
    }

    /// Writes the marks into the rows and gives the number of hidden cells.
    pub(super) fn write(mut self, rows: &mut [Vec<Value>]) -> usize {
        let text = hidden_text(self.fewest);
        let mut count = 0;
        for (row, marks) in rows.iter_mut().zip(&mut self.hidden) {
            follow(marks, &self.guards);
            for (cell, _) in row.iter_mut().zip(marks).filter(|(cell, hide)| **hide && !cell.is_null()) {
                *cell = text.clone().into();
                count += 1;
            }
        }
        count
    }
}

/// What a hidden cell of a table holds.
pub(super) fn hidden_text(fewest: MinGroupSize) -> String {
    format!("<{}", fewest.people())
}

/// A count of people in a row.
pub(super) fn people(row: &[Value], column: usize) -> u64 {
    row.get(column).and_then(Value::as_u64).unwrap_or_default()
}

fn follow(marks: &mut [bool], guards: &[Guard]) {
    for (column, guard) in guards.iter().enumerate() {
        if let Guard::Of(sources) = guard {
            marks[column] = marks[column] || sources.iter().any(|&source| marks[source]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn table(rows: &[(i64, i64)]) -> Vec<Vec<Value>> {
        rows.iter().map(|&(members, readers)| vec![json!("x"), json!(members), json!(readers), json!(1.5)]).collect()
    }

    const GUARDS: &[Guard] = &[Guard::Open, Guard::People, Guard::People, Guard::Of(&[2])];

    #[test]
    fn what_is_made_from_few_people_is_hidden_with_them() {
        let mut rows = table(&[(40, 9), (40, 10), (40, 0)]);
        assert_eq!(Marks::new(&rows, GUARDS, MinGroupSize::default()).write(&mut rows), 2);
        assert_eq!(rows[0], [json!("x"), json!(40), json!("<10"), json!("<10")]);
        assert_eq!(rows[1][2], json!(10));
        assert_eq!(rows[2][2], json!(0));
    }

    #[test]
    fn nothing_is_told_of_a_small_group_not_even_that_nobody_read() {
        let mut rows = table(&[(4, 0)]);
        Marks::new(&rows, GUARDS, MinGroupSize::default()).write(&mut rows);
        assert_eq!(rows[0], [json!("x"), json!("<10"), json!("<10"), json!("<10")]);
    }

    #[test]
    fn hidden_cells_cannot_be_had_from_the_total() {
        let mut rows = table(&[(40, 2), (40, 3), (40, 30), (40, 12)]);
        let mut marks = Marks::new(&rows, GUARDS, MinGroupSize::default());
        marks.hide_in_column(&rows, 2);
        marks.write(&mut rows);
        let readers: Vec<&Value> = rows.iter().map(|row| &row[2]).collect();
        assert_eq!(readers, [&json!("<10"), &json!("<10"), &json!(30), &json!("<10")]);
    }
}
