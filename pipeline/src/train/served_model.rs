//! The model that serves: settings and rankers that were judged together.

use zhihui_data::snapshot::{RankerWeights, Side, Sides, Snapshot};

use super::TrainOptions;
use super::item_group::GROUPS;
use super::model_candidate::{CandidateResult, ModelCandidate};
use super::verdict::Judgement;

/// The served model. Settings and rankers belong together, because the settings define the features.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ServedModel {
    pub(super) options: TrainOptions,
    pub(super) rankers: Vec<RankerWeights>,
    /// `blend` if a personal model serves a side, `rules` if only simple rules do, else `popular`.
    pub(super) name: &'static str,
    /// The state on which the rankers were fitted, or 0 without rankers.
    pub(super) as_of: i64,
}

impl ServedModel {
    pub(super) const NAMES: [&str; 3] = ["blend", "rules", "popular"];

    pub(super) fn popular(options: &TrainOptions) -> Self {
        Self { options: options.clone(), rankers: Vec::new(), name: "popular", as_of: 0 }
    }

    /// Returns what serves after a candidate was judged: on each side its ranker if accepted or following, else the
    /// best winning rule, else popularity. A ranker that serves both sides is stored once.
    pub(super) fn of(candidate: &ModelCandidate, result: &CandidateResult) -> Self {
        let mut rankers = Vec::new();
        for group in GROUPS {
            let serving = |side: Side| candidate.serving(group, side, result);
            let of = |ranker: &RankerWeights, sides: Sides| RankerWeights { sides, ..ranker.clone() };
            match (serving(Side::Lists), serving(Side::Audiences)) {
                (Some(lists), Some(audiences)) if lists == audiences => rankers.push(of(lists, Sides::Both)),
                (lists, audiences) => {
                    rankers.extend(lists.map(|ranker| of(ranker, Sides::Lists)));
                    rankers.extend(audiences.map(|ranker| of(ranker, Sides::Audiences)));
                }
            }
        }
        let name = match (accepted(result), rankers.len()) {
            (0, 0) => "popular",
            (0, _) => "rules",
            _ => "blend",
        };
        let as_of = if rankers.is_empty() { 0 } else { candidate.as_of };
        Self { options: candidate.options.clone(), rankers, name, as_of }
    }

    /// Stores the model in a snapshot that was learnt with the same settings.
    pub(super) fn put_into(self, snapshot: &mut Snapshot) -> Result<(), serde_json::Error> {
        self.name.clone_into(&mut snapshot.model.name);
        snapshot.model.settings = serde_json::to_string(&self.options)?;
        snapshot.model.rankers_as_of = self.as_of;
        snapshot.model.rankers = self.rankers;
        Ok(())
    }
}

/// Returns the number of sides for which the personal model is accepted.
pub(super) fn accepted(result: &CandidateResult) -> usize {
    result.cells.iter().filter(|(_, _, _, Judgement { accepted, .. })| *accepted).count()
}
