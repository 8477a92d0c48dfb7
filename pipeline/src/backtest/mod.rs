//! Backtest of audiences: lists that would have been made at past dates, compared with simple rules by later responses.
//!
//! At each date the model is trained on the data before it, as `run --as-of` does. The engine makes an audience for
//! every item with responses that was on offer at the date or opened within a day after it. Each simple rule orders the
//! same candidates and gives a list of the same length.
//!
//! The interval of the expected responses is judged on items that are chosen without their outcome: on lists for items
//! that were first offered in the week before, and on pushes that were sent on the day after the date.
//!
//! Data without history stay as they are today: ages, unions, following and consent.

mod card_summary;
mod dates;
mod interval;
mod items;
mod lists;
mod member_pool;
mod push_slices;
mod pushes;
mod report;
mod rules;
mod size;
mod slices;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zhihui_data::snapshot::{ItemGroup, Snapshot};
use zhihui_engine::Engine;
use zhihui_engine::audience::{AudienceError, PushCaps};

use crate::train::{self, DAY, TrainError, TrainOptions};
pub(crate) use card_summary::card_summary;
pub use dates::Dates;
pub use member_pool::MemberPool;
pub use report::{
    AudienceBacktest, AudienceSlice, DateReport, ListReport, PushReport, PushSlice, RuleReport, SizeReport,
};
pub use size::{ListSize, SizeError};

/// Days within which a read counts as a response.
const DAYS_TO_READ: i64 = 3;

/// Options of a backtest.
#[derive(Debug, Clone, PartialEq)]
pub struct BacktestOptions {
    /// Dates at which lists are made.
    pub dates: Dates,
    /// Sizes of the lists.
    pub sizes: Vec<ListSize>,
    /// Days within which a sign-up counts as a response. For a read at most 3.
    pub days: u32,
    /// Maximum number of items of each group at each date: those with most responses, and as many new ones.
    pub items: usize,
    /// Members who may be on a list; `None` for [`MemberPool::default_for`].
    pub among: Option<MemberPool>,
    /// Push caps.
    pub caps: PushCaps,
    /// Whether every list is reported.
    pub all_lists: bool,
    /// Settings of training. No settings are searched.
    pub train: TrainOptions,
    /// Origin of these settings.
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
            all_lists: false,
            train: TrainOptions::default(),
            settings: Settings::Configured,
            seed: 7,
        }
    }
}

/// Origin of the settings of training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settings {
    /// `zhihui.toml`.
    Configured,
    /// The card of the current model. Its search used data up to the test window of that model.
    Card,
}

/// Reasons why a backtest failed.
#[derive(Debug, Error)]
pub enum BacktestError {
    /// No date has both a history before it and a horizon after it.
    #[error("too little history for a list at a past date: ingest more data, or choose fewer --days")]
    NoDate,
    /// The model of a date could not be trained.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// An audience could not be computed.
    #[error(transparent)]
    Audience(#[from] AudienceError),
}

/// Judges the audiences of past dates on `assembled`, a snapshot without a model.
///
/// `snapshot_before` returns the snapshot as it was known at an earlier instant. `on_progress` is called with the name
/// of each phase.
///
/// # Errors
/// [`BacktestError`].
pub fn audiences(
    assembled: &Snapshot,
    snapshot_before: &dyn Fn(&Snapshot, i64) -> Snapshot,
    options: &BacktestOptions,
    on_progress: &dyn Fn(&str),
) -> Result<AudienceBacktest, BacktestError> {
    let horizon = Horizon { days: i64::from(options.days.max(1)) };
    let dates = options.dates.choose(assembled, horizon);
    if dates.is_empty() {
        return Err(BacktestError::NoDate);
    }
    let pool = options.among.unwrap_or_else(|| MemberPool::default_for(assembled));
    let train_options = TrainOptions { search_seconds: 0, backtest_dates: 0, ..options.train.clone() };
    let (mut reports, mut measured, mut sent) = (Vec::new(), Vec::new(), Vec::new());
    for (at, &date) in dates.iter().enumerate() {
        let progress = format!("date {} of {}", at + 1, dates.len());
        on_progress(&format!("{progress}: training on earlier data"));
        let before_date = snapshot_before(assembled, date);
        let trained = train::train(before_date, None, snapshot_before, &train_options, &mut |_| false, &|_| {})?;
        let accepted = trained.gate.as_ref().map(|gate| gate.accepted);
        let model = trained.snapshot.model.name.clone();
        let engine = Engine::new(pool.apply(trained.snapshot));
        let (items, left_out) = items::choose(&engine, assembled, date, horizon, options.items);
        on_progress(&format!("{progress}: lists for {} items", items.len()));
        let lists = lists::measure(&engine, &items, options)?;
        reports.push(DateReport {
            at: report::instant(date),
            model,
            accepted,
            lists: lists.len(),
            items_left_out: left_out,
        });
        sent.extend(pushes::sent(&engine, assembled, date, horizon)?);
        measured.extend(lists.into_iter().map(|list| lists::List { date: at, ..list }));
    }
    let ids = &assembled.items.id;
    Ok(AudienceBacktest {
        among: pool,
        members: assembled.members.id.len(),
        days: horizon.days(ItemGroup::Activities),
        days_to_read: horizon.days(ItemGroup::Articles),
        settings: options.settings,
        sizes: options.sizes.iter().map(ToString::to_string).collect(),
        resampled: interval::clusters_of(dates.len()),
        pushes: push_slices::slices(&sent, ids),
        parts: slices::slices(&measured, &options.sizes, dates.len(), options.seed),
        lists: options.all_lists.then(|| report::list_reports(&measured, &options.sizes, &reports, ids)),
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
