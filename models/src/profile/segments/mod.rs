//! Interest segments: groups of members with similar preferences.
//!
//! Segments are found by k-means on the square roots of the shrunk shares; their number is chosen by the silhouette of
//! a sample. Centres are matched to those of the previous run, so that a segment keeps its label, and labels are not
//! reused. A segment also keeps its naming topics while they are distinctive, so that rules that refer to a segment
//! keep their meaning.

mod cluster;
mod labels;
mod naming;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use naming::DistinctiveTopics;

use super::shares::Shares;
use crate::ModelError;

/// Parameters of the segmentation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SegmentParams {
    /// Largest number of segments, 1 to 50.
    pub max_segments: usize,
    /// Number of members that the centres are fitted on, 2 or more. All members are assigned.
    pub sample: usize,
    /// Segments with a smaller share of all members are dissolved, 0 to 0.5.
    pub min_share: f64,
    /// Segments with fewer members are dissolved, so that statistics never describe a few people.
    pub min_members: usize,
    /// Largest number of topics that name a segment.
    pub topics: usize,
}

impl Default for SegmentParams {
    fn default() -> Self {
        Self { max_segments: 12, sample: 2500, min_share: 0.01, min_members: 10, topics: 3 }
    }
}

/// One interest segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Identifier that is stable between runs.
    pub label: u32,
    /// The topics with the highest lift in descending order, or those of the previous run while they are close to that.
    /// Empty if the segment has no distinctive topics.
    pub topics: Vec<usize>,
    /// Number of members at fit time.
    pub members: usize,
    /// Mean share by topic.
    pub shares: Vec<f32>,
    /// Centre in the space of square roots of shares.
    centre: Vec<f32>,
}

/// The segments of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segments {
    segments: Vec<Segment>,
    /// The label of the next new segment.
    next_label: u32,
    /// Mean silhouette of the sample, -1 to 1; 0 for a single segment.
    silhouette: f64,
}

impl SegmentParams {
    /// Checks every bound.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] naming the first parameter that is out of bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        if !(1..=50).contains(&self.max_segments) {
            return Err(ModelError::bad_parameter("segments.max_segments", self.max_segments, "from 1 to 50"));
        }
        if self.sample < 2 {
            return Err(ModelError::bad_parameter("segments.sample", self.sample, "2 or more"));
        }
        if !(0.0..=0.5).contains(&self.min_share) {
            return Err(ModelError::bad_parameter("segments.min_share", self.min_share, "from 0 to 0.5"));
        }
        Ok(())
    }

    /// Finds the segments and the label of every member.
    ///
    /// `preferences`: members × topics in row order; each row sums to 1 (see
    /// [`Shrinkage::preference`](super::preference::Shrinkage::preference)). `previous`: the previous run over the same
    /// topics in the same order.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] for a parameter out of bounds or shares that are negative, not finite or not whole
    /// rows; [`ModelError::NotEnoughData`] without members or topics; [`ModelError::Diverged`] if clustering fails.
    pub fn fit(
        &self,
        preferences: &[f32],
        n_topics: usize,
        previous: Option<&Segments>,
        seed: u64,
    ) -> Result<(Segments, Vec<u32>), ModelError> {
        self.check()?;
        let shares = Shares::new(preferences, n_topics, "segments")?;
        let previous = previous.filter(|run| run.segments.iter().all(|segment| segment.centre.len() == n_topics));
        let previous_centres: Vec<&[f32]> =
            previous.iter().flat_map(|run| &run.segments).map(|s| &s.centre[..]).collect();
        let (mut centres, silhouette) = cluster::find_centres(shares, &previous_centres, self, seed)?;
        let fewest = (self.min_share * shares.n_members() as f64).ceil() as usize;
        let places = assign_and_drop_small(shares, &mut centres, fewest.max(self.min_members));
        let previous_labels: Vec<u32> =
            previous.iter().flat_map(|run| &run.segments).map(|segment| segment.label).collect();
        let first_new = previous.map_or(0, |run| run.next_label);
        let (labels, next_label) = labels::match_labels(&centres, &previous_centres, &previous_labels, first_new);
        let mut segments = described(shares, centres, &places, &labels);
        for (segment, distinctive) in &mut segments {
            let before = previous.and_then(|run| run.segments.iter().find(|before| before.label == segment.label));
            segment.topics = distinctive.choose(self.topics, before.map_or(&[][..], |before| &before.topics));
        }
        let mut segments: Vec<Segment> = segments.into_iter().map(|(segment, _)| segment).collect();
        segments.sort_by_key(|segment| segment.label);
        let silhouette = if segments.len() > 1 { silhouette } else { 0.0 };
        let members = places.into_iter().map(|place| labels[place]).collect();
        Ok((Segments { segments, next_label, silhouette }, members))
    }
}

impl Segments {
    /// The segments in ascending order of label.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Mean silhouette of the sample, -1 to 1: how much closer members are to their own segment than to the next.
    #[must_use]
    pub fn silhouette(&self) -> f64 {
        self.silhouette
    }

    /// Converts the segments to another list of topics, for use as the previous run. `place[topic]` is the new index of
    /// each topic, or `None` if it was removed. New topics have no share.
    #[must_use]
    pub fn reindex_topics(&self, place: &[Option<usize>], n_topics: usize) -> Self {
        let place_of = |topic: usize| place.get(topic).copied().flatten().filter(|&to| to < n_topics);
        let moved = |values: &[f32]| {
            let mut row = vec![0.0; n_topics];
            for (topic, &value) in values.iter().enumerate() {
                if let Some(to) = place_of(topic) {
                    row[to] = value;
                }
            }
            row
        };
        let segment = |segment: &Segment| Segment {
            topics: segment.topics.iter().filter_map(|&topic| place_of(topic)).collect(),
            shares: moved(&segment.shares),
            centre: moved(&segment.centre),
            ..segment.clone()
        };
        Self { segments: self.segments.iter().map(segment).collect(), ..self.clone() }
    }

    /// The label of the segment with the nearest centre.
    #[must_use]
    pub fn assign(&self, preference: &[f32]) -> Option<u32> {
        let at = nearest(self.segments.iter().map(|segment| &segment.centre[..]), preference)?;
        Some(self.segments[at].label)
    }
}

/// Index of the centre nearest to the square roots of these shares. Ties go to the first.
fn nearest<'a>(centres: impl Iterator<Item = &'a [f32]>, shares: &[f32]) -> Option<usize> {
    let apart = |centre: &[f32]| centre.iter().zip(shares).map(|(at, share)| (at - share.sqrt()).powi(2)).sum::<f32>();
    let distances = centres.map(apart).enumerate();
    distances.min_by(|left, right| left.1.total_cmp(&right.1)).map(|(at, _)| at)
}

/// Assigns all members, and dissolves the smallest segment while it is too small.
fn assign_and_drop_small(shares: Shares<'_>, centres: &mut Vec<Vec<f32>>, fewest: usize) -> Vec<usize> {
    loop {
        let place = |row: &[f32]| nearest(centres.iter().map(Vec::as_slice), row).unwrap_or_default();
        let places: Vec<usize> = shares.all().par_chunks_exact(shares.n_topics).map(place).collect();
        let mut sizes = vec![0_usize; centres.len()];
        places.iter().for_each(|&place| sizes[place] += 1);
        let smallest = (0..sizes.len()).min_by_key(|&at| sizes[at]).unwrap_or_default();
        if centres.len() <= 1 || sizes[smallest] >= fewest.max(1) {
            return places;
        }
        centres.remove(smallest);
    }
}

fn described(
    shares: Shares<'_>,
    centres: Vec<Vec<f32>>,
    places: &[usize],
    labels: &[u32],
) -> Vec<(Segment, DistinctiveTopics)> {
    let n_topics = shares.n_topics;
    let mut sums = vec![vec![0.0_f64; n_topics]; centres.len()];
    let mut overall = vec![0.0_f64; n_topics];
    let mut sizes = vec![0_usize; centres.len()];
    for (member, &place) in places.iter().enumerate() {
        sizes[place] += 1;
        for (topic, &share) in shares.row(member).iter().enumerate() {
            sums[place][topic] += f64::from(share);
            overall[topic] += f64::from(share);
        }
    }
    let n_members = places.len() as f64;
    let describe = |(at, centre): (usize, Vec<f32>)| {
        let size = sizes[at].max(1) as f64;
        let means: Vec<f64> = sums[at].iter().map(|sum| sum / size).collect();
        let distinctive = DistinctiveTopics::of(&means, |topic| means[topic] * n_members / overall[topic]);
        let shares = means.iter().map(|&mean| mean as f32).collect();
        (Segment { label: labels[at], topics: Vec::new(), members: sizes[at], shares, centre }, distinctive)
    };
    centres.into_iter().enumerate().map(describe).collect()
}
