//! Suppressed cells stay suppressed whatever a reader subtracts.

use proptest::prelude::*;
use zhihui_engine::report::{FEWEST_PEOPLE, hide_in_list, hide_in_table, is_too_few};

/// A published table as a reader has it: cells and totals, `None` where hidden.
fn published(cells: &[Vec<u64>]) -> Vec<Vec<Option<f64>>> {
    let hidden = hide_in_table(cells);
    let shown = |count: u64, hidden: bool| (!hidden).then_some(count as f64);
    let columns = cells[0].len();
    let mut table: Vec<Vec<Option<f64>>> = cells
        .iter()
        .enumerate()
        .map(|(row, counts)| {
            let mut line: Vec<_> = (0..columns).map(|at| shown(counts[at], hidden.cells[row][at])).collect();
            line.push(shown(counts.iter().sum(), hidden.row_totals[row]));
            line
        })
        .collect();
    let total = |column: usize| cells.iter().map(|row| row[column]).sum::<u64>();
    let mut last: Vec<_> = (0..columns).map(|at| shown(total(at), hidden.column_totals[at])).collect();
    last.push(shown((0..columns).map(total).sum(), hidden.grand_total));
    table.push(last);
    table
}

/// Places whose value follows from the published ones by any linear combination of the sums: those unknowns that stand
/// alone in a row of the reduced echelon form.
fn recovered(table: &[Vec<Option<f64>>]) -> usize {
    let (rows, columns) = (table.len(), table[0].len());
    let mut unknowns = Vec::new();
    for (row, line) in table.iter().enumerate() {
        unknowns.extend((0..columns).filter(|&column| line[column].is_none()).map(|column| (row, column)));
    }
    let sign = |is_total: bool| if is_total { -1.0 } else { 1.0 };
    let mut system: Vec<Vec<f64>> = Vec::new();
    for row in 0..rows {
        let in_row = |&(r, c): &(usize, usize)| if r == row { sign(c + 1 == columns) } else { 0.0 };
        system.push(unknowns.iter().map(in_row).collect());
    }
    for column in 0..columns {
        let in_column = |&(r, c): &(usize, usize)| if c == column { sign(r + 1 == rows) } else { 0.0 };
        system.push(unknowns.iter().map(in_column).collect());
    }
    let mut rank = 0;
    for unknown in 0..unknowns.len() {
        let Some(pivot) = (rank..system.len()).find(|&row| system[row][unknown].abs() > 1e-9) else { continue };
        system.swap(rank, pivot);
        let scale = system[rank][unknown];
        system[rank].iter_mut().for_each(|value| *value /= scale);
        let pivot_row = system[rank].clone();
        for (row, line) in system.iter_mut().enumerate() {
            let factor = line[unknown];
            if row != rank && factor.abs() > 1e-9 {
                line.iter_mut().zip(&pivot_row).for_each(|(value, pivot)| *value -= factor * pivot);
            }
        }
        rank += 1;
    }
    system.iter().filter(|line| line.iter().filter(|value| value.abs() > 1e-9).count() == 1).count()
}

fn tables() -> impl Strategy<Value = Vec<Vec<u64>>> {
    let count = prop_oneof![3 => Just(0_u64), 3 => 1_u64..10, 6 => 10_u64..200];
    (1_usize..6, 1_usize..6).prop_flat_map(move |(rows, columns)| {
        prop::collection::vec(prop::collection::vec(count.clone(), columns), rows)
    })
}

proptest! {
    #[test]
    fn no_suppressed_cell_follows_from_the_totals(cells in tables()) {
        let table = published(&cells);
        prop_assert_eq!(recovered(&table), 0, "{:?}", table);
    }

    #[test]
    fn every_small_count_is_hidden_and_small_sums_never_show(cells in tables()) {
        let table = published(&cells);
        for (row, counts) in cells.iter().enumerate() {
            for (column, &count) in counts.iter().enumerate() {
                prop_assert!(!is_too_few(count) || table[row][column].is_none());
            }
            if let Some(total) = table[row][counts.len()] {
                let shown: f64 = table[row][..counts.len()].iter().flatten().sum();
                prop_assert!(!is_too_few((total - shown) as u64), "the rest of row {} is {}", row, total - shown);
            }
        }
    }

    #[test]
    fn a_list_less_its_shown_entries_tells_of_no_small_group(counts in prop::collection::vec(0_u64..40, 0..12)) {
        let hidden = hide_in_list(&counts);
        let total: u64 = counts.iter().sum();
        let rest: u64 = counts.iter().zip(&hidden).filter(|(_, hidden)| **hidden).map(|(count, _)| count).sum();
        prop_assert!(is_too_few(total) || !is_too_few(rest));
        prop_assert!(counts.iter().zip(&hidden).all(|(&count, &hidden)| hidden || !is_too_few(count)));
    }
}

#[test]
fn a_table_of_large_counts_is_shown_whole() {
    let hidden = hide_in_table(&[vec![FEWEST_PEOPLE, 50], vec![0, 12]]);
    assert!(!hidden.grand_total && hidden.cells.iter().flatten().all(|&hidden| !hidden));
}

#[test]
fn two_separate_groups_of_hidden_cells_are_not_linked_by_a_lone_cell() {
    let table = published(&[vec![3, 4, 50, 60], vec![5, 6, 70, 80], vec![40, 7, 3, 4], vec![90, 95, 5, 6]]);
    assert!(table[0][0].is_none() && table[2][1].is_none());
    assert_eq!(recovered(&table), 0);
}
