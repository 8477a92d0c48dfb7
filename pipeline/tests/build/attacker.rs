//! An attacker who knows only numbers and how they add up: finds the least and the greatest value that a number can have.
//!
//! Unknown numbers are never negative. Bounds are those of linear programming, computed by the simplex method. Sums of whole
//! numbers are whole, so bounds are rounded inwards.

use std::collections::BTreeMap;

use zhihui_engine::report::MinGroupSize;

/// Deviation from which on a number is not 0.
const PRECISION: f64 = 1e-7;

/// A sum of unknown numbers with factors.
pub(crate) type Terms = Vec<(f64, String)>;

/// What is known: sums of unknown numbers that are equal to a number, or at least 0.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    unknown: BTreeMap<String, usize>,
    equations: Vec<(Vec<(f64, usize)>, f64)>,
    slack: usize,
}

impl Knowledge {
    /// Adds that a sum is equal to a number.
    pub(crate) fn equal(&mut self, terms: &[(f64, String)], value: f64) {
        let terms = terms.iter().map(|(factor, name)| (*factor, self.number(name))).collect();
        self.equations.push((terms, value));
    }

    /// Adds that a sum is not negative.
    pub(crate) fn not_negative(&mut self, terms: &[(f64, String)]) {
        self.slack += 1;
        let mut terms = terms.to_vec();
        terms.push((-1.0, format!("slack {}", self.slack)));
        self.equal(&terms, 0.0);
    }

    fn number(&mut self, name: &str) -> usize {
        let next = self.unknown.len();
        *self.unknown.entry(name.to_owned()).or_insert(next)
    }

    /// Solves what is known. Panics if it contradicts itself, because what is published is true.
    pub(crate) fn solved(mut self, asked: &[&[(f64, String)]]) -> Solved {
        asked.iter().flat_map(|terms| terms.iter()).for_each(|(_, name)| {
            self.number(name);
        });
        let (rows, columns) = (self.equations.len(), self.unknown.len());
        let mut table = Vec::with_capacity(rows);
        for (at, (terms, value)) in self.equations.iter().enumerate() {
            let sign = if *value < 0.0 { -1.0 } else { 1.0 };
            let mut row = vec![0.0; columns + rows + 1];
            terms.iter().for_each(|&(factor, column)| row[column] += sign * factor);
            row[columns + at] = 1.0;
            row[columns + rows] = sign * value;
            table.push(row);
        }
        let basis = (columns..columns + rows).collect();
        let mut solved = Solved { unknown: self.unknown, table, basis, columns: columns + rows };
        let artificial: Vec<f64> = (0..columns + rows).map(|at| if at < columns { 0.0 } else { -1.0 }).collect();
        let missing = solved.maximum(&artificial).expect("bounded");
        assert!(missing > -1e-4, "what is published contradicts itself by {missing}");
        solved.drop_artificial(columns);
        solved
    }
}

/// A feasible solution from which others are found.
pub(crate) struct Solved {
    unknown: BTreeMap<String, usize>,
    /// A row for each basic number; the last column is its value.
    table: Vec<Vec<f64>>,
    basis: Vec<usize>,
    columns: usize,
}

impl Solved {
    /// The least and the greatest whole value of a sum. `None` if it has no greatest value.
    pub(crate) fn bounds(&mut self, terms: &[(f64, String)]) -> (i64, Option<i64>) {
        (self.least(terms), self.greatest(terms))
    }

    /// The least whole value of a sum that is never negative.
    pub(crate) fn least(&mut self, terms: &[(f64, String)]) -> i64 {
        let least = self.maximum(&self.objective(terms, -1.0)).map_or(0.0, |value| -value);
        (least - 1e-4).ceil() as i64
    }

    /// The greatest whole value of a sum; `None` if it has none.
    pub(crate) fn greatest(&mut self, terms: &[(f64, String)]) -> Option<i64> {
        let greatest = self.maximum(&self.objective(terms, 1.0))?;
        Some((greatest + 1e-4).floor() as i64)
    }

    fn objective(&self, terms: &[(f64, String)], sign: f64) -> Vec<f64> {
        let mut objective = vec![0.0; self.columns];
        for (factor, name) in terms {
            objective[self.unknown[name]] += sign * factor;
        }
        objective
    }

    /// The greatest value of an objective; `None` if there is none.
    fn maximum(&mut self, objective: &[f64]) -> Option<f64> {
        let mut reduced: Vec<f64> = objective.iter().copied().chain([0.0]).collect();
        for (row, &basic) in self.table.iter().zip(&self.basis) {
            let factor = objective[basic];
            if factor != 0.0 {
                reduced.iter_mut().zip(row).for_each(|(reduced, value)| *reduced -= factor * value);
            }
        }
        let mut steps = 0;
        loop {
            steps += 1;
            let gains = (0..self.columns).filter(|&column| reduced[column] > PRECISION);
            // The largest gain is quick; the first one never runs in a circle.
            let entering = if steps < 2_000 {
                gains.max_by(|&one, &other| reduced[one].total_cmp(&reduced[other]))
            } else {
                gains.min()
            };
            let Some(entering) = entering else { return Some(-reduced[self.columns]) };
            let ratio = |row: usize| self.table[row][self.columns] / self.table[row][entering];
            let rows = (0..self.table.len()).filter(|&row| self.table[row][entering] > PRECISION);
            let leaving = rows.min_by(|&one, &other| {
                ratio(one).total_cmp(&ratio(other)).then(self.basis[one].cmp(&self.basis[other]))
            })?;
            self.pivot(leaving, entering);
            let factor = reduced[entering];
            let row = &self.table[leaving];
            reduced.iter_mut().zip(row).for_each(|(reduced, value)| *reduced -= factor * value);
        }
    }

    fn pivot(&mut self, leaving: usize, entering: usize) {
        let by = self.table[leaving][entering];
        self.table[leaving].iter_mut().for_each(|value| *value /= by);
        let pivot = self.table[leaving].clone();
        for (at, row) in self.table.iter_mut().enumerate() {
            let factor = row[entering];
            if at != leaving && factor.abs() > 1e-12 {
                row.iter_mut().zip(&pivot).for_each(|(value, pivot)| *value -= factor * pivot);
            }
        }
        self.basis[leaving] = entering;
    }

    /// Removes the numbers after the first `columns`, which are 0.
    fn drop_artificial(&mut self, columns: usize) {
        for row in 0..self.table.len() {
            if self.basis[row] >= columns
                && let Some(entering) = (0..columns).find(|&column| self.table[row][column].abs() > PRECISION)
            {
                self.pivot(row, entering);
            }
        }
        let is_kept: Vec<bool> = self.basis.iter().map(|&basic| basic < columns).collect();
        let mut kept = is_kept.iter();
        self.table.retain(|_| *kept.next().expect("a row"));
        self.basis.retain(|&basic| basic < columns);
        for row in &mut self.table {
            let value = row[self.columns];
            row.truncate(columns);
            row.push(value);
        }
        self.columns = columns;
    }
}

/// Names of unknown numbers with the factor 1.
pub(crate) fn sum(names: impl IntoIterator<Item = String>) -> Terms {
    names.into_iter().map(|name| (1.0, name)).collect()
}

/// The difference of two sums.
pub(crate) fn less(one: &Terms, other: &Terms) -> Terms {
    one.iter().cloned().chain(other.iter().map(|(factor, name)| (-factor, name.clone()))).collect()
}

/// The numbers that are proven to be of few people.
pub(crate) fn few_of(known: Knowledge, asked: &[(String, Terms)], min_size: MinGroupSize) -> Vec<String> {
    let terms: Vec<&[(f64, String)]> = asked.iter().map(|(_, terms)| terms.as_slice()).collect();
    let mut solved = known.solved(&terms);
    let mut few = Vec::new();
    for (name, terms) in asked {
        let least = solved.least(terms);
        if least >= 1
            && let Some(greatest) = solved.greatest(terms).filter(|greatest| min_size.hides(*greatest as u64))
        {
            few.push(format!("{name}: {least} to {greatest}"));
        }
    }
    few
}

#[test]
fn a_hidden_number_follows_from_sums() {
    let of = |names: &[&str]| sum(names.iter().map(|name| (*name).to_owned()));
    let mut known = Knowledge::default();
    known.equal(&of(&["a", "b", "c"]), 40.0);
    known.equal(&of(&["a", "b"]), 33.0);
    known.equal(&of(&["b"]), 12.0);
    let mut solved = known.solved(&[]);
    assert_eq!(solved.bounds(&of(&["c"])), (7, Some(7)));
    assert_eq!(solved.bounds(&of(&["a"])), (21, Some(21)));
}

#[test]
fn a_hidden_number_is_bounded_by_inequalities() {
    let of = |names: &[&str]| sum(names.iter().map(|name| (*name).to_owned()));
    let mut known = Knowledge::default();
    known.equal(&of(&["a", "b", "c"]), 40.0);
    known.equal(&of(&["a"]), 31.0);
    known.not_negative(&[(1.0, "b".to_owned()), (-2.0, "c".to_owned())]);
    let asked = of(&["d"]);
    let mut solved = known.solved(&[&asked]);
    assert_eq!(solved.bounds(&of(&["b"])), (6, Some(9)));
    assert_eq!(solved.bounds(&of(&["c"])), (0, Some(3)));
    assert_eq!(solved.bounds(&asked), (0, None));
}
