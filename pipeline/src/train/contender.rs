//! What is judged side by side: rankers, simple rules, popularity, chance.

use xxhash_rust::xxh3::xxh3_64_with_seed;
use zhihui_data::snapshot::RankerWeights;
use zhihui_engine::{CandidateRanker, MemberFeatures, N_FEATURES, Order};

/// One way to order items for a member or members for an item.
#[derive(Debug, Clone)]
pub(super) struct Contender {
    pub(super) name: String,
    by: By,
}

#[derive(Debug, Clone)]
enum By {
    /// For members of even and of odd index: each is judged by the calibration line that was found on the others.
    Ranker(Box<[CandidateRanker; 2]>),
    BandPopularity,
    Popularity,
    Chance(u64),
}

impl Contender {
    /// A ranker with the calibration lines of the two halves of the members.
    pub(super) fn ranker(name: &str, weights: &RankerWeights, lines: [[f32; 2]; 2]) -> Self {
        let of_half = |calibration| CandidateRanker::new(&RankerWeights { calibration, ..weights.clone() });
        Self { name: name.to_owned(), by: By::Ranker(Box::new(lines.map(of_half))) }
    }

    /// Popularity in the member's age band, which serves where there is no ranker.
    pub(super) fn band_popularity() -> Self {
        Self { name: BAND_POPULARITY.into(), by: By::BandPopularity }
    }

    /// Popularity among all members.
    pub(super) fn popularity() -> Self {
        Self { name: POPULARITY.into(), by: By::Popularity }
    }

    /// An order at random.
    pub(super) fn chance(seed: u64) -> Self {
        Self { name: CHANCE.into(), by: By::Chance(seed) }
    }

    /// How a member's list is ordered.
    pub(super) fn order(&self, member: usize) -> Order<'_> {
        match &self.by {
            By::Ranker(halves) => Order::Ranker(&halves[member % 2]),
            By::BandPopularity => Order::BandPopularity,
            By::Popularity => Order::Popularity,
            By::Chance(seed) => Order::Chance(seed ^ member as u64),
        }
    }

    /// What orders the members of an item's audience; `member` is loaded in `features`.
    pub(super) fn score(
        &self,
        member: u32,
        item: u32,
        features: &MemberFeatures<'_>,
        of_pair: &[f32; N_FEATURES],
    ) -> f32 {
        match &self.by {
            By::Ranker(halves) => halves[member as usize % 2].logit(of_pair),
            By::BandPopularity => features.popular_logit(item as usize),
            // Among members an item is as popular as it is.
            By::Popularity => 0.0,
            By::Chance(seed) => {
                let pair = (u64::from(member) << 32) | u64::from(item);
                xxh3_64_with_seed(&pair.to_le_bytes(), *seed) as f32
            }
        }
    }
}

/// Names of the contenders that are no rankers.
pub(super) const BAND_POPULARITY: &str = "popular_in_age_band";
pub(super) const POPULARITY: &str = "popular";
pub(super) const CHANCE: &str = "chance";
/// Names of the rankers that learnt all features.
pub(super) const CHALLENGER: &str = "blend";
