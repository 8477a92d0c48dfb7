//! Training: what is known of members and items becomes the model of a snapshot.
//!
//! Everything is learnt three times: before the fitting window, before the test window, and on all that is known. The
//! ranker is fitted on what became of the first window's exposures, calibrated and judged on the second's, and then serves
//! with the signals of the last. No step sees what lies after its own cut. The settings themselves are found by trying them on
//! windows before the test window.

mod audience_gate;
mod card;
mod comparison;
mod contender;
mod contest;
mod entrant;
mod exposures;
mod factors;
mod floor_cost;
mod gate;
mod incumbent;
mod labels;
mod learn;
mod limits;
mod list_gate;
mod mornings;
mod neighbours;
mod off_policy;
mod population;
mod rankers;
mod replay;
mod rules;
mod scores;
mod search;
mod segments;
mod served;
mod takes;
mod verdict;
mod weights;
mod why;
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
use contest::Contest;
pub use gate::Gate;
use mornings::Mornings;
pub use neighbours::NeighbourModel;
use rankers::Gathered;
use replay::Replay;
pub use search::Search;
pub(crate) use search::of_members;
use served::Served;
pub use verdict::{Judgement, RuleResult, SideVerdict};
pub use why::sentence;
pub use windows::Windows;
pub(crate) use windows::{DAY, bulk};

/// Examples of a window at most, of each group of items; more add nothing but time.
const MOST_EXAMPLES: usize = 200_000;

/// What can be chosen about training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainOptions {
    /// Seed of everything random.
    pub seed: u64,
    /// The factor model.
    pub ials: IalsParams,
    /// Entries for which the prediction from attributes counts in the vector of an item that has some; 0: it counts only where
    /// there is none.
    pub item_prior: f32,
    /// Weight of history for which the mean of the age band counts in a member's vector; 0: it counts nothing.
    pub member_prior: f32,
    /// How likeness of items is measured.
    pub neighbour_model: NeighbourModel,
    /// Neighbours kept for an item.
    pub neighbours: usize,
    /// Days after which a read counts half in a preference.
    pub preference_half_life_days: f32,
    /// Days after which an interaction counts half in popularity, for articles and for everything else.
    pub popularity_half_life_days: [f32; 2],
    /// Seconds in which other settings than these are tried, 0: none are. They bound the search between trials.
    pub search_seconds: u64,
    /// Past dates at which audiences are made and judged for the card, 0: none. Each takes as long as a training.
    pub backtest_dates: usize,
    /// Trials after which the search ends: with time enough the same settings are found on every machine.
    pub search_trials: usize,
    /// Weights against exposure bias, for what was really shown.
    pub propensity: PropensityParams,
    /// Topics that members had deleted: what they did with them until then is no evidence.
    #[serde(skip)]
    pub deleted_topics: Vec<DeletedTopic>,
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
            backtest_dates: 1,
            search_trials: 60,
            propensity: PropensityParams::default(),
            deleted_topics: Vec::new(),
        }
    }
}

/// Why nothing was learnt.
#[derive(Debug, Error)]
pub enum TrainError {
    /// A model refused its input.
    #[error("training: {0}")]
    Model(#[from] ModelError),
    /// The model card could not be written.
    #[error("model card: {0}")]
    Card(#[from] serde_json::Error),
    /// The audience of a past date could not be made.
    #[error("audiences of past dates: {0}")]
    Audience(AudienceError),
    /// Counts do not fit the snapshot's numbers.
    #[error("training: {0} is more than a snapshot can number")]
    TooMany(&'static str),
}

/// A snapshot with its model, and how the model was judged.
#[derive(Debug, Clone)]
pub struct Trained {
    /// Ready to be published.
    pub snapshot: Snapshot,
    /// The judgement; `None` where there was no history to judge on.
    pub gate: Option<Gate>,
}

/// Learns the model of `assembled`, which must be complete but for its model.
///
/// `restrict` gives the snapshot as it was known at an earlier instant; `previous` is the snapshot that serves now: its
/// personal model is judged on the same days as the new one and stays where it alone passes the gate, with all its settings. `keep_searching` hears of every setting that is tried and
/// says whether there is time for another; `say` hears what is being done.
///
/// # Errors
/// [`TrainError`]; where there is too little data for a personal model, popularity serves and that is no error.
pub fn train(
    assembled: Snapshot,
    previous: Option<&Snapshot>,
    restrict: &dyn Fn(&Snapshot, i64) -> Snapshot,
    options: &TrainOptions,
    keep_searching: &mut dyn FnMut(&Trial) -> bool,
    say: &dyn Fn(&str),
) -> Result<Trained, TrainError> {
    let windows = Windows::of(&assembled);
    let mut findings = Findings { windows, ..Findings::default() };
    let mut options = options.clone();
    if options.search_seconds > 0 {
        say("trying settings");
        if let Some((found, search)) = search::search(&assembled, restrict, &options, previous, keep_searching)? {
            options = found;
            findings.search = Some(search);
        }
    }
    let options = &options;
    let mut served = Served::popular(options);
    if let Some(windows) = windows {
        say("replaying the fitting window");
        let gathered =
            gather(&assembled, restrict, options, [windows.fit_from, windows.test_from], Gathered::default())?;
        say("fitting the rankers");
        let fitted = rankers::fit(&gathered, options)?;
        drop(gathered);
        say("replaying the test window");
        let later = Gathered::of_items_asked_for(&assembled, windows.until);
        let later = gather(&assembled, restrict, options, [windows.test_from, windows.until], later)?;
        say("calibrating and judging");
        let mut middle = restrict(&assembled, windows.test_from);
        learn::learn(&mut middle, options)?;
        let contest = Contest { known: &assembled, previous, restrict, windows, options };
        served = contest.hold(middle, &later, &fitted, &mut findings)?;
    }
    findings.audiences =
        backtest::short(&assembled, restrict, options, &|text| say(&format!("audiences of past dates: {text}")))?;
    say("learning on all that is known");
    let mut snapshot = assembled;
    // The rankers weigh features as their settings make them.
    learn::learn(&mut snapshot, &served.options)?;
    segments::find(&mut snapshot, previous, options.seed)?;
    let serving = served.options.clone();
    served.put_into(&mut snapshot)?;
    snapshot.model.card = card::write(&snapshot, &findings, &serving)?;
    Ok(Trained { snapshot, gate: findings.gate })
}

/// Adds the examples of a window, its mornings replayed. Nothing at or after its end is looked at.
fn gather(
    assembled: &Snapshot,
    restrict: &dyn Fn(&Snapshot, i64) -> Snapshot,
    options: &TrainOptions,
    [from, until]: [i64; 2],
    mut gathered: Gathered,
) -> Result<Gathered, TrainError> {
    let mut replay = Replay::new(assembled, restrict, options, [from, until]);
    let mornings = replay.mornings().to_vec();
    let most = MOST_EXAMPLES / mornings.len().max(1);
    for (place, &at) in mornings.iter().enumerate() {
        let next = mornings.get(place + 1).copied().unwrap_or(until);
        gathered.add(&replay.engine_at(at)?, assembled, [at, next, until], most, options);
    }
    Ok(gathered)
}
