//! Item neighbourhoods: cosine, tf-idf or BM25 similarity of items by their readers.

use serde::{Deserialize, Serialize};

use crate::bounds::{MAX_COUNT, within};
use crate::recommenders::history_cap::{HISTORY_CAP, cap_histories};
use crate::recommenders::item_to_item::ItemToItem;
use crate::recommenders::sparse_product::{keep_largest, product_rows};
use crate::{ModelError, Recommender, Row, UserItems};

/// How interactions are weighed when two items are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weighting {
    /// The unchanged weight.
    Cosine,
    /// Multiplied by the inverse frequency of the member: readers of everything carry little information.
    TfIdf,
    /// tf-idf with saturation, normalised by the item's total weight (Robertson and Zaragoza 2009, k₁ = 1.2, b = 0.75).
    Bm25,
}

/// Parameters of [`ItemKnn`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ItemKnnParams {
    /// Neighbours kept for each recommended item.
    pub neighbours: usize,
    /// How interactions are weighed.
    pub weighting: Weighting,
    /// Added to the product of the two norms, so that a single common reader has little effect.
    pub shrink: f64,
    /// Largest number of items of one member that are compared with one another; longer histories are sampled. The fit
    /// time grows with its square. 0 compares all.
    pub history_cap: usize,
}

impl Default for ItemKnnParams {
    fn default() -> Self {
        Self { neighbours: 100, weighting: Weighting::Cosine, shrink: 0.0, history_cap: HISTORY_CAP }
    }
}

impl ItemKnnParams {
    /// Checks the bounds.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] naming the parameter that is out of bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        within("item_knn.neighbours", self.neighbours as f64, 1.0..=MAX_COUNT)?;
        within("item_knn.shrink", self.shrink, 0.0..=1e9)?;
        within("item_knn.history_cap", self.history_cap as f64, 0.0..=MAX_COUNT)
    }

    /// Computes the similarity of all pairs of items with a common member.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn fit(&self, interactions: &UserItems) -> Result<ItemKnn, ModelError> {
        self.check()?;
        let item_users = weigh(&cap_histories(interactions, self.history_cap).transpose(), self.weighting);
        let lengths = item_users.row_norms();
        let item_users =
            item_users.map_weights(|item, _, weight| if lengths[item] > 0.0 { weight / lengths[item] } else { 0.0 });
        let shrink = self.shrink as f32;
        let nearest = product_rows(&item_users, &item_users.transpose(), |item, entries| {
            if let Some(itself) = entries.iter().position(|&(other, _)| other as usize == item) {
                entries.swap_remove(itself);
            }
            if shrink > 0.0 {
                for (other, similarity) in entries.iter_mut() {
                    let product = lengths[item] * lengths[*other as usize];
                    *similarity *= product / (product + shrink);
                }
            }
            keep_largest(entries, self.neighbours);
        });
        Ok(ItemKnn { item_to_item: ItemToItem::new(nearest.transpose()) })
    }
}

fn weigh(item_users: &UserItems, weighting: Weighting) -> UserItems {
    const SATURATION: f32 = 1.2;
    const LENGTH_SHARE: f32 = 0.75;
    let n_items = item_users.n_rows() as f32;
    let rarity: Vec<f32> =
        item_users.column_counts().into_iter().map(|items| ((1.0 + n_items) / (1.0 + items as f32)).ln()).collect();
    let totals = item_users.row_sums();
    let mean_total = totals.iter().sum::<f32>() / n_items.max(1.0);
    item_users.map_weights(|item, user, weight| match weighting {
        Weighting::Cosine => weight,
        Weighting::TfIdf => weight.sqrt() * rarity[user],
        Weighting::Bm25 if weight == 0.0 => 0.0,
        Weighting::Bm25 => {
            let length = 1.0 - LENGTH_SHARE + LENGTH_SHARE * totals[item] / mean_total;
            weight * (SATURATION + 1.0) / (SATURATION * length + weight) * rarity[user]
        }
    })
}

/// The k most similar items of each item.
///
/// Neighbours are limited for each recommended item, which is more accurate than limiting them for each item of the
/// history.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemKnn {
    item_to_item: ItemToItem,
}

impl ItemKnn {
    /// The items recommended because of `item`, with their similarity.
    #[must_use]
    pub fn similar(&self, item: usize) -> Row<'_> {
        self.item_to_item.row(item)
    }
}

impl Recommender for ItemKnn {
    fn n_items(&self) -> usize {
        self.item_to_item.n_items()
    }

    fn score_into(&self, _user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        self.item_to_item.score_into(history, |_| 1.0, scores);
    }

    fn explain(&self, _user: Option<usize>, history: Row<'_>, item: usize) -> Option<Vec<(u32, f32)>> {
        Some(self.item_to_item.explain(history, |_| 1.0, item))
    }
}
