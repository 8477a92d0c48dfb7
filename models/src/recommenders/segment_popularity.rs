//! Recommends the most popular items of a member's segment, such as an age band, for members without a history.

use crate::profile::popularity::GroupPopularity;
use crate::{Recommender, Row};

/// Popularity by segment, and the segment of each member.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentPopularity {
    /// Shares of items by segment.
    pub popularity: GroupPopularity,
    /// Segment of each member by row. Members without one get the overall popularity.
    pub segments: Vec<Option<u32>>,
}

impl Recommender for SegmentPopularity {
    fn n_items(&self) -> usize {
        self.popularity.weights().len()
    }

    fn serves(&self, _user: Option<usize>, _history: Row<'_>) -> bool {
        true
    }

    fn score_into(&self, user: Option<usize>, _history: Row<'_>, scores: &mut [f32]) {
        let segment = user.and_then(|user| self.segments.get(user).copied().flatten());
        scores.copy_from_slice(self.popularity.shares(segment.map(|segment| segment as usize)));
    }
}
