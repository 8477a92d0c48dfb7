//! What was known at one instant, with what was learnt from it by some settings.

use std::sync::Arc;

use zhihui_data::snapshot::Snapshot;
use zhihui_models::UserItems;

use crate::train::weights::matrix;
use crate::train::{TrainError, TrainOptions, learn};

/// A snapshot whose model was learnt by `options`.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) snapshot: Snapshot,
    pub(super) options: TrainOptions,
    pub(super) interactions: Arc<UserItems>,
}

impl Cut {
    /// Learns everything.
    pub(super) fn learn(mut snapshot: Snapshot, options: &TrainOptions) -> Result<Self, TrainError> {
        let interactions = matrix(&snapshot)?;
        learn::relearn(&mut snapshot, &interactions, None, options)?;
        Ok(Self { snapshot, options: options.clone(), interactions: interactions.into() })
    }

    /// The same instant by other settings; only what they change is learnt again.
    pub(super) fn with(&self, options: &TrainOptions) -> Result<Self, TrainError> {
        let mut snapshot = self.snapshot.clone();
        learn::relearn(&mut snapshot, &self.interactions, Some(&self.options), options)?;
        Ok(Self { snapshot, options: options.clone(), interactions: Arc::clone(&self.interactions) })
    }
}
