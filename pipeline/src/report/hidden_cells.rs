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

    /// Hides a second cell of a column of people if only one cell that is not zero is hidden, because the shares of all rows sum
    /// up to one.
    pub(super) fn hide_second_in_column(&mut self, rows: &[Vec<Value>], column: usize) {
        let (shown, hidden): (Vec<usize>, Vec<usize>) =
            (0..rows.len()).filter(|&row| people(&rows[row], column) > 0).partition(|&row| !self.hidden[row][column]);
        if let ([_], Some(smallest)) = (&hidden[..], shown.into_iter().min_by_key(|&row| people(&rows[row], column))) {
            self.hidden[smallest][column] = true;
        }
    }

    /// The row to hide so that the total of a column, which is shown elsewhere, does not reveal its few hidden people. The first
    /// `listed` rows are shown. `rank` orders them: the least goes.
    pub(super) fn row_that_protects_rest(
        &self,
        rows: &[Vec<Value>],
        column: usize,
        listed: usize,
        rank: impl Fn(usize) -> u64,
    ) -> Option<usize> {
        let is_shown = |row: &usize| *row < listed && !self.hidden[*row][column];
        let rest = (0..rows.len()).filter(|row| !is_shown(row)).map(|row| people(&rows[row], column));
        let largest = rest.max().unwrap_or(0);
        let candidates = (0..listed.min(rows.len())).filter(|row| is_shown(row) && people(&rows[*row], column) > 0);
        if self.min_size.hides(largest) { candidates.min_by_key(|&row| (rank(row), row)) } else { None }
    }

    /// Puts the rows whose cell is hidden behind the others, in the order of their first cell, so that their place tells nothing.
    pub(super) fn put_hidden_last(&mut self, rows: &mut Vec<Vec<Value>>, column: usize) {
        let mut both: Vec<(Vec<bool>, Vec<Value>)> = self.hidden.drain(..).zip(rows.drain(..)).collect();
        both.sort_by_cached_key(|(hidden, row)| hidden[column].then(|| row[0].to_string()));
        (self.hidden, *rows) = both.into_iter().unzip();
    }

    /// Keeps the first rows.
    pub(super) fn keep(&mut self, rows: &mut Vec<Vec<Value>>, listed: usize) {
        rows.truncate(listed);
        self.hidden.truncate(listed);
    }

    /// Keeps the rows whose cell is shown.
    pub(super) fn keep_shown(&mut self, rows: &mut Vec<Vec<Value>>, column: usize) {
        let mut shown = self.shown(column).into_iter();
        rows.retain(|_| shown.next() == Some(true));
        self.hidden.retain(|hidden| !hidden[column]);
    }

    /// Whether each cell of a column is shown.
    pub(super) fn shown(&self, column: usize) -> Vec<bool> {
        self.hidden.iter().map(|hidden| !hidden[column]).collect()
    }

    /// Hides a column of people where the others, who did it elsewhere, are few.
    pub(super) fn hide_small_rests(&mut self, rows: &[Vec<Value>], column: usize, all: u64) {
        for (row, hidden) in rows.iter().zip(&mut self.hidden) {
            hidden[column] |= self.min_size.hides(all.saturating_sub(people(row, column)));
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
    fn few_hidden_people_cannot_be_computed_from_the_total() {
        let of = |readers: &[i64], listed: usize| {
            let rows = table(&readers.iter().map(|&readers| (40, readers)).collect::<Vec<_>>());
            let hidden = HiddenCells::new(&rows, CONTENTS, MinGroupSize::default());
            hidden.row_that_protects_rest(&rows, 2, listed, |row| people(&rows[row], 2))
        };
        assert_eq!(of(&[30, 12, 3, 2], 4), Some(1), "the smallest that is shown");
        assert_eq!(of(&[30, 12, 3, 2], 1), None, "twelve are not listed");
        assert_eq!(of(&[30, 12, 3, 2], 2), Some(1), "three and two are not listed");
        assert_eq!(of(&[30, 12, 0, 0], 2), None);
        assert_eq!(of(&[3, 2], 2), None, "nothing is shown");
    }

    #[test]
    fn the_share_of_a_single_hidden_row_does_not_follow_from_the_others() {
        let rows = table(&[(40, 30), (40, 20), (40, 25), (40, 0)]);
        let mut hidden = HiddenCells::new(&rows, CONTENTS, MinGroupSize::default());
        hidden.hide_second_in_column(&rows, 2);
        assert_eq!(hidden.shown(2), [true; 4], "nothing is hidden");
        hidden.hide(0, 2);
        hidden.hide_second_in_column(&rows, 2);
        assert_eq!(hidden.shown(2), [false, false, true, true], "the smallest that is not zero");
        hidden.hide_second_in_column(&rows, 2);
        assert_eq!(hidden.shown(2), [false, false, true, true], "two are hidden already");
    }

    #[test]
    fn hidden_rows_come_last_in_an_order_that_tells_nothing() {
        let row = |name: &str, readers: i64| vec![json!(name), json!(40), json!(readers), json!(1.5)];
        let mut rows = vec![row("d", 30), row("c", 5), row("b", 20), row("a", 8)];
        let mut hidden = HiddenCells::new(&rows, CONTENTS, MinGroupSize::default());
        hidden.put_hidden_last(&mut rows, 2);
        hidden.write(&mut rows);
        let cells: Vec<(&Value, &Value)> = rows.iter().map(|row| (&row[0], &row[2])).collect();
        let few = json!("<10");
        assert_eq!(
            cells,
            [(&json!("d"), &json!(30)), (&json!("b"), &json!(20)), (&json!("a"), &few), (&json!("c"), &few)]
        );
    }

    #[test]
    fn who_did_it_elsewhere_only_is_protected() {
        let mut rows = table(&[(40, 31), (40, 30), (40, 40)]);
        let mut hidden = HiddenCells::new(&rows, CONTENTS, MinGroupSize::default());
        hidden.hide_small_rests(&rows, 2, 40);
        hidden.write(&mut rows);
        let readers: Vec<&Value> = rows.iter().map(|row| &row[2]).collect();
        assert_eq!(readers, [&json!("<10"), &json!(30), &json!(40)]);
    }
}
