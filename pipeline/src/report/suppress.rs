//! Small groups in tables: a cell about one to nine people is hidden, with everything that would give it away.

use serde_json::Value;
use zhihui_engine::report::is_too_few;

/// What stands in a hidden cell.
pub(super) const HIDDEN: &str = "<10";

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

/// Hides cells of a table and gives their number. A row whose first column of people is small is hidden in all its columns of
/// people. `additive`: the columns whose sum over the rows is told elsewhere; there the smallest of the other rows are hidden
/// too until what is hidden together is about enough people, since the sum would give it away.
pub(super) fn hide(rows: &mut [Vec<Value>], guards: &[Guard], additive: &[usize]) -> usize {
    let mut hidden: Vec<Vec<bool>> = rows.iter().map(|row| small_cells(row, guards)).collect();
    for &column in additive {
        let counted = match guards.get(column) {
            Some(Guard::Of(sources)) => sources.first().copied().unwrap_or(column),
            _ => column,
        };
        hide_beside(rows, &mut hidden, guards, column, counted);
    }
    let mut count = 0;
    for (row, marks) in rows.iter_mut().zip(&hidden) {
        for (cell, _) in row.iter_mut().zip(marks).filter(|(cell, hide)| **hide && !cell.is_null()) {
            *cell = HIDDEN.into();
            count += 1;
        }
    }
    count
}

fn small_cells(row: &[Value], guards: &[Guard]) -> Vec<bool> {
    let is_people = |column: &usize| guards[*column] == Guard::People;
    let mut marks = vec![false; guards.len()];
    let base_is_small = (0..guards.len()).find(is_people).is_some_and(|column| is_too_few(people(row, column)));
    for column in (0..guards.len()).filter(is_people) {
        marks[column] = base_is_small || is_too_few(people(row, column));
    }
    follow(&mut marks, guards);
    marks
}

/// Hides cells of a column until those hidden are together about enough people, who are counted in column `counted`.
fn hide_beside(rows: &[Vec<Value>], hidden: &mut [Vec<bool>], guards: &[Guard], column: usize, counted: usize) {
    loop {
        let together: u64 =
            (0..rows.len()).filter(|&row| hidden[row][column]).map(|row| people(&rows[row], counted)).sum();
        if !is_too_few(together) {
            return;
        }
        let shown = (0..rows.len()).filter(|&row| !hidden[row][column] && people(&rows[row], counted) > 0);
        let Some(row) = shown.min_by_key(|&row| people(&rows[row], counted)) else { return };
        hidden[row][column] = true;
        follow(&mut hidden[row], guards);
    }
}

fn people(row: &[Value], column: usize) -> u64 {
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
        assert_eq!(hide(&mut rows, GUARDS, &[]), 2);
        assert_eq!(rows[0], [json!("x"), json!(40), json!("<10"), json!("<10")]);
        assert_eq!(rows[1][2], json!(10));
        assert_eq!(rows[2][2], json!(0));
    }

    #[test]
    fn nothing_is_told_of_a_small_group_not_even_that_nobody_read() {
        let mut rows = table(&[(4, 0)]);
        hide(&mut rows, GUARDS, &[]);
        assert_eq!(rows[0], [json!("x"), json!("<10"), json!("<10"), json!("<10")]);
    }

    #[test]
    fn hidden_cells_cannot_be_had_from_the_total() {
        let mut rows = table(&[(40, 2), (40, 3), (40, 30), (40, 12)]);
        hide(&mut rows, GUARDS, &[2]);
        let readers: Vec<&Value> = rows.iter().map(|row| &row[2]).collect();
        assert_eq!(readers, [&json!("<10"), &json!("<10"), &json!(30), &json!("<10")]);
    }
}
