//! Small groups: a cell about one to nine people is hidden, with everything that would give it away.

use serde_json::Value;

/// Fewer people than this are never shown.
pub(super) const LEAST_PEOPLE: f64 = 10.0;
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

/// Whether a number of people may not be shown.
pub(super) fn is_small(people: f64) -> bool {
    people > 0.0 && people < LEAST_PEOPLE
}

/// Hides cells of a table and gives their number. A row whose first column of people is small is hidden in all its columns of
/// people. `additive`: the columns whose sum over the rows is published elsewhere; where just one cell of such a column is
/// hidden, the smallest of the others is hidden too, since the sum would give the first away.
pub(super) fn hide(rows: &mut [Vec<Value>], guards: &[Guard], additive: &[usize]) -> usize {
    let people: Vec<usize> = (0..guards.len()).filter(|&column| guards[column] == Guard::People).collect();
    let mut hidden = vec![vec![false; guards.len()]; rows.len()];
    for (row, marks) in rows.iter().zip(&mut hidden) {
        let small = |column: usize| row.get(column).and_then(Value::as_f64).is_some_and(is_small);
        let base_is_small = people.first().is_some_and(|&column| small(column));
        for &column in &people {
            marks[column] = base_is_small || small(column);
        }
        follow(marks, guards);
    }
    for &column in additive {
        let alone = hidden.iter().filter(|marks| marks[column]).count() == 1;
        let value = |at: usize| rows[at].get(column).and_then(Value::as_f64).unwrap_or_default();
        let shown = (0..rows.len()).filter(|&at| !hidden[at][column] && value(at) > 0.0);
        if let Some(at) = shown.min_by(|&one, &other| value(one).total_cmp(&value(other))).filter(|_| alone) {
            hidden[at][column] = true;
            follow(&mut hidden[at], guards);
        }
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
    fn a_lone_hidden_cell_cannot_be_had_from_the_total() {
        let mut rows = table(&[(40, 5), (40, 30), (40, 12)]);
        hide(&mut rows, GUARDS, &[2]);
        let readers: Vec<&Value> = rows.iter().map(|row| &row[2]).collect();
        assert_eq!(readers, [&json!("<10"), &json!(30), &json!("<10")]);
    }
}
