//! Audiences at past dates: the lists that would have been made then, beside simple rules, against who came.
//!
//! At each date the model is trained on what was known before it, as `run --as-of` does. For every item that was on offer at the
//! date, or opened within a day after it, and that members responded to, the audience is made by the engine. Each simple rule
//! orders the same candidates and gives a list of the same length.
//!
//! What a past snapshot cannot know stays as it is today: ages, unions, who follows the account and who allows personal lists.

mod among;
mod dates;
mod interval;
mod items;
mod lists;
mod parts;
mod report;
mod rules;
mod short;
mod size;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zhihui_data::snapshot::{ItemGroup, Snapshot};
use zhihui_engine::Engine;
use zhihui_engine::audience::{AudienceError, PushCaps};

use crate::train::{self, DAY, TrainError, TrainOptions};
pub use among::Among;
pub use dates::Dates;
pub use report::{AudienceBacktest, DateReport, ListReport, PartReport, RuleReport, SizeReport};
pub(crate) use short::short;
pub use size::{ListSize, SizeError};

/// Days within which a read counts as a response.
const DAYS_TO_READ: i64 = 3;

/// What can be chosen about a backtest.
#[derive(Debug, Clone, PartialEq)]
pub struct BacktestOptions {
    /// When lists are made.
    pub dates: Dates,
    /// How long they are.
    pub sizes: Vec<ListSize>,
    /// Days within which a sign-up counts as a response; for a read it is at most 3.
    pub days: u32,
    /// Items of each group at each date at most: those with most responses.
    pub items: usize,
    /// Who may be on a list; `None` chooses [`Among::Reachable`] where the data know anybody who can be reached.
    pub among: Option<Among>,
    /// How often a member may be pushed.
    pub caps: PushCaps,
    /// Whether every single list is reported.
    pub each: bool,
    /// How the models of the dates are trained; no settings are searched.
    pub train: TrainOptions,
    /// Whether these settings come from the current model's card.
    pub settings: Settings,
    /// Seed of the intervals.
    pub seed: u64,
}

impl Default for BacktestOptions {
    fn default() -> Self {
        Self {
            dates: Dates::Last(4),
            sizes: vec![ListSize::Share(0.01), ListSize::Share(0.05), ListSize::Share(0.1)],
            days: 7,
            items: 200,
            among: None,
            caps: PushCaps::default(),
            each: false,
            train: TrainOptions::default(),
            settings: Settings::Configured,
            seed: 7,
        }
    }
}

/// Where the settings of a training come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settings {
    /// `zhihui.toml`.
    Configured,
    /// The card of the current model, whose search saw the history up to that model's test window.
    Card,
}

/// Why no lists were compared.
#[derive(Debug, Error)]
pub enum BacktestError {
    /// No date has a history before it and a horizon after it.
    #[error("there is too little history for a list at a past date: ingest more, or choose fewer --days")]
    NoDate,
    /// The model of a date could not be trained.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// An audience could not be made.
    #[error(transparent)]
    Audience(#[from] AudienceError),
}

/// Judges the audiences of past dates on `assembled`, which must be complete but for its model.
///
/// `restrict` gives the snapshot as it was known at an earlier instant; `say` hears what is being done.
///
/// # Errors
/// [`BacktestError`].
pub fn audiences(
    assembled: &Snapshot,
    restrict: &dyn Fn(&Snapshot, i64) -> Snapshot,
    options: &BacktestOptions,
    say: &dyn Fn(&str),
) -> Result<AudienceBacktest, BacktestError> {
    let horizon = Horizon { days: i64::from(options.days.max(1)) };
    let dates = options.dates.choose(assembled, horizon);
    if dates.is_empty() {
        return Err(BacktestError::NoDate);
    }
    let among = options.among.unwrap_or_else(|| Among::fitting(assembled));
    let train_options = TrainOptions { search_seconds: 0, backtest_dates: 0, ..options.train.clone() };
    let (mut reports, mut measured) = (Vec::new(), Vec::new());
    for (at, &date) in dates.iter().enumerate() {
        let place = format!("date {} of {}", at + 1, dates.len());
        say(&format!("{place}: training on what was known"));
        let known = restrict(assembled, date);
        let trained = train::train(known, None, restrict, &train_options, &mut |_| false, &|_| {})?;
        let accepted = trained.gate.as_ref().map(|gate| gate.accepted);
        let model = trained.snapshot.model.name.clone();
        let engine = Engine::new(among.relax(trained.snapshot));
        let (items, left_out) = items::with_responses(&engine, assembled, date, horizon, options.items);
        say(&format!("{place}: lists for {} items", items.len()));
        let lists = lists::measure(&engine, &items, options)?;
        reports.push(DateReport {
            at: report::instant(date),
            model,
            accepted,
            lists: lists.len(),
            items_left_out: left_out,
        });
        measured.extend(lists.into_iter().map(|list| lists::List { date: at, ..list }));
    }
    let ids = &assembled.items.id;
    Ok(AudienceBacktest {
        among,
        members: assembled.members.id.len(),
        days: horizon.days(ItemGroup::Activities),
        days_to_read: horizon.days(ItemGroup::Articles),
        settings: options.settings,
        sizes: options.sizes.iter().map(ToString::to_string).collect(),
        resampled: interval::clusters_of(dates.len()),
        parts: parts::parts(&measured, &options.sizes, dates.len(), options.seed),
        lists: options.each.then(|| report::each(&measured, &options.sizes, &reports, ids)),
        dates: reports,
    })
}

/// The time in which a response counts.
#[derive(Debug, Clone, Copy)]
struct Horizon {
    /// For a sign-up.
    days: i64,
}

impl Horizon {
    fn days(self, group: ItemGroup) -> i64 {
        match group {
            ItemGroup::Articles => self.days.min(DAYS_TO_READ),
            ItemGroup::Activities => self.days,
        }
    }

    fn seconds(self, group: ItemGroup) -> i64 {
        self.days(group) * DAY
    }
}
