//! Finds the header of a table below title rows. A header may span two rows.

/// Number of rows that are searched for the header.
pub(super) const MAX_ROWS: usize = 20;

/// A header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Index of the first row of data.
    pub data_from: usize,
    /// Names of the columns; empty for a column without a name.
    pub names: Vec<String>,
}

/// Returns the row or pair of rows with most known columns; the first one if several are equal. `None` if no column is known.
///
/// Stops at the first header that is `enough`.
pub(super) fn find(
    rows: &[Vec<String>],
    known: &dyn Fn(&str) -> bool,
    enough: &dyn Fn(&[String]) -> bool,
) -> Option<Header> {
    let score = |names: &[String]| names.iter().filter(|name| known(name)).count();
    let mut best: Option<(usize, Header)> = None;
    let keep_best = |best: &mut Option<(usize, Header)>, score: usize, header: Header| {
        if score > best.as_ref().map_or(0, |(best, _)| *best) {
            *best = Some((score, header));
        }
    };
    for (index, row) in rows.iter().enumerate().take(MAX_ROWS) {
        let single = score(row);
        keep_best(&mut best, single, Header { data_from: index + 1, names: trimmed(row.clone()) });
        // A row of data may contain a word that is also a header, so that a pair must be better than each of its rows.
        if let Some(below) = rows.get(index + 1).filter(|below| has_no_numbers(below)) {
            let below = without_repeats(row, below);
            let pair = joined(row, &below, known);
            if score(&pair) > single.max(score(&below)) {
                keep_best(&mut best, score(&pair), Header { data_from: index + 2, names: trimmed(pair) });
            }
        }
        if best.as_ref().is_some_and(|(_, header)| enough(&header.names)) {
            break;
        }
    }
    best.map(|(_, header)| header)
}

/// The first column of a second table beside the first one: it repeats a known column after a column without a name.
pub(super) fn second_table(names: &[String], known: &dyn Fn(&str) -> bool) -> Option<usize> {
    let gap = |at: &usize| names[*at].is_empty() && names[..*at].iter().any(|name| !name.is_empty());
    let repeats = |at: &usize| names[*at..].iter().any(|name| known(name) && names[..*at].contains(name));
    (0..names.len()).filter(gap).find(repeats)
}

/// The lower row without the cells that a merged cell repeats from the upper row.
fn without_repeats(upper: &[String], lower: &[String]) -> Vec<String> {
    let fresh = |(at, cell): (usize, &String)| if upper.get(at) == Some(cell) { String::new() } else { cell.clone() };
    lower.iter().enumerate().map(fresh).collect()
}

/// Joins two header rows. An upper cell spans the empty cells to its right.
fn joined(upper: &[String], lower: &[String], known: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut spanning = "";
    (0..upper.len().max(lower.len()))
        .map(|at| {
            let above = upper.get(at).map_or("", |cell| cell.trim());
            let below = lower.get(at).map_or("", |cell| cell.trim());
            if !above.is_empty() {
                spanning = above;
            }
            let both = format!("{spanning}{below}");
            if below.is_empty() {
                above.to_owned()
            } else if known(&both) {
                both
            } else if known(below) || !known(above) {
                below.to_owned()
            } else {
                above.to_owned()
            }
        })
        .collect()
}

/// Whether no cell starts with a digit. Most rows of data have such a cell, headers have none.
fn has_no_numbers(row: &[String]) -> bool {
    row.iter().all(|cell| !cell.trim().starts_with(|first: char| first.is_numeric()))
}

fn trimmed(mut names: Vec<String>) -> Vec<String> {
    while names.last().is_some_and(|name| name.trim().is_empty()) {
        names.pop();
    }
    names.iter().map(|name| name.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }

    fn find_in(text: &str) -> Option<(usize, String)> {
        let known = |name: &str| ["会员编号", "性别", "开始时间", "报名时间"].contains(&name);
        find(&rows(text), &known, &|_| false).map(|header| (header.data_from, header.names.join(",")))
    }

    #[test]
    fn titles_above_the_header_are_skipped() {
        let found = find_in("会员花名册,,\n制表:2026年,,\n会员编号,性别,备注\n1,男,");
        assert_eq!(found, Some((3, "会员编号,性别,备注".to_owned())));
    }

    #[test]
    fn headers_of_two_rows_are_joined() {
        let found = find_in("会员编号,时间,\n,开始时间,备注\n1,2026-01-01,x");
        assert_eq!(found, Some((2, "会员编号,开始时间,备注".to_owned())));
        let found = find_in("会员编号,时间,\n会员编号,开始时间,备注\n1,2026-01-01,x");
        assert_eq!(found, Some((2, "会员编号,开始时间,备注".to_owned())));
        let found = find_in("会员编号,报名,\n,时间,备注\n1,2026-01-01,x");
        assert_eq!(found, Some((2, "会员编号,报名时间,备注".to_owned())));
    }

    #[test]
    fn a_second_table_begins_after_a_gap_with_a_repeated_column() {
        let second = |text: &str| second_table(&rows(text)[0], &|name| name == "性别" || name == "会员编号");
        assert_eq!(second("会员编号,性别,,会员编号,备注"), Some(2));
        assert_eq!(second(",性别,,备注,,性别"), Some(2));
        assert_eq!(second("会员编号,性别,,备注"), None);
        assert_eq!(second("会员编号,会员编号,性别"), None);
        assert_eq!(second("备注,,备注"), None);
    }

    #[test]
    fn rows_of_data_are_not_headers() {
        assert_eq!(find_in("会员编号,性别\n性别,男"), Some((1, "会员编号,性别".to_owned())));
        assert_eq!(find_in("a,b\n1,2"), None);
    }
}
