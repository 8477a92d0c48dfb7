//! Interest segments: groups of members whose attention goes to the same topics.
//!
//! k-means on the square roots of the shrunk shares, the number of segments by the silhouette of a sample. A segment
//! keeps its label from run to run: centres are matched to the previous run's, and a label that has gone is not used
//! again. It keeps its naming topics too while they still stand out, so that a rule that names a segment goes on meaning it.

mod cluster;
mod labels;
mod naming;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use naming::DistinctiveTopics;

use super::shares::Shares;
use crate::ModelError;

/// How to find segments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SegmentParams {
    /// Most segments looked for, 1 to 50.
    pub max_segments: usize,
    /// Members that centres are found from, 2 or more; all members are assigned.
    pub sample: usize,
    /// A segment with a smaller share of all members is merged into its neighbours, 0 to 0.5.
    pub min_share: f64,
    /// So is one with fewer members: what is said of a segment must not be said of a handful of people.
    pub min_members: usize,
    /// Topics that name a segment, at most.
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
    /// What the segment is known by from run to run.
    pub label: u32,
    /// Topics of highest lift, highest first, or those of the previous run as long as they are nearly that; empty where the
    /// segment is like everybody.
    pub topics: Vec<usize>,
    /// Members in it at fit time.
    pub members: usize,
    /// Mean share of attention by topic.
    pub shares: Vec<f32>,
    /// Centre among the square roots of shares.
    centre: Vec<f32>,
}

/// The segments of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segments {
    segments: Vec<Segment>,
    /// The label for the next segment that is new.
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
        let refuse = |name: &str, value: String, bounds: &str| {
            Err(ModelError::BadParameter { name: format!("segments.{name}"), value, bounds: bounds.into() })
        };
        if !(1..=50).contains(&self.max_segments) {
            return refuse("max_segments", self.max_segments.to_string(), "from 1 to 50");
        }
        if self.sample < 2 {
            return refuse("sample", self.sample.to_string(), "2 or more");
        }
        if !(0.0..=0.5).contains(&self.min_share) {
            return refuse("min_share", self.min_share.to_string(), "from 0 to 0.5");
        }
        Ok(())
    }

    /// Finds segments and the label of every member.
    ///
    /// `preferences`: members by topics, row after row, each row summing to 1 (see
    /// [`Shrinkage::preference`](super::preference::Shrinkage::preference)); `previous`: the last run over the same
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
        let known = previous.filter(|run| run.segments.iter().all(|segment| segment.centre.len() == n_topics));
        let previous_centres: Vec<&[f32]> = known.iter().flat_map(|run| &run.segments).map(|s| &s.centre[..]).collect();
        let (mut centres, silhouette) = cluster::find_centres(shares, &previous_centres, self, seed)?;
        let fewest = (self.min_share * shares.n_members() as f64).ceil() as usize;
        let places = assign_and_drop_small(shares, &mut centres, fewest.max(self.min_members));
        let previous_labels: Vec<u32> =
            known.iter().flat_map(|run| &run.segments).map(|segment| segment.label).collect();
        let first_new = known.map_or(0, |run| run.next_label);
        let (labels, next_label) = labels::match_labels(&centres, &previous_centres, &previous_labels, first_new);
        let mut segments = described(shares, centres, &places, &labels);
        for (segment, distinctive) in &mut segments {
            let before = known.and_then(|run| run.segments.iter().find(|before| before.label == segment.label));
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

    /// How well members fit their segment against the next best: mean silhouette of the sample, -1 to 1.
    #[must_use]
    pub fn silhouette(&self) -> f64 {
        self.silhouette
    }

    /// The same segments over another list of topics, to be the previous run of a fit over it: `place[topic]` is where each
    /// topic stands now, `None` for one that is gone. Topics that nobody knew then have no share.
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

    /// The label of the segment whose centre is nearest to these shares.
    #[must_use]
    pub fn assign(&self, preference: &[f32]) -> Option<u32> {
        let at = nearest(self.segments.iter().map(|segment| &segment.centre[..]), preference)?;
        Some(self.segments[at].label)
    }
}

/// Position of the centre nearest to the square roots of these shares; the first of equals.
fn nearest<'a>(centres: impl Iterator<Item = &'a [f32]>, shares: &[f32]) -> Option<usize> {
    let apart = |centre: &[f32]| centre.iter().zip(shares).map(|(at, share)| (at - share.sqrt()).powi(2)).sum::<f32>();
    let distances = centres.map(apart).enumerate();
    distances.min_by(|left, right| left.1.total_cmp(&right.1)).map(|(at, _)| at)
}

/// Assigns everybody, dropping the smallest segment as long as it is too small.
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
    let everybody = places.len() as f64;
    let describe = |(at, centre): (usize, Vec<f32>)| {
        let size = sizes[at].max(1) as f64;
        let means: Vec<f64> = sums[at].iter().map(|sum| sum / size).collect();
        let distinctive = DistinctiveTopics::of(&means, |topic| means[topic] * everybody / overall[topic]);
        let shares = means.iter().map(|&mean| mean as f32).collect();
        (Segment { label: labels[at], topics: Vec::new(), members: sizes[at], shares, centre }, distinctive)
    };
    centres.into_iter().enumerate().map(describe).collect()
}
