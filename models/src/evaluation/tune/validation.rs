//! Which part of the training data tells good parameters from bad ones.

use crate::ModelError;
use crate::catalogue::TrainingData;
use crate::evaluation::neighbouring::neighbour_lift;
use crate::evaluation::{Split, hold_out, hold_out_latest, hold_out_runs};

/// Lift of neighbouring columns from which on their order is taken for an order of appearance: check-ins have 25, films
/// by popularity and news by number 1 to 3.
const TELLING_LIFT: f64 = 5.0;

/// Which entries of the training data are held out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ValidationCut {
    /// The future where the data look ahead, each member's latest where they tell times; else runs where neighbouring
    /// columns come together far oftener than by chance, and at random where they do not: for a test set of which nothing
    /// is known.
    #[default]
    ByData,
    /// Some of each member's entries, at random: for a test set that is known to be drawn so.
    Random,
    /// A run of neighbouring columns of each member: see [`hold_out_runs`].
    Runs,
    /// Each member's latest entries: for a test set made so. Needs sequences.
    Latest,
    /// Everything after one instant: for a test set that lies in the future. Needs data that look ahead.
    Future,
}

/// The data without the held-out `share`, and both parts as matrices.
///
/// # Errors
/// [`ModelError::NotEnoughData`] where the cut needs times that are not there; as [`TrainingData::cut_latest`].
pub(crate) fn validation_part(
    data: &TrainingData,
    cut: ValidationCut,
    share: f64,
    seed: u64,
) -> Result<(TrainingData, Split), ModelError> {
    let needs = |what: &str| {
        ModelError::NotEnoughData(format!("a validation part of {what} needs the time of each interaction"))
    };
    let all = &data.interactions;
    let split = match (cut, &data.sequences) {
        (ValidationCut::Future, _) => return future(data, share)?.ok_or_else(|| needs("what came last")),
        (ValidationCut::ByData, Some(sequences)) => {
            if let Some(cut) = future(data, share)? {
                return Ok(cut);
            }
            hold_out_latest(all, sequences, share, seed)
        }
        (ValidationCut::Latest, Some(sequences)) => hold_out_latest(all, sequences, share, seed),
        (ValidationCut::Latest, None) => return Err(needs("latest entries")),
        (ValidationCut::ByData, None) if neighbour_lift(all) < TELLING_LIFT => hold_out(all, share, seed),
        (ValidationCut::Runs, _) | (ValidationCut::ByData, None) => hold_out_runs(all, share, seed),
        (ValidationCut::Random, _) => hold_out(all, share, seed),
    };
    Ok((data.restricted_to(split.train.clone()), split))
}

/// `None` where the data do not look ahead, or nobody with a history touched anything new in the latest `share`.
fn future(data: &TrainingData, share: f64) -> Result<Option<(TrainingData, Split)>, ModelError> {
    let Some((known, later)) = data.cut_latest(share)? else { return Ok(None) };
    // Members without a history are served by popularity, whatever is chosen here.
    let test = later.filter(|user, _| !known.interactions.row(user).is_empty());
    let split = Split { train: known.interactions.clone(), test };
    Ok((split.test.n_entries() > 0).then_some((known, split)))
}
