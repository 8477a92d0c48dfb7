//! Which items speak for which: the neighbours that a snapshot keeps for every item.

use serde::{Deserialize, Serialize};
use zhihui_data::snapshot::SparseRows;
use zhihui_models::recommenders::item_knn::{ItemKnnParams, Weighting};
use zhihui_models::recommenders::rp3beta::Rp3BetaParams;
use zhihui_models::recommenders::slim::SlimParams;
use zhihui_models::{ModelError, Row, UserItems};

use super::TrainOptions;

/// Co-occurrences below this many are mostly chance: similarities are shrunk as if this much more had been unlike.
const SHRINK: f64 = 5.0;

/// How likeness is measured. Every one is a sum over the items that a member knows, so all serve alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeighbourModel {
    /// Cosine of the items' members.
    #[default]
    Cosine,
    /// The same with members who touch everything counting less.
    TfIdf,
    /// The same, saturated, and items that everybody touches counting less.
    Bm25,
    /// A random walk from item to member to item.
    Rp3beta,
    /// A sparse linear model: what an item adds beside the others.
    Slim,
}

impl NeighbourModel {
    /// All of them, in the order in which a search tries them.
    pub const ALL: [Self; 5] = [Self::Cosine, Self::TfIdf, Self::Bm25, Self::Rp3beta, Self::Slim];
}

/// The items that each item speaks for, best first.
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

fn nearest<'a>(interactions: &UserItems, most: usize, similar: impl Fn(usize) -> Row<'a>) -> SparseRows {
    let of = |item: usize| {
        let mut pairs: Vec<(u32, f32)> = similar(item).iter().map(|(other, value)| (other as u32, value)).collect();
        pairs.sort_unstable_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
        pairs.truncate(most);
        pairs
    };
    SparseRows::from_rows((0..interactions.n_columns()).map(of))
}
