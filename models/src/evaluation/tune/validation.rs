//! Which part of the training data tells good parameters from bad ones.

use crate::catalogue::TrainingData;
use crate::evaluation::neighbouring::neighbour_lift;
use crate::evaluation::{Split, hold_out, hold_out_latest, hold_out_runs};
use crate::{ModelError, UserItems};

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
    /// The latest spans of time, each foretold from what came before it: for a test set that is made so. Needs data that
    /// look ahead; spans without anything new for a member with a history are left out, and where all are, the cut is
    /// [`Future`](Self::Future).
    Spans {
        /// Length of a span.
        seconds: i64,
        /// Number of spans at most: fewer where the latest ones ask about enough members.
        most: usize,
    },
}

/// The parts of a cut, the latest last, each as [`validation_part`] gives one; more than one only of spans, as many as it
/// takes to ask about `enough` members.
///
/// # Errors
/// As [`validation_part`].
pub(super) fn validation_parts(
    data: &TrainingData,
    cut: ValidationCut,
    (share, enough): (f64, usize),
    seed: u64,
) -> Result<Vec<(TrainingData, Split)>, ModelError> {
    let ValidationCut::Spans { seconds, most } = cut else {
        return Ok(vec![validation_part(data, cut, share, seed)?]);
    };
    let (mut parts, mut members) = (Vec::new(), 0);
    for back in 1..=i64::try_from(most).unwrap_or(i64::MAX) {
        if members >= enough {
            break;
        }
        if let Some((known, later)) = data.cut_ago(back.saturating_mul(seconds), seconds)?
            && let Some(part) = of_known_members(known, &later)
        {
            members += part.1.test.rows().filter(|row| !row.is_empty()).count();
            parts.push(part);
        }
    }
    parts.reverse();
    if parts.is_empty() { Ok(vec![validation_part(data, ValidationCut::Future, share, seed)?]) } else { Ok(parts) }
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
        (ValidationCut::Future | ValidationCut::Spans { .. }, _) => {
            return future(data, share)?.ok_or_else(|| needs("what came last"));
        }
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
    Ok(of_known_members(known, &later))
}

/// `None` where nothing is left of `later`.
fn of_known_members(known: TrainingData, later: &UserItems) -> Option<(TrainingData, Split)> {
    // Members without a history are served by popularity, whatever is chosen here.
    let test = later.filter(|user, _| !known.interactions.row(user).is_empty());
    let split = Split { train: known.interactions.clone(), test };
    (split.test.n_entries() > 0).then_some((known, split))
}
