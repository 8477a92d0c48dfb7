//! The model that served before: judged again on the same days as the one that was trained now.

use zhihui_data::snapshot::{RankerWeights, Snapshot};
use zhihui_engine::FEATURES;

use super::entrant::{GROUPS, Lines};
use super::windows::DAY;
use super::{TrainOptions, rules};

/// Days after which a model is not judged again and serves no longer: what it was fitted on is then older than the longest
/// fitting window, and a model that cannot be renewed for so long says something of the data.
pub(super) const MOST_DAYS: i64 = 14;

/// Settings and rankers of an earlier training.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Incumbent {
    pub(super) options: TrainOptions,
    pub(super) as_of: i64,
    /// The rankers of all features, by group.
    pub(super) rankers: [Option<Lines>; 2],
}

impl Incumbent {
    /// The model of `previous`; `None` where it has no ranker of more than one feature, was trained on more than is known
    /// by `as_of`, is too old, or needs features or settings that this program does not have. What members had deleted since
    /// is taken from `options`.
    pub(super) fn of(previous: &Snapshot, as_of: i64, options: &TrainOptions) -> Option<Self> {
        let model = &previous.model;
        let age = as_of - model.rankers_as_of;
        if !(0..=MOST_DAYS * DAY).contains(&age) {
            return None;
        }
        let settings: TrainOptions = serde_json::from_str(&model.settings).ok()?;
        let learnt = TrainOptions { deleted_topics: options.deleted_topics.clone(), ..settings };
        let of_group = |group| {
            let of_group = |ranker: &&RankerWeights| ranker.group == group && rules::behind(ranker).is_none();
            let weights = model.rankers.iter().find(of_group)?.clone();
            let is_known = weights.features.iter().all(|name| FEATURES.contains(&name.as_str()));
            is_known.then_some(Lines { halves: [weights.calibration; 2], weights })
        };
        let rankers = GROUPS.map(of_group);
        rankers.iter().any(Option::is_some).then_some(Self { options: learnt, as_of: model.rankers_as_of, rankers })
    }

    /// Whether its features are those that `options` give: what only fitting and searching depend on aside.
    pub(super) fn has_the_features_of(&self, options: &TrainOptions) -> bool {
        let TrainOptions { search_seconds, propensity, .. } = options.clone();
        TrainOptions { search_seconds, propensity, ..self.options.clone() } == *options
    }
}
