//! What was learnt, as people look at it: the card, the weights of the features, the segments, the map.

use zhihui_data::snapshot::{ItemGroup, NONE};

use crate::Engine;

/// One ranker.
#[derive(Debug, Clone, PartialEq)]
pub struct RankerInsight {
    /// The items it ranks.
    pub group: ItemGroup,
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
}

/// One member's place on the map; it says nothing of who it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MapPoint {
    /// First coordinate.
    pub x: f32,
    /// Second coordinate.
    pub y: f32,
    /// Index of the segment.
    pub segment: usize,
}

/// What was learnt.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelInsight {
    /// Name of the personal model, `popular` where none passed the gate.
    pub name: String,
    /// The model card as JSON text; empty where there is none.
    pub card: String,
    /// The rankers.
    pub rankers: Vec<RankerInsight>,
    /// The interest segments, largest first.
    pub segments: Vec<SegmentInsight>,
    /// A part of the members on the map of interests, evenly taken; empty when there is no map.
    pub map: Vec<MapPoint>,
}

impl Engine {
    /// What was learnt, with at most `most_points` of the map.
    #[must_use]
    pub fn model_of_interest(&self, most_points: usize) -> ModelInsight {
        let snapshot = self.snapshot();
        let model = &snapshot.model;
        let ranker = |ranker: &zhihui_data::snapshot::RankerWeights| {
            let mut weights: Vec<(String, f32)> =
                ranker.features.iter().cloned().zip(ranker.weights.iter().copied()).collect();
            weights.sort_by(|left, right| right.1.abs().total_cmp(&left.1.abs()));
            RankerInsight { group: ranker.group, calibrated: ranker.calibrated, weights }
        };
        // The largest first, and the map's points follow their segments.
        let mut order: Vec<usize> = (0..model.segments.len()).collect();
        order.sort_by_key(|&at| std::cmp::Reverse(model.segments[at].size));
        let segment = |&at: &usize| {
            let segment = &model.segments[at];
            let topics = segment.topics.iter().filter_map(|&topic| snapshot.topics.get(topic as usize));
            SegmentInsight { name: segment.name.clone(), topics: topics.cloned().collect(), members: segment.size }
        };
        let place_of = |segment: u32| order.iter().position(|&at| at == segment as usize);
        let placed: Vec<usize> = (0..snapshot.members.id.len())
            .filter(|&row| snapshot.members.segment[row] != NONE && model.member_map.len() > 2 * row + 1)
            .collect();
        let step = placed.len().div_ceil(most_points.max(1)).max(1);
        let point = |&row: &usize| {
            let [x, y] = [model.member_map[2 * row], model.member_map[2 * row + 1]];
            place_of(snapshot.members.segment[row]).map(|segment| MapPoint { x, y, segment })
        };
        ModelInsight {
            name: model.name.clone(),
            card: model.card.clone(),
            rankers: model.rankers.iter().map(ranker).collect(),
            segments: order.iter().map(segment).collect(),
            map: placed.iter().step_by(step).filter_map(point).collect(),
        }
    }
}
