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
mod gate;
mod incumbent;
mod labels;
mod learn;
mod limits;
mod list_gate;
mod mornings;
mod neighbours;
mod rankers;
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
use zhihui_engine::Engine;
use zhihui_engine::overlay::DeletedTopic;
use zhihui_models::ModelError;
use zhihui_models::ranking::propensity::PropensityParams;
use zhihui_models::recommenders::ials::IalsParams;

use card::Findings;
use contest::Contest;
use exposures::MOST_EXAMPLES;
pub use gate::Gate;
pub use neighbours::NeighbourModel;
pub use search::{Search, Trial};
use served::Served;
pub use verdict::{Judgement, RuleResult, SideVerdict};
pub use why::sentence;
pub use windows::Windows;
pub(crate) use windows::{DAY, bulk};

/// What can be chosen about training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainOptions {
    /// Seed of everything random.
    pub seed: u64,
    /// The factor model.
    pub ials: IalsParams,
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
            neighbour_model: NeighbourModel::default(),
            neighbours: 50,
            preference_half_life_days: 30.0,
            popularity_half_life_days: [3.0, 14.0],
            search_seconds: 30,
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
        if let Some((found, search)) = search::search(&assembled, restrict, &options, keep_searching)? {
            options = found;
            findings.search = Some(search);
        }
    }
    let options = &options;
    let mut served = Served::popular(options);
    if let Some(windows) = windows {
        say("learning as of the first cut");
        let mut before = restrict(&assembled, windows.fit_from);
        learn::learn(&mut before, options)?;
        let fitting = Engine::new(before);
        say("fitting the rankers");
        let fitted = rankers::fit(&fitting, &assembled, windows, options, MOST_EXAMPLES)?;
        drop(fitting);
        say("learning as of the second cut");
        let mut middle = restrict(&assembled, windows.test_from);
        learn::learn(&mut middle, options)?;
        let testing = Engine::new(middle);
        say("calibrating and judging");
        let contest = Contest { known: &assembled, previous, restrict, windows, options };
        served = contest.hold(testing, &fitted, &mut findings)?;
    }
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
