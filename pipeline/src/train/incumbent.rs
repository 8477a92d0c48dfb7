//! The incumbent: the model that serves now. It is judged on the same days as the model that was just trained.

use zhihui_data::snapshot::{RankerWeights, Snapshot};
use zhihui_engine::FEATURES;

use super::item_group::GROUPS;
use super::model_candidate::CalibratedRanker;
use super::windows::DAY;
use super::{TrainOptions, kept_model, rules};

/// Maximum age of an incumbent in days. The data it was fitted on are then older than the longest fitting window.
pub(super) const MAX_AGE_DAYS: i64 = 14;

/// Settings and rankers of an earlier training.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Incumbent {
    pub(super) options: TrainOptions,
    pub(super) as_of: i64,
    /// The rankers of all features, by group.
    pub(super) rankers: [Option<CalibratedRanker>; 2],
}

impl Incumbent {
    /// Returns the model of `previous`, with the deleted topics and the sample of `options`. Returns `None` if the model has no ranker
    /// of several features, is later than `as_of`, is too old, or needs unknown features or settings.
    pub(super) fn of(previous: &Snapshot, as_of: i64, options: &TrainOptions) -> Option<Self> {
        let model = &previous.model;
        let age = as_of - model.rankers_as_of;
        if !(0..=MAX_AGE_DAYS * DAY).contains(&age) {
            return None;
        }
        let settings: TrainOptions = serde_json::from_str(&model.settings).ok()?;
        let TrainOptions { deleted_topics, sample_scale, .. } = options.clone();
        let learnt = TrainOptions { deleted_topics, sample_scale, ..settings };
        let of_group = |group| {
            let of_group = |ranker: &&RankerWeights| ranker.group == group && rules::rule_of(ranker).is_none();
            let weights = model.rankers.iter().find(of_group)?.clone();
            let is_known = weights.features.iter().all(|name| FEATURES.contains(&name.as_str()));
            is_known.then_some(CalibratedRanker { halves: [weights.calibration; 2], weights })
        };
        let rankers = GROUPS.map(of_group);
        rankers.iter().any(Option::is_some).then_some(Self { options: learnt, as_of: model.rankers_as_of, rankers })
    }

    /// Returns whether the model computes features as `options` does. Settings of fitting, searching and judging do not matter.
    pub(super) fn has_the_features_of(&self, options: &TrainOptions) -> bool {
        let features = |options: &TrainOptions| {
            let TrainOptions { search_seconds, search_trials, backtest_dates, propensity, .. } =
                TrainOptions::default();
            let judging =
                TrainOptions { search_seconds, search_trials, backtest_dates, ..kept_model::comparable(options) };
            let TrainOptions { deleted_topics, sample_scale, .. } = options.clone();
            TrainOptions { propensity, deleted_topics, sample_scale, ..judging }
        };
        features(&self.options) == features(options)
    }
}
