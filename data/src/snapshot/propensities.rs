//! The probabilities with which items got their positions in lists, if the backend reported them.

use serde::{Deserialize, Serialize};

/// Shown events with known probability, in columns, sorted by member, time and item. Most shown events have no row.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Propensities {
    /// Index of the member.
    pub member: Vec<u32>,
    /// Index of the item.
    pub item: Vec<u32>,
    /// Time of the shown event, as in the history.
    pub at: Vec<i64>,
    /// Probability with which the list's policy gave the item its position, above 0 and at most 1.
    pub propensity: Vec<f32>,
    /// Whether the position was used for exploration.
    pub explored: Vec<bool>,
}

/// One row of [`Propensities`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoggedPlace {
    /// Index of the member.
    pub member: u32,
    /// Index of the item.
    pub item: u32,
    /// Time of the shown event.
    pub at: i64,
    /// Probability with which the item got its position.
    pub propensity: f32,
    /// Whether the position was used for exploration.
    pub explored: bool,
}

impl Propensities {
    /// Sorts the rows. Rows whose probability is not above 0 and at most 1 are dropped.
    #[must_use]
    pub fn from_rows(rows: impl IntoIterator<Item = LoggedPlace>) -> Self {
        let usable = |row: &LoggedPlace| row.propensity > 0.0 && row.propensity <= 1.0;
        let mut rows: Vec<LoggedPlace> = rows.into_iter().filter(usable).collect();
        rows.sort_by(|left, right| {
            let key = |row: &LoggedPlace| (row.member, row.at, row.item, row.explored);
            key(left).cmp(&key(right)).then(left.propensity.total_cmp(&right.propensity))
        });
        Self {
            member: rows.iter().map(|row| row.member).collect(),
            item: rows.iter().map(|row| row.item).collect(),
            at: rows.iter().map(|row| row.at).collect(),
            propensity: rows.iter().map(|row| row.propensity).collect(),
            explored: rows.iter().map(|row| row.explored).collect(),
        }
    }

    /// All rows in order.
    pub fn rows(&self) -> impl Iterator<Item = LoggedPlace> + '_ {
        (0..self.member.len()).map(|row| LoggedPlace {
            member: self.member[row],
            item: self.item[row],
            at: self.at[row],
            propensity: self.propensity[row],
            explored: self.explored[row],
        })
    }

    pub(super) fn is_sound(&self, n_members: usize, n_items: usize) -> bool {
        [self.item.len(), self.at.len(), self.propensity.len(), self.explored.len()] == [self.member.len(); 4]
            && self.member.is_sorted()
            && self.member.iter().all(|&member| (member as usize) < n_members)
            && self.item.iter().all(|&item| (item as usize) < n_items)
            && self.propensity.iter().all(|&propensity| propensity > 0.0 && propensity <= 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_invalid_probabilities_dropped() {
        let row = |member, at, propensity| LoggedPlace { member, item: 0, at, propensity, explored: true };
        let packed = Propensities::from_rows([row(1, 5, 0.5), row(0, 9, 1.0), row(0, 3, 0.25), row(0, 1, 0.0)]);
        assert_eq!(packed.at, [3, 9, 5]);
        assert!(packed.is_sound(2, 1) && !packed.is_sound(1, 1));
        assert_eq!(Propensities::from_rows(packed.rows()), packed);
        assert!(Propensities::from_rows([row(0, 1, f32::NAN), row(0, 1, 1.5)]).member.is_empty());
    }
}
