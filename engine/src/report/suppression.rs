//! Hiding figures about few people, so that no reader can put them together again from what is shown.
//!
//! Counts must be of distinct people. Zero is shown: that nobody did something tells of no one in particular.

/// Fewest people a shown figure is about.
pub const FEWEST_PEOPLE: u64 = 10;

/// Whether a figure about so many people must be hidden: 1 to 9.
#[must_use]
pub fn is_too_few(people: u64) -> bool {
    (1..FEWEST_PEOPLE).contains(&people)
}

/// What to hide of a table of counts with totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// The cells, by row and column.
    pub cells: Vec<Vec<bool>>,
    /// The total of each row.
    pub row_totals: Vec<bool>,
    /// The total of each column.
    pub column_totals: Vec<bool>,
    /// The total of all.
    pub grand_total: bool,
}

/// Which entries of a list with a total to hide; the total itself must be hidden where [`is_too_few`] says so.
///
/// Small counts are hidden, and then the smallest others until what is hidden together is about enough people, so that
/// the total less what is shown tells of no small group.
#[must_use]
pub fn hide_in_list(counts: &[u64]) -> Vec<bool> {
    let mut hidden: Vec<bool> = counts.iter().map(|&count| is_too_few(count)).collect();
    loop {
        let together: u64 = counts.iter().zip(&hidden).filter(|(_, hidden)| **hidden).map(|(count, _)| count).sum();
        if together == 0 || together >= FEWEST_PEOPLE {
            return hidden;
        }
        let shown = (0..counts.len()).filter(|&at| !hidden[at] && counts[at] > 0);
        match shown.min_by_key(|&at| counts[at]) {
            Some(at) => hidden[at] = true,
            None => return hidden,
        }
    }
}

/// Which cells and totals of a table to hide; rows must be of equal length and totals the sums of the cells.
///
/// Small counts and small totals are hidden first. Then, until nothing changes: no row or column (its total counts as
/// one more cell) has a lone hidden cell; where the total is shown, the hidden cells of a row or column are together about
/// enough people; and no hidden cell follows from sums over several rows and columns. The last holds exactly when, in the
/// graph whose nodes are rows and columns and whose edges are hidden cells, no edge is a bridge.
#[must_use]
pub fn hide_in_table(counts: &[Vec<u64>]) -> Hidden {
    let mut grid = Grid::new(counts);
    while grid.hide_beside_lone_cells() || grid.hide_beside_small_sums() || grid.hide_across_bridges() {}
    let (rows, columns) = (grid.rows - 1, grid.columns - 1);
    Hidden {
        cells: (0..rows).map(|row| grid.hidden[row][..columns].to_vec()).collect(),
        row_totals: (0..rows).map(|row| grid.hidden[row][columns]).collect(),
        column_totals: grid.hidden[rows][..columns].to_vec(),
        grand_total: grid.hidden[rows][columns],
    }
}

/// The table with its totals as a last row and a last column.
struct Grid {
    counts: Vec<Vec<u64>>,
    hidden: Vec<Vec<bool>>,
    rows: usize,
    columns: usize,
}

type Place = (usize, usize);

impl Grid {
    fn new(cells: &[Vec<u64>]) -> Self {
        let n_columns = cells.iter().map(Vec::len).max().unwrap_or(0);
        let mut counts: Vec<Vec<u64>> = cells
            .iter()
            .map(|row| (0..n_columns).map(|at| row.get(at).copied().unwrap_or(0)).chain([row.iter().sum()]).collect())
            .collect();
        counts.push((0..=n_columns).map(|column| counts.iter().map(|row| row[column]).sum()).collect());
        let hidden = counts.iter().map(|row| row.iter().map(|&count| is_too_few(count)).collect()).collect();
        Self { rows: counts.len(), columns: n_columns + 1, counts, hidden }
    }

    /// Every row and every column as places, its total last.
    fn lines(&self) -> Vec<Vec<Place>> {
        let rows = (0..self.rows).map(|row| (0..self.columns).map(|column| (row, column)).collect());
        let columns = (0..self.columns).map(|column| (0..self.rows).map(|row| (row, column)).collect());
        rows.chain(columns).collect()
    }

    fn is_hidden(&self, (row, column): Place) -> bool {
        self.hidden[row][column]
    }

    /// Hides the cheapest of some places: cells before totals, counts above zero first, the smallest of them.
    fn hide_one_of(&mut self, places: impl Iterator<Item = Place>) -> bool {
        let cost = |&(row, column): &Place| {
            let totals = u8::from(row + 1 == self.rows) + u8::from(column + 1 == self.columns);
            (self.counts[row][column] == 0, totals, self.counts[row][column], row, column)
        };
        match places.filter(|&place| !self.is_hidden(place)).min_by_key(cost) {
            Some((row, column)) => {
                self.hidden[row][column] = true;
                true
            }
            None => false,
        }
    }

    fn hide_beside_lone_cells(&mut self) -> bool {
        let mut changed = false;
        for line in self.lines() {
            if line.iter().filter(|&&place| self.is_hidden(place)).count() == 1 {
                changed |= self.hide_one_of(line.into_iter());
            }
        }
        changed
    }

    fn hide_beside_small_sums(&mut self) -> bool {
        let mut changed = false;
        for mut line in self.lines() {
            let Some(total) = line.pop().filter(|&total| !self.is_hidden(total)) else { continue };
            let hidden = line.iter().filter(|&&place| self.is_hidden(place));
            let together: u64 = hidden.map(|&(row, column)| self.counts[row][column]).sum();
            if is_too_few(together) {
                line.push(total);
                changed |= self.hide_one_of(line.into_iter());
            }
        }
        changed
    }

    /// Hides a second link between the two sides of a bridge.
    fn hide_across_bridges(&mut self) -> bool {
        let Some(bridge) = Bridges::first(self) else { return false };
        let side = self.side_of_row(bridge);
        let (rows, columns) = (self.rows, self.columns);
        let places = (0..rows).flat_map(move |row| (0..columns).map(move |column| (row, column)));
        let across: Vec<Place> = places.filter(|&(row, column)| side[row] != side[rows + column]).collect();
        self.hide_one_of(across.into_iter())
    }

    /// Nodes (rows, then columns) that hang together with the bridge's row once the bridge is taken away.
    fn side_of_row(&self, bridge: Place) -> Vec<bool> {
        let mut side = vec![false; self.rows + self.columns];
        let mut open = vec![bridge.0];
        side[bridge.0] = true;
        while let Some(node) = open.pop() {
            for (next, place) in self.links(node) {
                if place != bridge && !side[next] {
                    side[next] = true;
                    open.push(next);
                }
            }
        }
        side
    }

    /// Nodes that a node shares a hidden cell with, and the cell.
    fn links(&self, node: usize) -> Vec<(usize, Place)> {
        let places: Vec<(usize, Place)> = if node < self.rows {
            (0..self.columns).map(|column| (self.rows + column, (node, column))).collect()
        } else {
            (0..self.rows).map(|row| (row, (row, node - self.rows))).collect()
        };
        places.into_iter().filter(|&(_, place)| self.is_hidden(place)).collect()
    }
}

/// The search for a bridge by depth first; a path alternates rows and columns, so it is as short as the shorter of both.
struct Bridges<'a> {
    grid: &'a Grid,
    entered: Vec<usize>,
    lowest: Vec<usize>,
    clock: usize,
    found: Option<Place>,
}

impl<'a> Bridges<'a> {
    fn first(grid: &'a Grid) -> Option<Place> {
        let nodes = grid.rows + grid.columns;
        let mut search = Self { grid, entered: vec![0; nodes], lowest: vec![0; nodes], clock: 0, found: None };
        for node in 0..nodes {
            if search.entered[node] == 0 {
                search.visit(node, None);
            }
        }
        search.found
    }

    fn visit(&mut self, node: usize, by: Option<Place>) {
        self.clock += 1;
        self.entered[node] = self.clock;
        self.lowest[node] = self.clock;
        for (next, place) in self.grid.links(node) {
            if Some(place) == by {
                continue;
            }
            if self.entered[next] == 0 {
                self.visit(next, Some(place));
                self.lowest[node] = self.lowest[node].min(self.lowest[next]);
                if self.lowest[next] > self.entered[node] {
                    self.found = Some(place);
                }
            } else {
                self.lowest[node] = self.lowest[node].min(self.entered[next]);
            }
        }
    }
}
