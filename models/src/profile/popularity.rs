//! Popularity of items with exponential decay, over all members and by group.

use serde::{Deserialize, Serialize};

use super::polya::CountRows;
use crate::decay::decay;
use crate::matrix::MAX_WEIGHT;
use crate::{ModelError, UserItems};

/// An interaction of a group's member with an item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupEvent {
    /// The item's index.
    pub item: u32,
    /// The decayed weight: see [`decayed_weight`].
    pub weight: f32,
    /// The member's group; `None` if unknown.
    pub group: Option<u32>,
}

/// The share of each item in the total weight, overall and in each group.
///
/// A group's shares are m-estimates, `(w + m·overall) / (W + m)`, with the item's weight w and the total weight W in
/// the group. m is the strength of maximum marginal likelihood, as for preferences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupPopularity {
    overall: Vec<f32>,
    weights: Vec<f32>,
    groups: Vec<Vec<f32>>,
    prior_strength: f64,
}

/// The weight of an event by its age: 1 for a new one, halved with every half-life. Events in the future have weight 1.
#[must_use]
pub fn decayed_weight(age_seconds: f64, half_life_seconds: f64) -> f32 {
    decay(age_seconds, half_life_seconds) as f32
}

impl GroupPopularity {
    /// Sums the weights and estimates how much groups differ.
    ///
    /// # Errors
    /// [`ModelError::OutOfBounds`] for an unknown item or group, [`ModelError::BadWeight`] for a weight that is
    /// negative or not finite, [`ModelError::NotEnoughData`] if no weight is above zero.
    pub fn fit(
        n_items: usize,
        n_groups: usize,
        events: impl IntoIterator<Item = GroupEvent>,
    ) -> Result<Self, ModelError> {
        // The last row holds events without a group. Double precision, because single precision cannot add 1 to sums of
        // millions.
        let mut cells = vec![0.0_f64; (n_groups + 1) * n_items];
        for GroupEvent { item, weight, group } in events {
            let (row, column) = (group.map_or(n_groups, |group| group as usize), item as usize);
            if row > n_groups || column >= n_items {
                return Err(ModelError::OutOfBounds { row, column, rows: n_groups + 1, columns: n_items });
            }
            let cell = &mut cells[row * n_items + column];
            *cell += f64::from(weight);
            if !(0.0..=MAX_WEIGHT).contains(&weight) || *cell > f64::from(MAX_WEIGHT) {
                return Err(ModelError::BadWeight { row, column, weight });
            }
        }
        let table = UserItems::from_ascending_rows(
            n_items,
            (0..=n_groups).map(|group| {
                let row = cells[group * n_items..(group + 1) * n_items].iter().enumerate();
                row.filter(|&(_, &sum)| sum > 0.0).map(|(item, &sum)| (item as u32, sum as f32)).collect()
            }),
        );
        let mut sums = vec![0.0_f64; n_items];
        for row in cells.chunks_exact(n_items.max(1)) {
            sums.iter_mut().zip(row).for_each(|(sum, weight)| *sum += weight);
        }
        drop(cells);
        let total: f64 = sums.iter().sum();
        if total <= 0.0 {
            return Err(ModelError::NotEnoughData(
                "popularity needs at least one event with a weight above zero; load reads or sign-ups first".into(),
            ));
        }
        let shares: Vec<f64> = sums.iter().map(|sum| sum / total).collect();
        let groups: Vec<u32> = (0..n_groups as u32).collect();
        let prior_strength = CountRows { matrix: &table, members: &groups }.strength(&shares, None);
        let in_group = |group: usize| {
            let row = table.row(group);
            let known: f64 = row.weights.iter().map(|&weight| f64::from(weight)).sum();
            let mut mixed: Vec<f64> = shares.iter().map(|share| prior_strength * share).collect();
            row.iter().for_each(|(item, weight)| mixed[item] += f64::from(weight));
            mixed.into_iter().map(|value| (value / (known + prior_strength)) as f32).collect()
        };
        Ok(Self {
            groups: (0..n_groups).map(in_group).collect(),
            overall: shares.iter().map(|&share| share as f32).collect(),
            weights: sums.iter().map(|&sum| sum as f32).collect(),
            prior_strength,
        })
    }

    /// The share of each item in the group, or overall if the group is `None` or unknown. Sums to 1.
    #[must_use]
    pub fn shares(&self, group: Option<usize>) -> &[f32] {
        group.and_then(|group| self.groups.get(group)).unwrap_or(&self.overall)
    }

    /// The decayed weight of each item over all members.
    #[must_use]
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// m in units of weight: a group with this much weight lies halfway between its own and the overall shares.
    #[must_use]
    pub fn prior_strength(&self) -> f64 {
        self.prior_strength
    }
}
