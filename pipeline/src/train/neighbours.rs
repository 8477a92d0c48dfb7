//! Learns the neighbours that a snapshot keeps for each item.

use serde::{Deserialize, Serialize};
use zhihui_data::snapshot::SparseRows;
use zhihui_models::recommenders::item_knn::{ItemKnnParams, Weighting};
use zhihui_models::recommenders::rp3beta::Rp3BetaParams;
use zhihui_models::recommenders::slim::SlimParams;
use zhihui_models::{ModelError, Row, UserItems};

use super::TrainOptions;

/// Shrinkage of similarities: as if this many more members had touched only one of the two items. Small co-occurrences
/// are mostly chance.
const SHRINK: f64 = 5.0;

/// A measure of item similarity. With each, the score is a sum over the items of a member, so all are served in the
/// same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeighbourModel {
    /// Cosine of the items' members.
    #[default]
    Cosine,
    /// Cosine that gives members with many items less weight.
    TfIdf,
    /// Cosine with saturated weights that gives popular items less weight.
    Bm25,
    /// A random walk from item to member to item.
    Rp3beta,
    /// A sparse linear model: the contribution of an item given the others.
    Slim,
}

impl NeighbourModel {
    /// All models in the order of a search.
    pub const ALL: [Self; 5] = [Self::Cosine, Self::TfIdf, Self::Bm25, Self::Rp3beta, Self::Slim];
}

pub(super) fn learn(interactions: &UserItems, options: &TrainOptions) -> Result<SparseRows, ModelError> {
    let neighbours = options.neighbours;
    let by_knn = |weighting| {
        let fitted =
            ItemKnnParams { neighbours, weighting, shrink: SHRINK, ..ItemKnnParams::default() }.fit(interactions)?;
        Ok(nearest(interactions, neighbours, |item| fitted.similar(item)))
    };
    match options.neighbour_model {
        NeighbourModel::Cosine => by_knn(Weighting::Cosine),
        NeighbourModel::TfIdf => by_knn(Weighting::TfIdf),
        NeighbourModel::Bm25 => by_knn(Weighting::Bm25),
        NeighbourModel::Rp3beta => {
            let fitted = Rp3BetaParams { neighbours, ..Rp3BetaParams::default() }.fit(interactions)?;
            Ok(nearest(interactions, neighbours, |item| fitted.similar(item)))
        }
        NeighbourModel::Slim => {
            let fitted = SlimParams::default().fit(interactions)?;
            Ok(nearest(interactions, neighbours, |item| fitted.similar(item)))
        }
    }
}

fn nearest<'a>(interactions: &UserItems, limit: usize, similar: impl Fn(usize) -> Row<'a>) -> SparseRows {
    let of = |item: usize| {
        let mut pairs: Vec<(u32, f32)> = similar(item).iter().map(|(other, value)| (other as u32, value)).collect();
        pairs.sort_unstable_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
        pairs.truncate(limit);
        pairs
    };
    SparseRows::from_rows((0..interactions.n_columns()).map(of))
}
