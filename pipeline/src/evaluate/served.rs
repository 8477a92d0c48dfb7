//! What the service would have shown at the beginning of a window: the model that training would have made then, and its lists.

use rayon::prelude::*;
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::answer::{RecommendRequest, Who};
use zhihui_engine::{Engine, Language, Overlay};

use super::EvaluateError;
use super::data::Window;
use crate::build::snapshot_before;
use crate::train::{TrainOptions, train};

/// The lake and the settings with which the service is trained.
#[derive(Debug)]
pub struct Served<'a> {
    snapshot: &'a Snapshot,
    options: TrainOptions,
}

impl<'a> Served<'a> {
    /// `snapshot`: the lake as it was assembled. Settings are taken as they are: none are searched for.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, options: &TrainOptions) -> Self {
        Self { snapshot, options: TrainOptions { search_seconds: 0, ..options.clone() } }
    }

    /// Trains on what was known when the window began, the gate included.
    ///
    /// # Errors
    /// As training itself; [`EvaluateError::Model`] for a window without an instant.
    pub(super) fn engine_at(&self, window: &Window) -> Result<Engine, EvaluateError> {
        let Some([from, _]) = window.span else {
            let message = "the service is judged on the lake only: plain files say nothing of what was on offer";
            return Err(zhihui_models::ModelError::NotEnoughData(message.into()).into());
        };
        let known = snapshot_before(self.snapshot, from);
        let trained = train(known, None, &snapshot_before, &self.options, &mut |_| false, &|_| {})?;
        Ok(Engine::new(trained.snapshot))
    }
}

/// The first `n` items of each user's list as the window began: of what was open to the user then, as the service composes it.
pub(super) fn lists(engine: &Engine, window: &Window, users: &[u32], n: usize) -> Vec<Vec<u32>> {
    let now = window.span.map_or(0, |[from, _]| from);
    let overlay = Overlay::default();
    let list = |&user: &u32| {
        let Some(id) = engine.snapshot().members.id.get(user as usize) else { return Vec::new() };
        let request = RecommendRequest {
            who: Who::Member(id),
            n,
            kind: None,
            topic: None,
            exclude: &[],
            general: false,
            now,
            language: Language::Zh,
        };
        let items = engine.recommend(&overlay, &request).items;
        items.iter().filter_map(|item| Some(engine.item_row(&item.item_id)? as u32)).collect()
    };
    users.par_iter().map(list).collect()
}
