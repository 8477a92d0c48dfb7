//! The short form of a backtest, for the card of every trained model.

use zhihui_data::snapshot::Snapshot;

use super::{AudienceBacktest, BacktestError, BacktestOptions, Dates, ListSize, Settings, audiences};
use crate::train::{TrainError, TrainOptions, of_members};

/// Length of the lists.
const SIZE: ListSize = ListSize::Share(0.05);
/// Items of each group at each date.
const MOST_ITEMS: usize = 15;
/// Members beyond whom the lists are made from a part of those with a history: training at every date takes its time.
const MOST_MEMBERS: usize = 20_000;

/// Lists of one length at `options.backtest_dates` past dates, with the settings of this training; `None` where that is 0 or the
/// history is too short. Seats, eligibility and the usual caps count; the caps of `zhihui.toml` do not.
///
/// # Errors
/// [`TrainError`] as training itself.
pub(crate) fn short(
    assembled: &Snapshot,
    restrict: &dyn Fn(&Snapshot, i64) -> Snapshot,
    options: &TrainOptions,
    say: &dyn Fn(&str),
) -> Result<Option<AudienceBacktest>, TrainError> {
    if options.backtest_dates == 0 {
        return Ok(None);
    }
    let sampled = assembled.members.id.len() > MOST_MEMBERS;
    let part = sampled.then(|| of_members(assembled, MOST_MEMBERS, options.seed));
    let backtest = BacktestOptions {
        dates: Dates::Last(options.backtest_dates),
        sizes: vec![SIZE],
        items: MOST_ITEMS,
        train: options.clone(),
        settings: Settings::Card,
        seed: options.seed,
        ..BacktestOptions::default()
    };
    match audiences(part.as_ref().unwrap_or(assembled), restrict, &backtest, say) {
        Ok(report) => Ok(Some(report)),
        Err(BacktestError::NoDate) => Ok(None),
        Err(BacktestError::Train(error)) => Err(error),
        Err(BacktestError::Audience(error)) => Err(TrainError::Audience(error)),
    }
}
