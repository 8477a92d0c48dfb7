//! What was learnt, as plain numbers.

use serde::{Deserialize, Serialize};

use super::lists::SparseRows;

/// Everything the scorer reads.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Model {
    /// Name of the personal model that passed the gate, `rules` where only simple rules serve, `popular` where nothing does.
    pub name: String,
    /// Decayed popularity.
    pub popularity: Popularity,
    /// Topic preferences.
    pub preferences: Preferences,
    /// Interest segments.
    pub segments: Vec<Segment>,
    /// What the next run needs to give segments the same labels, as JSON text; empty where there are none.
    pub segment_state: String,
    /// Two coordinates of each member on the map of interests, flat; empty when there is no map.
    pub member_map: Vec<f32>,
    /// The factor model; `None` where popularity serves.
    pub factors: Option<Factors>,
    /// Item-to-item neighbours: columns are items, values similarities, best first.
    pub neighbours: SparseRows,
    /// The rankers: at most one for each group of items and side; where there is none, popularity serves.
    pub rankers: Vec<RankerWeights>,
    /// The settings by which everything in this model was learnt, as JSON text; empty where it was not trained.
    pub settings: String,
    /// The instant at whose state the rankers were fitted and judged, seconds since 1970 in UTC; 0 without rankers.
    pub rankers_as_of: i64,
    /// The model card as JSON text.
    pub card: String,
}

/// Decayed popularity of items: weight of recent interactions, halved every `half_life_days`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Popularity {
    /// Days after which an interaction counts half, for articles and for everything else.
    pub half_life_days: [f32; 2],
    /// Decayed weight of each item among all members.
    pub overall: Vec<f32>,
    /// Share of a band's members that the item reached, shrunk towards all members': `band * n_items + item`.
    pub by_band: Vec<f32>,
}

/// Topic preferences: a member's share of attention by topic.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Preferences {
    /// Decayed weight of a member's reads and sign-ups by topic (columns), before shrinking.
    pub evidence: SparseRows,
    /// The mean shares of each age band: `band * n_topics + topic`.
    pub band_shares: Vec<f32>,
    /// How many decayed reads the band's mean counts for, learnt from the data, by band.
    pub prior_weight: Vec<f32>,
    /// Shares of all members by topic: what a lift is measured against.
    pub overall_shares: Vec<f32>,
    /// Days after which a read counts half.
    pub half_life_days: f32,
}

/// A group of members with like interests.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Segment {
    /// Its name, made from its topics.
    pub name: String,
    /// Indices of the topics with the highest lift, best first.
    pub topics: Vec<u32>,
    /// Mean shares by topic: where the cluster's centre lies.
    pub centre: Vec<f32>,
    /// Number of members.
    pub size: u32,
}

/// A factor model: the score of a pair is the dot product of the two vectors.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Factors {
    /// Length of a vector.
    pub rank: u32,
    /// Members' vectors, flat: what their history gives, drawn towards the mean of their age band; zeros for members who
    /// allow no personalised lists.
    pub members: Vec<f32>,
    /// Items' vectors, flat; those of items with little history are drawn towards what their attributes predict, those of
    /// items without any are that.
    pub items: Vec<f32>,
    /// Whether an item's vector was learnt from interactions (`false`: from its attributes alone).
    pub item_is_warm: Vec<bool>,
    /// Diagonal of the Gramian of the items' vectors, off which it is zero: what folding in needs.
    pub gram: Vec<f32>,
    /// Weight of an unobserved pair.
    pub unobserved_weight: f32,
    /// Regularisation.
    pub regularisation: f32,
    /// Exponent by which regularisation grows with a member's history.
    pub frequency_exponent: f32,
    /// Mean vector of each age band's members with a history, drawn towards everybody's: `band * rank + factor`.
    pub band_means: Vec<f32>,
    /// The weight of history that the band's mean counts for in a member's vector; 0 where it counts nothing.
    pub prior_weight: f32,
}

impl Factors {
    /// The share of the band's mean in the vector of a member whose history has this weight, and the mean; `None` where the
    /// mean counts nothing.
    #[must_use]
    pub fn prior(&self, band: usize, history_weight: f32) -> Option<(f32, &[f32])> {
        let rank = self.rank as usize;
        let mean = self.band_means.get(band.checked_mul(rank)?..band.checked_add(1)?.checked_mul(rank)?)?;
        let share = self.prior_weight / (self.prior_weight + history_weight.max(0.0));
        (self.prior_weight > 0.0).then_some((share, mean))
    }

    /// Draws the vector that a history of this weight gives towards the band's mean: `(n·x + n₀·m) / (n + n₀)`.
    pub fn shrink_to_band(&self, band: usize, history_weight: f32, vector: &mut [f32]) {
        if let Some((share, mean)) = self.prior(band, history_weight) {
            vector.iter_mut().zip(mean).for_each(|(value, mean)| *value += share * (mean - *value));
        }
    }
}

/// Which items one ranker ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemGroup {
    /// Articles: the response is a read within 72 hours.
    Articles,
    /// Everything else: the response is a sign-up within 7 days.
    Activities,
}

/// The two questions that a ranker can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Items for a member: lists.
    Lists,
    /// Members for an item: audiences.
    Audiences,
}

impl Side {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Lists, Self::Audiences];
}

/// Which of the two questions a ranker answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sides {
    /// Lists alone.
    Lists,
    /// Audiences alone.
    Audiences,
    /// Both: a pair then has one probability.
    Both,
}

impl Sides {
    /// Whether `side` is among them.
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
    /// The questions that it answers.
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
    /// Platt's slope and intercept on the logit: probability = 1 / (1 + exp(-(slope * logit + intercept))).
    pub calibration: [f32; 2],
    /// Whether the probabilities were calibrated on real exposures.
    pub calibrated: bool,
    /// How far items differ from what is expected of them: the squared coefficient of variation of the factor by which an
    /// item's responses differ from their expectation; `None` where it was not measured.
    pub dispersion: Option<f32>,
}
