//! What was learnt, as people look at it: the card, the weights of the features, the segments, the map.

use zhihui_data::snapshot::{ItemGroup, Sides, Snapshot};

use super::InterestMap;
use crate::{
    Engine,
    report::{Groups, MinGroupSize},
};

/// One ranker.
#[derive(Debug, Clone, PartialEq)]
pub struct RankerInsight {
    /// The items it ranks.
    pub group: ItemGroup,
    /// The questions that it answers.
    pub sides: Sides,
    /// Whether its probabilities were calibrated on real exposures.
    pub calibrated: bool,
    /// Name and weight of each standardised feature, heaviest first.
    pub weights: Vec<(String, f32)>,
}

/// One interest segment.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentInsight {
    /// Its name.
    pub name: String,
    /// Its topics, by lift.
    pub topics: Vec<String>,
    /// Number of members.
    pub members: u32,
    /// Members by age band, in the order of the bands; `None` where so few are not told of, or where the number would give
    /// away another. Bands without anybody are left out.
    pub ages: Vec<(String, Option<u32>)>,
}

/// What was learnt.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelInsight {
    /// Name of the personal model, `rules` where only simple rules serve, `popular` where nothing passed the gate.
    pub name: String,
    /// The model card as JSON text; empty where there is none.
    pub card: String,
    /// The rankers.
    pub rankers: Vec<RankerInsight>,
    /// The interest segments, largest first.
    pub segments: Vec<SegmentInsight>,
    /// The map of interests; `None` when there is none.
    pub map: Option<InterestMap>,
}

impl Engine {
    /// What was learnt.
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

/// Members of each segment by age band.
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
