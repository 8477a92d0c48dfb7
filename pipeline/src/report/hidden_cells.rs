//! Hides cells about small groups in the rows of a table, and cells of the same row that would reveal them.

use serde_json::Value;
use zhihui_engine::report::{Groups, MinGroupSize, shown_in_list};

/// What a column contains, which decides about hiding its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnContent {
    /// Not about people.
    NotPeople,
    /// A number of people.
    People,
    /// Derived from the people of these columns: hidden if one of them is hidden.
    DerivedFrom(&'static [usize]),
}

/// The hidden cells of a table, by row and column.
pub(super) struct HiddenCells {
    contents: Vec<ColumnContent>,
    hidden: Vec<Vec<bool>>,
    min_size: MinGroupSize,
}

impl HiddenCells {
    /// Hides cells about small groups. If the first column of people in a row is small, hides all columns of people.
    pub(super) fn new(rows: &[Vec<Value>], contents: &[ColumnContent], min_size: MinGroupSize) -> Self {
        let is_people = |column: &usize| contents[*column] == ColumnContent::People;
        let of_row = |row: &Vec<Value>| {
            let first = (0..contents.len()).find(is_people);
            let is_small_row = first.is_some_and(|column| min_size.hides(people(row, column)));
            let is_hidden = |column: usize| {
                contents[column] == ColumnContent::People && (is_small_row || min_size.hides(people(row, column)))
            };
            (0..contents.len()).map(is_hidden).collect()
        };
        Self { contents: contents.to_vec(), hidden: rows.iter().map(of_row).collect(), min_size }
    }

    /// Hides a cell.
    pub(super) fn hide(&mut self, row: usize, column: usize) {
        self.hidden[row][column] = true;
    }

    /// Shows all cells of a row.
    pub(super) fn show(&mut self, row: usize) {
        self.hidden[row].fill(false);
    }

    /// Hides further cells of a column of people whose total person-times are shown elsewhere.
    pub(super) fn hide_in_column(&mut self, rows: &[Vec<Value>], column: usize) {
        let counts: Vec<u64> = rows.iter().map(|row| people(row, column)).collect();
        for (row, shown) in shown_in_list(&counts, self.min_size).into_iter().enumerate() {
            self.hidden[row][column] |= !shown;
        }
    }

    /// Hides cells of a row whose columns are nested groups. `places` are the columns of the whole and of each group, `totals`
    /// their counts.
    pub(super) fn hide_in_row(&mut self, row: usize, groups: &Groups, places: &[usize], totals: &[u64]) {
        let shown = groups.shown(totals, self.min_size);
        for (&column, shown) in places.iter().zip(shown) {
            self.hidden[row][column] |= !shown;
        }
    }

    /// Replaces hidden cells in the rows, and returns their number.
    pub(super) fn write(mut self, rows: &mut [Vec<Value>]) -> usize {
        let text = hidden_text(self.min_size);
        let mut count = 0;
        for (row, hidden) in rows.iter_mut().zip(&mut self.hidden) {
            hide_derived(hidden, &self.contents);
            for (cell, _) in row.iter_mut().zip(hidden).filter(|(cell, hide)| **hide && !cell.is_null()) {
                *cell = text.clone().into();
                count += 1;
            }
        }
        count
    }
}

/// The content of a hidden cell.
pub(super) fn hidden_text(min_size: MinGroupSize) -> String {
    format!("<{}", min_size.people())
}

/// Reads a count of people from a row.
pub(super) fn people(row: &[Value], column: usize) -> u64 {
    row.get(column).and_then(Value::as_u64).unwrap_or_default()
}

fn hide_derived(hidden: &mut [bool], contents: &[ColumnContent]) {
    for (column, content) in contents.iter().enumerate() {
        if let ColumnContent::DerivedFrom(sources) = content {
            hidden[column] = hidden[column] || sources.iter().any(|&source| hidden[source]);
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

    const CONTENTS: &[ColumnContent] =
        &[ColumnContent::NotPeople, ColumnContent::People, ColumnContent::People, ColumnContent::DerivedFrom(&[2])];

    #[test]
    fn derived_cells_are_hidden_with_their_sources() {
        let mut rows = table(&[(40, 9), (40, 10), (40, 0)]);
        assert_eq!(HiddenCells::new(&rows, CONTENTS, MinGroupSize::default()).write(&mut rows), 2);
        assert_eq!(rows[0], [json!("x"), json!(40), json!("<10"), json!("<10")]);
        assert_eq!(rows[1][2], json!(10));
        assert_eq!(rows[2][2], json!(0));
    }

    #[test]
    fn all_cells_of_a_small_group_are_hidden_even_zeros() {
        let mut rows = table(&[(4, 0)]);
        HiddenCells::new(&rows, CONTENTS, MinGroupSize::default()).write(&mut rows);
        assert_eq!(rows[0], [json!("x"), json!("<10"), json!("<10"), json!("<10")]);
    }

    #[test]
    fn hidden_cells_cannot_be_computed_from_the_total() {
        let mut rows = table(&[(40, 2), (40, 3), (40, 30), (40, 12)]);
        let mut hidden = HiddenCells::new(&rows, CONTENTS, MinGroupSize::default());
        hidden.hide_in_column(&rows, 2);
        hidden.write(&mut rows);
        let readers: Vec<&Value> = rows.iter().map(|row| &row[2]).collect();
        assert_eq!(readers, [&json!("<10"), &json!("<10"), &json!(30), &json!("<10")]);
    }
}
