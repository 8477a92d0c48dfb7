//! Small data sets, and models fitted on them.

use zhihui_models::catalogue::{ModelName, ModelSpec, TrainingData};
use zhihui_models::evaluation::Event;
use zhihui_models::{Recommender, Row, UserItems};

pub(super) const SEED: u64 = 11;

/// All model names.
pub(super) fn names() -> Vec<ModelName> {
    ModelName::ALL.to_vec()
}

pub(super) fn events(pairs: impl IntoIterator<Item = (u32, u32)>) -> Vec<Event> {
    let event = |(at, (user, item))| Event { user, item, weight: 1.0, at: at as i64 };
    pairs.into_iter().enumerate().map(event).collect()
}

/// Training data with two kinds of items as attributes.
pub(super) fn data(n_users: usize, n_items: usize, pairs: impl IntoIterator<Item = (u32, u32)>) -> TrainingData {
    let kinds = (0..n_items as u32).map(|item| (item, item % 2, 1.0));
    let attributes = UserItems::from_triplets(n_items, 2, kinds).unwrap();
    TrainingData::from_events(n_users, n_items, &events(pairs)).unwrap().with_attributes(attributes).unwrap()
}

/// Member u has every item of u's parity except item u itself.
pub(super) fn checkerboard(n: u32) -> TrainingData {
    let pairs = (0..n).flat_map(|user| (0..n).map(move |item| (user, item)));
    data(n as usize, n as usize, pairs.filter(|(user, item)| user % 2 == item % 2 && user != item))
}

pub(super) fn fit(name: ModelName, data: &TrainingData) -> Box<dyn Recommender> {
    ModelSpec::new(name).fit(data, SEED).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(super) fn scores(model: &dyn Recommender, user: Option<usize>, history: Row<'_>) -> Vec<f32> {
    let mut scores = vec![f32::NAN; model.n_items()];
    model.score_into(user, history, &mut scores);
    scores
}
