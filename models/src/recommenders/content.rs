//! Content-based recommendation: compares the topics of the history with the topics of each item.

use serde::{Deserialize, Serialize};

use crate::bounds::within;
use crate::{ModelError, Recommender, Row, UserItems};

/// Parameters of [`Content`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContentParams {
    /// Exponent of the inverse document frequency of a topic: 0 weighs all topics equally, 1 gives rare topics more
    /// weight.
    pub rarity: f64,
}

impl Default for ContentParams {
    fn default() -> Self {
        Self { rarity: 1.0 }
    }
}

impl ContentParams {
    /// Checks the bounds.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] if `rarity` is out of bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        within("content.rarity", self.rarity, 0.0..=4.0)
    }

    /// Weighs and normalises `item_attributes` (items × topics).
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn fit(&self, item_attributes: &UserItems) -> Result<Content, ModelError> {
        self.check()?;
        let n_items = item_attributes.n_rows() as f64;
        let rarity: Vec<f32> = item_attributes
            .column_counts()
            .into_iter()
            .map(|items| ((1.0 + n_items) / (1.0 + f64::from(items))).ln().max(1e-6).powf(self.rarity) as f32)
            .collect();
        let weighed = item_attributes.map_weights(|_, topic, weight| weight * rarity[topic]);
        let lengths = weighed.row_norms();
        let topics =
            weighed.map_weights(|item, _, weight| if lengths[item] > 0.0 { weight / lengths[item] } else { 0.0 });
        Ok(Content { topic_items: topics.transpose(), topics })
    }
}

/// Topic vectors of unit length. An item without topics scores 0, as do all items for a history without topics.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    topics: UserItems,
    topic_items: UserItems,
}

impl Content {
    /// The topics of a history: the weighted sum of its items' topic vectors.
    #[must_use]
    pub fn profile(&self, history: Row<'_>) -> Vec<f32> {
        let mut profile = vec![0.0; self.topics.n_columns()];
        for (item, weight) in history.iter().filter(|&(item, _)| item < self.n_items()) {
            for (topic, share) in self.topics.row(item).iter() {
                profile[topic] += weight * share;
            }
        }
        profile
    }

    /// What each topic of `item` contributes to its score, as pairs of topic and contribution. The contributions sum to
    /// the score.
    #[must_use]
    pub fn explain_by_topics(&self, history: Row<'_>, item: usize) -> Vec<(u32, f32)> {
        let profile = self.profile(history);
        self.topics.row(item).iter().map(|(topic, share)| (topic as u32, profile[topic] * share)).collect()
    }
}

impl Recommender for Content {
    fn n_items(&self) -> usize {
        self.topics.n_rows()
    }

    fn serves(&self, _user: Option<usize>, history: Row<'_>) -> bool {
        history.iter().any(|(item, _)| item < self.n_items() && !self.topics.row(item).is_empty())
    }

    fn score_into(&self, _user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        scores.fill(0.0);
        for (topic, interest) in self.profile(history).into_iter().enumerate().filter(|&(_, interest)| interest > 0.0) {
            for (item, share) in self.topic_items.row(topic).iter() {
                scores[item] += interest * share;
            }
        }
    }

    fn explain(&self, _user: Option<usize>, history: Row<'_>, item: usize) -> Option<Vec<(u32, f32)>> {
        let target = self.topics.row(item);
        let known = history.iter().filter(|&(seen, _)| seen < self.n_items());
        Some(known.map(|(seen, weight)| (seen as u32, weight * self.topics.row(seen).dot(target))).collect())
    }
}
