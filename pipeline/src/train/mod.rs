//! Training: learns the model of a snapshot from its members, items and history.
//!
//! Popularity, preferences, neighbours and factors are learnt three times: before the fitting window, before the test
//! window, and on the full history. The rankers are fitted on the responses of the fitting window, and calibrated and
//! judged on those of the test window. They then serve with features of the full history. No step uses data from after
//! its cut. The settings search uses windows before the test window only.

mod audience_gate;
mod audience_head;
mod card;
mod compared_order;
mod daily_engines;
mod exposures;
mod factors;
mod floor_cost;
mod gate;
mod incumbent;
mod item_group;
mod kept_model;
mod labels;
mod learn;
mod limits;
mod list_gate;
mod member_subset;
mod model_candidate;
mod model_comparison;
mod model_gate;
mod neighbours;
mod off_policy;
mod population;
mod push_level;
mod rankers;
mod replay;
mod responses;
mod rules;
mod scores;
mod search;
mod segments;
mod served_model;
mod serving_reason;
mod shared_orderings;
mod training_sample;
mod verdict;
mod weights;
mod windows;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::audience::AudienceError;
use zhihui_engine::overlay::DeletedTopic;
use zhihui_models::ModelError;
use zhihui_models::ranking::propensity::PropensityParams;
use zhihui_models::recommenders::ials::IalsParams;

use crate::backtest;
pub use crate::trial::Trial;
use card::Findings;
use daily_engines::DailyEngines as _;
pub(crate) use exposures::first_responses;
pub use gate::Gate;
use kept_model::{KeptModel, TrainingRecord};
use model_gate::ModelGate;
pub use neighbours::NeighbourModel;
pub(crate) use population::first_offered_at;
use rankers::WindowExamples;
use replay::Replay;
pub use search::SearchReport;
pub(crate) use search::sample_active_members;
use served_model::ServedModel;
pub use serving_reason::sentence;
use training_sample::{SampleSize, TrainingSample};
pub use verdict::{Judgement, RuleResult, SideVerdict};
pub use windows::Windows;
pub(crate) use windows::{DAY, busy_period};

/// Maximum number of examples of a window and group of items.
const MAX_EXAMPLES: usize = 200_000;

/// Settings of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainOptions {
    /// Random seed.
    pub seed: u64,
    /// Settings of the factor model.
    pub ials: IalsParams,
    /// Weight of the prediction from attributes in the vector of an item, in interactions. With 0 it is used only for
    /// items without interactions.
    pub item_prior: f32,
    /// Weight of the mean of the age band in the vector of a member, in reads. With 0 the mean is not used.
    pub member_prior: f32,
    /// Measure of item similarity.
    pub neighbour_model: NeighbourModel,
    /// Number of neighbours that are kept for an item.
    pub neighbours: usize,
    /// Half-life of an event in preferences, in days.
    pub preference_half_life_days: f32,
    /// Half-life of an event in popularity, in days: of articles, and of all other items.
    pub popularity_half_life_days: [f32; 2],
    /// Time for the settings search in seconds. No search if 0. The search ends only between two trials.
    pub search_seconds: u64,
    /// Maximum number of events that models are fitted and judged on. Of a longer history, members of randomly chosen unions are used;
    /// popularity and preferences still count all events, and all members get vectors.
    pub max_events: usize,
    /// Number of past dates at which audiences are judged for the card. Each takes as long as one training.
    pub backtest_dates: usize,
    /// Maximum number of trials. If time suffices, all machines find the same settings.
    pub search_trials: usize,
    /// Days after which the settings are searched and the model is fitted and judged again. Until then it is kept, and only its
    /// features are updated, while little else changes. With 0 or 1 this is done every night.
    pub train_every_days: u16,
    /// Weights against exposure bias in logged exposures.
    pub propensity: PropensityParams,
    /// Topics deleted by members. Earlier actions on them are not used.
    #[serde(skip)]
    pub deleted_topics: Vec<DeletedTopic>,
    /// Whether no earlier model is kept.
    #[serde(skip)]
    pub anew: bool,
    /// What a model depends on besides data and settings, such as the program, as a text. A model is kept only if it is the same.
    #[serde(skip)]
    pub conditions: String,
    /// Number of events that each event of the training data stands for, above 1 for a sample.
    #[serde(skip)]
    pub sample_scale: f32,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            seed: 7,
            ials: IalsParams { factors: 32, sweeps: 10, ..IalsParams::default() },
            item_prior: 4.0,
            member_prior: 1.0,
            neighbour_model: NeighbourModel::default(),
            neighbours: 50,
            preference_half_life_days: 30.0,
            popularity_half_life_days: [3.0, 14.0],
            search_seconds: 30,
            max_events: 10_000_000,
            backtest_dates: 1,
            search_trials: 60,
            train_every_days: 7,
            propensity: PropensityParams::default(),
            deleted_topics: Vec::new(),
            anew: false,
            conditions: String::new(),
            sample_scale: 1.0,
        }
    }
}

impl TrainOptions {
    /// Minimum of `max_events` in a configuration. A smaller sample rarely has enough responses to judge a model.
    const MIN_EVENTS: usize = 100_000;

    /// Checks the settings of a configuration.
    ///
    /// # Errors
    /// The key, and what is wrong.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        if self.max_events < Self::MIN_EVENTS {
            return Err(("max_events", format!("must be {} or more", Self::MIN_EVENTS)));
        }
        Ok(())
    }
}

/// Reasons why training failed.
#[derive(Debug, Error)]
pub enum TrainError {
    /// A model rejected its input.
    #[error("training: {0}")]
    Model(#[from] ModelError),
    /// The model card could not be written.
    #[error("model card: {0}")]
    Card(#[from] serde_json::Error),
    /// The audience of a past date could not be computed.
    #[error("audiences of past dates: {0}")]
    Audience(AudienceError),
    /// A count exceeds the index type of the snapshot.
    #[error("training: {0} exceeds the limit of the snapshot format")]
    TooMany(&'static str),
}

/// A snapshot with its model, and the outcome of the model gate.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The snapshot, ready to be published.
    pub snapshot: Snapshot,
    /// Outcome of the model gate, or `None` if the history is too short.
    pub gate: Option<Gate>,
    /// The instant at which the model was trained, in seconds since 1970, if it is that of an earlier night.
    pub kept_from: Option<i64>,
}

/// Learns the model of `assembled`, a snapshot without a model.
///
/// `snapshot_before` returns the snapshot as it was known at an earlier instant. `previous` is the snapshot that serves
/// now. Its model is kept if its training was less than `train_every_days` ago with the same settings and almost as many
/// events. Otherwise its personal model is judged on the same days as the new one, and keeps serving with its own settings if
/// it is accepted for more sides. `keep_searching` is called with each trial and returns whether there is time for another.
/// `on_progress` is called with the name of each phase.
///
/// # Errors
/// [`TrainError`]. With too little data for a personal model, popularity serves instead.
pub fn train(
    assembled: Snapshot,
    previous: Option<&Snapshot>,
    snapshot_before: &dyn Fn(&Snapshot, i64) -> Snapshot,
    options: &TrainOptions,
    keep_searching: &mut dyn FnMut(&Trial) -> bool,
    on_progress: &dyn Fn(&str),
) -> Result<Trained, TrainError> {
    let sample = TrainingSample::of(&assembled, options.max_events, options.seed);
    if let Some(kept) = KeptModel::of(previous, &assembled, options) {
        on_progress("updating the features of the kept model");
        let mut snapshot = assembled;
        learn_features(&mut snapshot, sample, &kept.served.options)?;
        segments::find(&mut snapshot, previous, options.seed)?;
        let serving = kept.served.options.clone();
        kept.served.put_into(&mut snapshot)?;
        snapshot.model.card = card::write_kept(&snapshot, kept.card, &serving)?;
        return Ok(Trained { snapshot, gate: Some(kept.gate), kept_from: Some(kept.trained_as_of) });
    }
    let mut findings = Findings {
        training: Some(TrainingRecord::of(&assembled, options)),
        sample: sample.as_ref().map(|sample| sample.size),
        ..Findings::default()
    };
    let judged_on = sample.as_ref().map_or(&assembled, |sample| &sample.snapshot);
    let sample_scale = findings.sample.map_or(1.0, SampleSize::scale);
    let scaled = TrainOptions { sample_scale, ..options.clone() };
    let before = |snapshot: &Snapshot, cut: i64| {
        let mut before = snapshot_before(snapshot, cut);
        before.items.seats_taken.iter_mut().for_each(|seats| *seats = (*seats as f32 * sample_scale).round() as u32);
        before
    };
    let served = choose_model(judged_on, previous, &before, scaled, keep_searching, on_progress, &mut findings)?;
    on_progress("learning from the full history");
    let mut snapshot = assembled;
    // The rankers must get the features of the settings they were fitted with.
    let serving = TrainOptions { sample_scale: 1.0, ..served.options.clone() };
    learn_features(&mut snapshot, sample, &serving)?;
    segments::find(&mut snapshot, previous, options.seed)?;
    served.put_into(&mut snapshot)?;
    snapshot.model.card = card::write(&snapshot, &findings, &serving)?;
    Ok(Trained { snapshot, gate: findings.gate, kept_from: None })
}

/// Learns what the features of the served model are computed from.
fn learn_features(
    snapshot: &mut Snapshot,
    sample: Option<TrainingSample>,
    options: &TrainOptions,
) -> Result<(), TrainError> {
    match sample {
        Some(sample) => learn::learn_from_sample(snapshot, sample.snapshot, options),
        None => learn::learn(snapshot, options),
    }
}

/// Searches settings, fits and judges the rankers on `assembled`, and returns what serves.
fn choose_model(
    assembled: &Snapshot,
    previous: Option<&Snapshot>,
    snapshot_before: &dyn Fn(&Snapshot, i64) -> Snapshot,
    mut options: TrainOptions,
    keep_searching: &mut dyn FnMut(&Trial) -> bool,
    on_progress: &dyn Fn(&str),
    findings: &mut Findings,
) -> Result<ServedModel, TrainError> {
    findings.windows = Windows::of(assembled);
    if options.search_seconds > 0 {
        on_progress("searching settings");
        if let Some((found, search)) = search::search(assembled, snapshot_before, &options, previous, keep_searching)? {
            options = found;
            findings.search = Some(search);
        }
    }
    let options = &options;
    let mut served = ServedModel::popular(options);
    if let Some(windows) = findings.windows {
        on_progress("replaying the fitting window");
        let window = [windows.fit_from, windows.test_from];
        let examples =
            gather(&mut Replay::new(assembled, snapshot_before, options, window), WindowExamples::default())?;
        on_progress("fitting the rankers");
        let fitted = rankers::fit(&examples, options)?;
        let earlier = examples.into_pushes();
        on_progress("replaying the test window");
        let window = [windows.test_from, windows.until];
        let mut replay = Replay::new(assembled, snapshot_before, options, window).keeping_days();
        let later = WindowExamples::of_offered_items(assembled, windows.until).with_pushes(earlier);
        let later = gather(&mut replay, later)?;
        on_progress("calibrating and judging");
        let gate = ModelGate { assembled, previous, snapshot_before, windows, options };
        served = gate.decide(replay, &later, &fitted, findings)?;
    }
    findings.audiences = backtest::card_summary(assembled, snapshot_before, options, &|text| {
        on_progress(&format!("audiences of past dates: {text}"))
    })?;
    Ok(served)
}

/// Adds the examples of all days of a window. Events at or after its end are not used.
fn gather(replay: &mut Replay<'_>, mut examples: WindowExamples) -> Result<WindowExamples, TrainError> {
    let day_starts = replay.day_starts().to_vec();
    let limit = MAX_EXAMPLES / day_starts.len().max(1);
    for (index, &at) in day_starts.iter().enumerate() {
        let next = day_starts.get(index + 1).copied().unwrap_or(replay.until());
        let engine = replay.engine_at(at)?;
        examples.add(&engine, replay.assembled(), [at, next, replay.until()], limit, replay.seed());
    }
    Ok(examples)
}
