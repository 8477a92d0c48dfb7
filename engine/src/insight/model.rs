//! The trained model for pages: model card, feature weights, segments and map.

use zhihui_data::snapshot::{ItemGroup, Sides, Snapshot};

use super::InterestMap;
use crate::{
    Engine,
    report::{Groups, MinGroupSize},
};

/// A ranker.
#[derive(Debug, Clone, PartialEq)]
pub struct RankerInsight {
    /// The items it ranks.
    pub group: ItemGroup,
    /// The sides that it serves.
    pub sides: Sides,
    /// Whether its probabilities are calibrated on real exposures.
    pub calibrated: bool,
    /// Name and weight of each standardised feature, heaviest first.
    pub weights: Vec<(String, f32)>,
}

/// An interest segment.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentInsight {
    /// Its name.
    pub name: String,
    /// Its topics, by lift.
    pub topics: Vec<String>,
    /// Number of members.
    pub members: u32,
    /// Number of members by age band, in the order of the bands. `None` if the number is too small to be shown, or
    /// would reveal another one. Bands without members are left out.
    pub ages: Vec<(String, Option<u32>)>,
}

/// The trained model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelInsight {
    /// Name of the personal model, `rules` if only simple rules serve, `popular` if no model passed the gate.
    pub name: String,
    /// The model card as JSON text. Empty if there is none.
    pub card: String,
    /// The rankers.
    pub rankers: Vec<RankerInsight>,
    /// The interest segments, largest first.
    pub segments: Vec<SegmentInsight>,
    /// The map of interests; `None` when there is none.
    pub map: Option<InterestMap>,
}

impl Engine {
    /// Returns the trained model.
    #[must_use]
    pub fn model_insight(&self) -> ModelInsight {
        let snapshot = self.snapshot();
        let model = &snapshot.model;
        let ranker = |ranker: &zhihui_data::snapshot::RankerWeights| {
            let mut weights: Vec<(String, f32)> =
                ranker.features.iter().cloned().zip(ranker.weights.iter().copied()).collect();
            weights.sort_by(|left, right| right.1.abs().total_cmp(&left.1.abs()));
            RankerInsight { group: ranker.group, sides: ranker.sides, calibrated: ranker.calibrated, weights }
        };
        let mut place_of = vec![0; model.segments.len()];
        for (place, segment) in largest_first(snapshot).into_iter().enumerate() {
            place_of[segment] = place;
        }
        ModelInsight {
            name: model.name.clone(),
            card: model.card.clone(),
            rankers: model.rankers.iter().map(ranker).collect(),
            segments: segment_insights(snapshot),
            map: InterestMap::of(snapshot, &place_of),
        }
    }
}

/// The interest segments of a snapshot, largest first.
#[must_use]
pub fn segment_insights(snapshot: &Snapshot) -> Vec<SegmentInsight> {
    let ages = ages_by_segment(snapshot);
    let segment = |at: usize| {
        let segment = &snapshot.model.segments[at];
        let topics = segment.topics.iter().filter_map(|&topic| snapshot.topics.get(topic as usize));
        SegmentInsight {
            name: segment.name.clone(),
            topics: topics.cloned().collect(),
            members: segment.size,
            ages: visible_ages(snapshot, &ages[at]),
        }
    };
    largest_first(snapshot).into_iter().map(segment).collect()
}

fn largest_first(snapshot: &Snapshot) -> Vec<usize> {
    let mut order: Vec<usize> = (0..snapshot.model.segments.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(snapshot.model.segments[at].size));
    order
}

/// Number of members of each segment by age band.
fn ages_by_segment(snapshot: &Snapshot) -> Vec<Vec<u64>> {
    let mut counts = vec![vec![0; snapshot.age_bands.count()]; snapshot.model.segments.len()];
    for (&segment, &band) in snapshot.members.segment.iter().zip(&snapshot.members.age_band) {
        if let Some(of_segment) = counts.get_mut(segment as usize) {
            of_segment[usize::from(band)] += 1;
        }
    }
    counts
}

fn visible_ages(snapshot: &Snapshot, counts: &[u64]) -> Vec<(String, Option<u32>)> {
    let groups = Groups::flat(counts.len());
    let own: Vec<u64> = std::iter::once(0).chain(counts.iter().copied()).collect();
    let shown = groups.shown(&groups.totals(&own), MinGroupSize::default());
    let bands = counts.iter().zip(&shown[1..]).enumerate().filter(|(_, (count, _))| **count > 0);
    bands.map(|(band, (&count, shown))| (snapshot.age_bands.label(band), shown.then_some(count as u32))).collect()
}
