//! A backtest in short form for the card of every trained model.

use zhihui_data::snapshot::Snapshot;

use super::{AudienceBacktest, BacktestError, BacktestOptions, Dates, ListSize, Settings, audiences};
use crate::train::{TrainError, TrainOptions, sample_active_members};

/// Size of the lists.
const SIZE: ListSize = ListSize::Share(0.05);
/// Maximum number of items of each group at each date.
const MAX_ITEMS: usize = 15;
/// Maximum number of members. Of more, a sample of those with a history is used, because a model is trained at every
/// date.
const MAX_MEMBERS: usize = 20_000;

/// Judges lists of one size at `options.backtest_dates` past dates with the settings of this training. Returns `None`
/// if that is 0 or the history is too short. Uses default push caps, not those of `zhihui.toml`.
///
/// # Errors
/// [`TrainError`] as training itself.
pub(crate) fn card_summary(
    assembled: &Snapshot,
    snapshot_before: &dyn Fn(&Snapshot, i64) -> Snapshot,
    options: &TrainOptions,
    on_progress: &dyn Fn(&str),
) -> Result<Option<AudienceBacktest>, TrainError> {
    if options.backtest_dates == 0 {
        return Ok(None);
    }
    let sampled = assembled.members.id.len() > MAX_MEMBERS;
    let sample = sampled.then(|| sample_active_members(assembled, MAX_MEMBERS, options.seed));
    let backtest = BacktestOptions {
        dates: Dates::Last(options.backtest_dates),
        sizes: vec![SIZE],
        items: MAX_ITEMS,
        train: options.clone(),
        settings: Settings::Card,
        seed: options.seed,
        ..BacktestOptions::default()
    };
    match audiences(sample.as_ref().unwrap_or(assembled), snapshot_before, &backtest, on_progress) {
        Ok(report) => Ok(Some(report)),
        Err(BacktestError::NoDate) => Ok(None),
        Err(BacktestError::Train(error)) => Err(error),
        Err(BacktestError::Audience(error)) => Err(TrainError::Audience(error)),
    }
}
