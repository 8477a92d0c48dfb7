//! The model of an earlier night, which keeps serving with the features of a new one while little has changed.
//!
//! Its settings, rankers and verdicts stay. Popularity, preferences, neighbours and vectors are learnt every night.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::FEATURES;

use super::served_model::ServedModel;
use super::windows::DAY;
use super::{Gate, TrainOptions};

/// Maximum change of the number of events since the training, as a share. A history of less than five months grows more in a week.
const MAX_CHANGE: f64 = 0.05;
/// Maximum age of kept rankers in days.
const MAX_AGE_DAYS: i64 = 14;

/// When a model was searched, fitted and judged, and on what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TrainingRecord {
    /// Instant of the snapshot, in seconds since 1970.
    pub(super) as_of: i64,
    /// Number of events of members.
    pub(super) events: usize,
    /// Settings before the search.
    configured: TrainOptions,
    conditions: String,
}

/// The model of an earlier training with its card.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KeptModel {
    pub(super) served: ServedModel,
    pub(super) gate: Gate,
    /// The card of the earlier night.
    pub(super) card: Value,
    /// Instant of the training.
    pub(super) trained_as_of: i64,
}

impl TrainingRecord {
    pub(super) fn of(assembled: &Snapshot, configured: &TrainOptions) -> Self {
        let (configured, conditions) = (configured.clone(), configured.conditions.clone());
        Self { as_of: assembled.as_of, events: assembled.history.n_events(), configured, conditions }
    }

    /// Whether a snapshot differs so little from that of the training that it need not be repeated.
    fn still_holds(&self, assembled: &Snapshot, options: &TrainOptions) -> bool {
        let age = assembled.as_of - self.as_of;
        let change = assembled.history.n_events().abs_diff(self.events) as f64;
        (0..i64::from(options.train_every_days) * DAY).contains(&age)
            && change <= MAX_CHANGE * self.events as f64
            && self.conditions == options.conditions
            && comparable(&self.configured) == comparable(options)
    }
}

impl KeptModel {
    /// Returns the model of `previous`, the snapshot that serves now, with the deleted topics and the sample of `options`. Returns
    /// `None` if a new training is due: after `train_every_days`, with other settings or conditions, after a change of the number of
    /// events by more than 5 %, or if the last training judged no model.
    pub(super) fn of(previous: Option<&Snapshot>, assembled: &Snapshot, options: &TrainOptions) -> Option<Self> {
        let model = &previous.filter(|_| !options.anew)?.model;
        let card: Value = serde_json::from_str(&model.card).ok()?;
        let record: TrainingRecord = serde_json::from_value(card["training"].clone()).ok()?;
        let gate: Gate = serde_json::from_value(card["gate"].clone()).ok()?;
        let settings: TrainOptions = serde_json::from_str(&model.settings).ok()?;
        let name = ServedModel::NAMES.into_iter().find(|name| *name == model.name)?;
        let rankers_age = assembled.as_of - model.rankers_as_of;
        let is_known = |feature: &String| FEATURES.contains(&feature.as_str());
        let can_serve = model.rankers.is_empty()
            || rankers_age <= MAX_AGE_DAYS * DAY
                && model.rankers.iter().all(|ranker| ranker.features.iter().all(is_known));
        (can_serve && record.still_holds(assembled, options)).then(|| Self {
            served: ServedModel {
                options: TrainOptions {
                    train_every_days: options.train_every_days,
                    deleted_topics: options.deleted_topics.clone(),
                    sample_scale: options.sample_scale,
                    ..settings
                },
                rankers: model.rankers.clone(),
                name,
                as_of: model.rankers_as_of,
            },
            gate,
            card,
            trained_as_of: record.as_of,
        })
    }
}

/// The settings whose change makes a new training necessary.
pub(super) fn comparable(options: &TrainOptions) -> TrainOptions {
    let TrainOptions { train_every_days, deleted_topics, anew, conditions, sample_scale, .. } = TrainOptions::default();
    TrainOptions { train_every_days, deleted_topics, anew, conditions, sample_scale, ..options.clone() }
}
