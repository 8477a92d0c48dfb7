//! The state at one instant with a model learnt from it.

use std::sync::Arc;

use zhihui_data::snapshot::Snapshot;
use zhihui_models::UserItems;

use crate::train::weights::matrix;
use crate::train::{TrainError, TrainOptions, learn};

/// A snapshot with a model learnt with `options`.
#[derive(Debug)]
pub(super) struct LearntSnapshot {
    pub(super) snapshot: Snapshot,
    pub(super) options: TrainOptions,
    pub(super) interactions: Arc<UserItems>,
}

impl LearntSnapshot {
    /// Learns the whole model.
    pub(super) fn learn(mut snapshot: Snapshot, options: &TrainOptions) -> Result<Self, TrainError> {
        let interactions = matrix(&snapshot)?;
        learn::relearn(&mut snapshot, &interactions, None, options)?;
        Ok(Self { snapshot, options: options.clone(), interactions: interactions.into() })
    }

    /// Returns the same state learnt with other settings. Only parts with changed settings are learnt again.
    pub(super) fn with(&self, options: &TrainOptions) -> Result<Self, TrainError> {
        let mut snapshot = self.snapshot.clone();
        learn::relearn(&mut snapshot, &self.interactions, Some(&self.options), options)?;
        Ok(Self { snapshot, options: options.clone(), interactions: Arc::clone(&self.interactions) })
    }
}
