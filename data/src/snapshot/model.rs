//! The learnt model as plain numbers.

use serde::{Deserialize, Serialize};

use super::lists::SparseRows;
use super::stored_bytes::reals;

/// All learnt inputs of the scorer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Model {
    /// Name of the personal model that passed the gate; `rules` if only simple rules are used, `popular` if only
    /// popularity is.
    pub name: String,
    /// Decayed popularity.
    pub popularity: Popularity,
    /// Topic preferences.
    pub preferences: Preferences,
    /// Interest segments.
    pub segments: Vec<Segment>,
    /// State for the next run to keep segment labels stable, as JSON text; empty without segments.
    pub segment_state: String,
    /// Two coordinates of each member on the interest map, flat; empty without a map.
    #[serde(with = "reals")]
    pub member_map: Vec<f32>,
    /// The factor model; `None` if it is not used.
    pub factors: Option<Factors>,
    /// Item-to-item neighbours: columns are items, values are similarities in descending order.
    pub neighbours: SparseRows,
    /// The rankers, at most one for each group of items and side. Without a ranker, popularity is used.
    pub rankers: Vec<RankerWeights>,
    /// The settings that this model was trained with, as JSON text; empty without training.
    pub settings: String,
    /// Time as of which the rankers were fitted and evaluated, in seconds since 1970 in UTC; 0 without rankers.
    pub rankers_as_of: i64,
    /// The model card as JSON text.
    pub card: String,
}

/// Popularity with exponential decay: the weight of interactions, halved every `half_life_days`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Popularity {
    /// Half-life in days, for articles and for all other items.
    pub half_life_days: [f32; 2],
    /// Decayed weight of each item over all members.
    pub overall: Vec<f32>,
    /// Share of an age band's members that each item reached, shrunk towards the share of all members. The index is
    /// `band * n_items + item`.
    pub by_band: Vec<f32>,
}

/// Topic preferences: shares of a member's attention by topic.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Preferences {
    /// Decayed weight of a member's reads and sign-ups by topic (columns), before shrinkage.
    pub evidence: SparseRows,
    /// Mean shares of each age band: `band * n_topics + topic`.
    pub band_shares: Vec<f32>,
    /// Weight of the band's mean in decayed reads, learnt from the data, by band.
    pub prior_weight: Vec<f32>,
    /// Shares of all members by topic, the reference of lifts.
    pub overall_shares: Vec<f32>,
    /// Half-life of a read in days.
    pub half_life_days: f32,
}

/// A group of members with similar interests.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Segment {
    /// Name, made from its topics.
    pub name: String,
    /// Indices of the topics with the highest lift, in descending order.
    pub topics: Vec<u32>,
    /// Mean shares by topic: the centre of the cluster.
    pub centre: Vec<f32>,
    /// Number of members.
    pub size: u32,
}

/// A factor model: the score of a pair is the dot product of the two vectors.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Factors {
    /// Length of a vector.
    pub rank: u32,
    /// Members' vectors, flat: computed from their history and shrunk towards the mean of their age band. Zero for
    /// members who opted out of personalised lists.
    #[serde(with = "reals")]
    pub members: Vec<f32>,
    /// Items' vectors, flat: learnt from interactions and shrunk towards the prediction from attributes; the prediction
    /// alone for items without interactions.
    pub items: Vec<f32>,
    /// Whether an item's vector was learnt from interactions (`false`: from attributes alone).
    pub item_is_warm: Vec<bool>,
    /// Diagonal of the Gramian of the items' vectors, needed for folding in. All other elements are zero.
    pub gram: Vec<f32>,
    /// Weight of an unobserved pair.
    pub unobserved_weight: f32,
    /// Regularisation.
    pub regularisation: f32,
    /// Exponent by which regularisation grows with a member's history.
    pub frequency_exponent: f32,
    /// Mean vector of each age band's members with a history, shrunk towards the mean of all: `band * rank + factor`.
    pub band_means: Vec<f32>,
    /// Weight of the band's mean in a member's vector, in units of history weight; 0 to ignore it.
    pub prior_weight: f32,
}

impl Factors {
    /// The share of the band's mean in the vector of a member with this history weight, and the mean. `None` if the
    /// mean is ignored.
    #[must_use]
    pub fn prior(&self, band: usize, history_weight: f32) -> Option<(f32, &[f32])> {
        let rank = self.rank as usize;
        let mean = self.band_means.get(band.checked_mul(rank)?..band.checked_add(1)?.checked_mul(rank)?)?;
        let share = self.prior_weight / (self.prior_weight + history_weight.max(0.0));
        (self.prior_weight > 0.0).then_some((share, mean))
    }

    /// Shrinks a vector computed from a history of this weight towards the band's mean: `(n·x + n₀·m) / (n + n₀)`.
    pub fn shrink_to_band(&self, band: usize, history_weight: f32, vector: &mut [f32]) {
        if let Some((share, mean)) = self.prior(band, history_weight) {
            vector.iter_mut().zip(mean).for_each(|(value, mean)| *value += share * (mean - *value));
        }
    }
}

/// The group of items that a ranker ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemGroup {
    /// Articles: the response is a read within 72 hours.
    Articles,
    /// All other items: the response is a sign-up within 7 days.
    Activities,
}

/// The two directions of ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Items for a member: lists.
    Lists,
    /// Members for an item: audiences.
    Audiences,
}

impl Side {
    /// Both sides.
    pub const ALL: [Self; 2] = [Self::Lists, Self::Audiences];
}

/// The sides that a ranker serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sides {
    /// Lists only.
    Lists,
    /// Audiences only.
    Audiences,
    /// Both, so that a pair has one probability.
    Both,
}

impl Sides {
    /// Whether `side` is included.
    #[must_use]
    pub fn contains(self, side: Side) -> bool {
        match self {
            Self::Both => true,
            Self::Lists => side == Side::Lists,
            Self::Audiences => side == Side::Audiences,
        }
    }
}

impl From<Side> for Sides {
    fn from(side: Side) -> Self {
        match side {
            Side::Lists => Self::Lists,
            Side::Audiences => Self::Audiences,
        }
    }
}

/// A logistic regression over the scorer's features, with its calibration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankerWeights {
    /// The items it ranks.
    pub group: ItemGroup,
    /// The sides it serves.
    pub sides: Sides,
    /// Names of the features in order.
    pub features: Vec<String>,
    /// Weight of each standardised feature.
    pub weights: Vec<f32>,
    /// Intercept.
    pub bias: f32,
    /// Mean of each feature in training.
    pub means: Vec<f32>,
    /// Standard deviation of each feature in training; 1 for a constant one.
    pub scales: Vec<f32>,
    /// Slope and intercept of Platt scaling: probability = 1 / (1 + exp(-(slope * logit + intercept))).
    pub calibration: [f32; 2],
    /// Whether the probabilities were calibrated on actual exposures.
    pub calibrated: bool,
    /// Shift of the logit of a pair to that of a response to a push, learnt from past pushes; 0 without any.
    pub push_shift: f32,
    /// Overdispersion of responses between pushes: the squared coefficient of variation of the ratio of actual to
    /// expected responses. `None` if it was not estimated.
    pub dispersion: Option<f32>,
}
