//! What serves: settings and rankers that were judged together.

use zhihui_data::snapshot::{RankerWeights, Side, Sides, Snapshot};

use super::TrainOptions;
use super::entrant::{Entrant, Outcome};
use super::rankers::GROUPS;
use super::verdict::Judgement;

/// What goes into the snapshot, all of it or nothing: the settings define the features that the rankers weigh.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Served {
    pub(super) options: TrainOptions,
    pub(super) rankers: Vec<RankerWeights>,
    /// `blend` where a personal model serves something, `rules` where simple rules do, `popular` otherwise.
    pub(super) name: &'static str,
    /// The instant at whose state the rankers were fitted, 0 without any.
    pub(super) as_of: i64,
}

impl Served {
    /// Popularity everywhere.
    pub(super) fn popular(options: &TrainOptions) -> Self {
        Self { options: options.clone(), rankers: Vec::new(), name: "popular", as_of: 0 }
    }

    /// What an entrant serves after it was judged: its rankers where they were accepted or follow the other side, else the best
    /// rule that won, else popularity. What serves both sides is one ranker.
    pub(super) fn of(entrant: &Entrant, outcome: &Outcome) -> Self {
        let mut rankers = Vec::new();
        for group in GROUPS {
            let serving = |side: Side| entrant.serving(group, side, outcome);
            let of = |ranker: &RankerWeights, sides: Sides| RankerWeights { sides, ..ranker.clone() };
            match (serving(Side::Lists), serving(Side::Audiences)) {
                (Some(lists), Some(audiences)) if lists == audiences => rankers.push(of(lists, Sides::Both)),
                (lists, audiences) => {
                    rankers.extend(lists.map(|ranker| of(ranker, Sides::Lists)));
                    rankers.extend(audiences.map(|ranker| of(ranker, Sides::Audiences)));
                }
            }
        }
        let name = match (accepted(outcome), rankers.len()) {
            (0, 0) => "popular",
            (0, _) => "rules",
            _ => "blend",
        };
        let as_of = if rankers.is_empty() { 0 } else { entrant.as_of };
        Self { options: entrant.options.clone(), rankers, name, as_of }
    }

    /// Puts it into a snapshot whose model was learnt by the same settings.
    pub(super) fn put_into(self, snapshot: &mut Snapshot) -> Result<(), serde_json::Error> {
        self.name.clone_into(&mut snapshot.model.name);
        snapshot.model.settings = serde_json::to_string(&self.options)?;
        snapshot.model.rankers_as_of = self.as_of;
        snapshot.model.rankers = self.rankers;
        Ok(())
    }
}

/// Sides of groups for which the personal model was accepted.
pub(super) fn accepted(outcome: &Outcome) -> usize {
    outcome.cells.iter().filter(|(_, _, _, Judgement { accepted, .. })| *accepted).count()
}
