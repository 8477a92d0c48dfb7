//! Recommends the items of the members with the most similar histories.

use serde::{Deserialize, Serialize};

use crate::bounds::{MAX_COUNT, within};
use crate::recommenders::sparse_product::{AccumulatorPool, keep_largest};
use crate::{ModelError, Recommender, Row, UserItems};

/// Parameters of [`UserKnn`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UserKnnParams {
    /// Number of similar members used.
    pub neighbours: usize,
    /// Added to the product of the two norms, so that a single common item has little effect.
    pub shrink: f64,
    /// Exponent of an item's frequency, by which it is divided when members are compared: 0 is plain cosine, 0.5 gives
    /// rare items more weight.
    pub rarity: f64,
}

impl Default for UserKnnParams {
    fn default() -> Self {
        Self { neighbours: 150, shrink: 0.0, rarity: 0.25 }
    }
}

impl UserKnnParams {
    /// Checks the bounds.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] naming the parameter that is out of bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        within("user_knn.neighbours", self.neighbours as f64, 1.0..=MAX_COUNT)?;
        within("user_knn.shrink", self.shrink, 0.0..=1e9)?;
        within("user_knn.rarity", self.rarity, 0.0..=2.0)
    }

    /// Stores the matrix and its transpose. Similarities are computed when a member is scored.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn fit(&self, interactions: &UserItems) -> Result<UserKnn, ModelError> {
        self.check()?;
        let rarity: Vec<f32> = interactions
            .column_counts()
            .into_iter()
            .map(|count| (count.max(1) as f32).powf(-self.rarity as f32))
            .collect();
        let weighed = interactions.map_weights(|_, item, weight| weight * rarity[item]);
        Ok(UserKnn {
            neighbours: self.neighbours,
            shrink: self.shrink as f32,
            rarity,
            lengths: weighed.row_norms(),
            item_users: weighed.transpose(),
            interactions: interactions.clone(),
            overlaps: AccumulatorPool::new(interactions.n_rows()),
        })
    }
}

/// The members known at fit time, for comparison with any history.
#[derive(Debug)]
pub struct UserKnn {
    neighbours: usize,
    shrink: f32,
    rarity: Vec<f32>,
    lengths: Vec<f32>,
    item_users: UserItems,
    interactions: UserItems,
    overlaps: AccumulatorPool,
}

impl UserKnn {
    /// The most similar members with their similarity, excluding `user`, in ascending order of member.
    #[must_use]
    pub fn similar_members(&self, user: Option<usize>, history: Row<'_>) -> Vec<(u32, f32)> {
        let mut length = 0.0;
        let mut members = self.overlaps.sum(|overlaps| {
            for (item, weight) in history.iter().filter(|&(item, _)| item < self.n_items()) {
                let weight = weight * self.rarity[item];
                length += weight * weight;
                overlaps.add_row(&self.item_users, item, weight);
            }
        });
        let length = length.sqrt();
        members.retain(|&(member, _)| Some(member as usize) != user);
        for (member, similarity) in &mut members {
            *similarity /= length * self.lengths[*member as usize] + self.shrink;
        }
        keep_largest(&mut members, self.neighbours);
        members.sort_unstable_by_key(|&(member, _)| member);
        members
    }
}

impl UserKnn {
    /// What each similar member contributes to the score of `item`, as pairs of member and contribution. The
    /// contributions sum to the score.
    #[must_use]
    pub fn explain_by_members(&self, user: Option<usize>, history: Row<'_>, item: usize) -> Vec<(u32, f32)> {
        let contribution = |(member, similarity): (u32, f32)| {
            let weight = self.interactions.row(member as usize).weight(item as u32);
            (weight > 0.0).then_some((member, similarity * weight))
        };
        self.similar_members(user, history).into_iter().filter_map(contribution).collect()
    }
}

impl Recommender for UserKnn {
    fn n_items(&self) -> usize {
        self.interactions.n_columns()
    }

    fn score_into(&self, user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        scores.fill(0.0);
        for (member, similarity) in self.similar_members(user, history) {
            for (item, weight) in self.interactions.row(member as usize).iter() {
                scores[item] += similarity * weight;
            }
        }
    }
}
