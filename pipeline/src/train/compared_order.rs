//! Orders that the model gate compares: rankers, simple rules, popularity and chance.

use xxhash_rust::xxh3::xxh3_64_with_seed;
use zhihui_data::snapshot::RankerWeights;
use zhihui_engine::{CandidateRanker, ItemPart, MemberFeatures, N_FEATURES, Order};

/// One way to order items for a member or members for an item.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ComparedOrder {
    pub(super) name: String,
    by: OrderBy,
}

#[derive(Debug, Clone, PartialEq)]
enum OrderBy {
    /// One ranker for members of even index and one for odd. Each uses the calibration line that was fitted on the
    /// other half.
    Ranker(Box<[CandidateRanker; 2]>),
    BandPopularity,
    Popularity,
    Chance(u64),
}

impl ComparedOrder {
    /// Returns the order of a ranker, with a calibration line for each half of the members.
    pub(super) fn ranker(name: &str, weights: &RankerWeights, lines: [[f32; 2]; 2]) -> Self {
        let of_half = |calibration| CandidateRanker::new(&RankerWeights { calibration, ..weights.clone() });
        Self { name: name.to_owned(), by: OrderBy::Ranker(Box::new(lines.map(of_half))) }
    }

    /// Returns popularity in the age band, which serves without a ranker.
    pub(super) fn band_popularity() -> Self {
        Self { name: BAND_POPULARITY.into(), by: OrderBy::BandPopularity }
    }

    pub(super) fn popularity() -> Self {
        Self { name: POPULARITY.into(), by: OrderBy::Popularity }
    }

    pub(super) fn chance(seed: u64) -> Self {
        Self { name: CHANCE.into(), by: OrderBy::Chance(seed) }
    }

    pub(super) fn order(&self, member: usize) -> Order<'_> {
        match &self.by {
            OrderBy::Ranker(halves) => Order::Ranker(&halves[member % 2]),
            OrderBy::BandPopularity => Order::BandPopularity,
            OrderBy::Popularity => Order::Popularity,
            OrderBy::Chance(seed) => Order::Chance(seed ^ member as u64),
        }
    }

    /// Returns the score of a member in the audience of an item. The member is loaded in `features`.
    pub(super) fn score(
        &self,
        member: u32,
        item: &ItemPart<'_>,
        features: &MemberFeatures<'_>,
        of_pair: &[f32; N_FEATURES],
    ) -> f32 {
        match &self.by {
            OrderBy::Ranker(halves) => halves[member as usize % 2].logit(of_pair),
            OrderBy::BandPopularity => features.popular_logit(item),
            // All members have the same score for an item.
            OrderBy::Popularity => 0.0,
            OrderBy::Chance(seed) => {
                let pair = (u64::from(member) << 32) | u64::from(item.item());
                xxh3_64_with_seed(&pair.to_le_bytes(), *seed) as f32
            }
        }
    }
}

/// Names of the orders without a ranker.
pub(super) const BAND_POPULARITY: &str = "popular_in_age_band";
pub(super) const POPULARITY: &str = "popular";
pub(super) const CHANCE: &str = "chance";
/// Name of the ranker with all features.
pub(super) const CHALLENGER: &str = "blend";
