//! Cuts validation data from the training data.

use super::column_order::adjacent_column_lift;
use super::split::{Split, hold_out, hold_out_latest, hold_out_runs};
use crate::training_data::TrainingData;
use crate::{ModelError, UserItems};

/// Lift of neighbouring columns from which on their order counts as order of appearance. Check-ins have 25; films
/// sorted by popularity and news sorted by number have 1 to 3.
const ORDERED_LIFT: f64 = 5.0;

/// How the held-out entries of the training data are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ValidationCut {
    /// Chooses by the data, for an unknown test set: [`Future`](Self::Future) if the data are used to predict the
    /// future, [`Latest`](Self::Latest) if they have times, [`Runs`](Self::Runs) if neighbouring columns occur together
    /// far more often than by chance, else [`Random`](Self::Random).
    #[default]
    ByData,
    /// A random choice of each member's entries, for a test set drawn the same way.
    Random,
    /// A run of neighbouring columns of each member: see [`hold_out_runs`].
    Runs,
    /// Each member's latest entries, for a test set made the same way. Needs sequences.
    Latest,
    /// All entries after a point in time, for a test set in the future. Needs data that predict the future.
    Future,
    /// The latest time spans, each predicted from the events before it, for a test set made the same way. Needs data
    /// that predict the future. Spans without new items for members with a history are left out; if none is left, the
    /// cut is [`Future`](Self::Future).
    Spans {
        /// Length of a span.
        seconds: i64,
        /// Largest number of spans. Fewer are used if the latest ones have enough members.
        max_spans: usize,
    },
}

impl ValidationCut {
    /// Name of the cut on these data: `random`, `runs`, `latest`, `future` or `spans`.
    #[must_use]
    pub fn name_on(self, data: &TrainingData) -> &'static str {
        match self {
            Self::ByData if data.predicts_future() => "future",
            Self::ByData if data.sequences.is_some() => "latest",
            Self::ByData if adjacent_column_lift(&data.interactions) < ORDERED_LIFT => "random",
            Self::ByData | Self::Runs => "runs",
            Self::Random => "random",
            Self::Latest => "latest",
            Self::Future => "future",
            Self::Spans { .. } => "spans",
        }
    }
}

/// The parts of a cut, the latest last, each as returned by [`validation_part`]. Only spans give more than one part, as
/// many as are needed for `enough` members.
///
/// # Errors
/// As [`validation_part`].
pub(crate) fn validation_parts(
    data: &TrainingData,
    cut: ValidationCut,
    (share, enough): (f64, usize),
    seed: u64,
) -> Result<Vec<(TrainingData, Split)>, ModelError> {
    let ValidationCut::Spans { seconds, max_spans } = cut else {
        return Ok(vec![validation_part(data, cut, share, seed)?]);
    };
    let (mut parts, mut members) = (Vec::new(), 0);
    for back in 1..=i64::try_from(max_spans).unwrap_or(i64::MAX) {
        if members >= enough {
            break;
        }
        if let Some((known, later)) = data.cut_window(back.saturating_mul(seconds), seconds)?
            && let Some(part) = for_known_members(known, &later)
        {
            members += part.1.test.rows().filter(|row| !row.is_empty()).count();
            parts.push(part);
        }
    }
    parts.reverse();
    if parts.is_empty() { Ok(vec![validation_part(data, ValidationCut::Future, share, seed)?]) } else { Ok(parts) }
}

/// The parts of a cut that is independent of the cut by `seed`: the future before the first part of that cut for cuts
/// by time, a different seed for random ones. Every second cut leaves more training data than a trial has, as the last
/// fit does: it holds out half the share, or a span that ends half a span later. Empty if the data allow none.
///
/// # Errors
/// As [`UserItems::from_triplets`].
pub(crate) fn fresh_parts(
    data: &TrainingData,
    cut: ValidationCut,
    (share, enough): (f64, usize),
    (seed, n): (u64, usize),
) -> Result<Vec<(TrainingData, Split)>, ModelError> {
    let more = n % 2 == 1;
    let own_seed = seed.wrapping_add(1 + n as u64);
    if !is_random(data, cut) {
        if n > 1 {
            return Ok(Vec::new());
        }
        if !more {
            let first = empty_if_too_little(validation_parts(data, cut, (share, enough), seed))?.into_iter().next();
            let Some((earlier, _)) = first else { return Ok(Vec::new()) };
            return empty_if_too_little(validation_parts(&earlier, cut, (share, enough), own_seed));
        }
        if let ValidationCut::Spans { seconds, .. } = cut {
            let shifted = data.cut_window(seconds / 2, i64::MAX / 2)?;
            let Some((shifted, _)) = shifted else { return Ok(Vec::new()) };
            return empty_if_too_little(validation_parts(&shifted, cut, (share, enough), own_seed));
        }
    }
    let share = if more { share / 2.0 } else { share };
    empty_if_too_little(validation_parts(data, cut, (share, enough), own_seed))
}

/// Whether entries are held out at random rather than by time.
fn is_random(data: &TrainingData, cut: ValidationCut) -> bool {
    match cut {
        ValidationCut::Random | ValidationCut::Runs => true,
        ValidationCut::ByData => data.sequences.is_none(),
        ValidationCut::Latest | ValidationCut::Future | ValidationCut::Spans { .. } => false,
    }
}

/// Turns a lack of data into an empty list.
fn empty_if_too_little<T>(parts: Result<Vec<T>, ModelError>) -> Result<Vec<T>, ModelError> {
    match parts {
        Err(ModelError::NotEnoughData(_)) => Ok(Vec::new()),
        other => other,
    }
}

/// The training data without the held-out `share`, and both parts as matrices.
///
/// # Errors
/// [`ModelError::NotEnoughData`] if the cut needs times that are missing; as [`TrainingData::cut_latest`].
pub(crate) fn validation_part(
    data: &TrainingData,
    cut: ValidationCut,
    share: f64,
    seed: u64,
) -> Result<(TrainingData, Split), ModelError> {
    let needs =
        |what: &str| ModelError::NotEnoughData(format!("{what} as validation data need the time of each interaction"));
    let all = &data.interactions;
    let split = match (cut, &data.sequences) {
        (ValidationCut::Future | ValidationCut::Spans { .. }, _) => {
            return future(data, share)?.ok_or_else(|| needs("the latest events"));
        }
        (ValidationCut::ByData, Some(sequences)) => {
            if let Some(cut) = future(data, share)? {
                return Ok(cut);
            }
            hold_out_latest(all, sequences, share, seed)
        }
        (ValidationCut::Latest, Some(sequences)) => hold_out_latest(all, sequences, share, seed),
        (ValidationCut::Latest, None) => return Err(needs("the latest entries")),
        (ValidationCut::ByData, None) if adjacent_column_lift(all) < ORDERED_LIFT => hold_out(all, share, seed),
        (ValidationCut::Runs, _) | (ValidationCut::ByData, None) => hold_out_runs(all, share, seed),
        (ValidationCut::Random, _) => hold_out(all, share, seed),
    };
    Ok((data.restricted_to(split.train.clone()), split))
}

/// `None` if the data are not used to predict the future, or no member with a history has a new item in the latest
/// `share`.
fn future(data: &TrainingData, share: f64) -> Result<Option<(TrainingData, Split)>, ModelError> {
    let Some((known, later)) = data.cut_latest(share)? else { return Ok(None) };
    Ok(for_known_members(known, &later))
}

/// `None` if no test entry is left.
fn for_known_members(known: TrainingData, later: &UserItems) -> Option<(TrainingData, Split)> {
    // Members without a history are served by popularity, whatever settings are chosen.
    let test = later.filter(|user, _| !known.interactions.row(user).is_empty());
    let split = Split { train: known.interactions.clone(), test };
    (split.test.n_entries() > 0).then_some((known, split))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;

    fn events() -> Vec<Event> {
        let event = |n: u32| Event { user: n % 7, item: n * 13 % 397, weight: 1.0, at: i64::from(n) * 1000 };
        (0..400).map(event).collect()
    }

    fn pairs(split: &Split) -> Vec<(usize, u32)> {
        let rows = split.test.rows().enumerate();
        rows.flat_map(|(user, row)| row.columns.iter().map(move |&item| (user, item))).collect()
    }

    #[test]
    fn fresh_cut_by_time_ends_before_the_trials_cut_begins() {
        let data = TrainingData::as_of(400_000, 7, 400, events()).expect("events");
        for cut in
            [ValidationCut::Future, ValidationCut::Spans { seconds: 40_000, max_spans: 2 }, ValidationCut::ByData]
        {
            let of_trials = validation_parts(&data, cut, (0.2, 100), 7).expect("a cut");
            let fresh = fresh_parts(&data, cut, (0.2, 100), (7, 0)).expect("a cut");
            let earlier = &of_trials[0].0;
            assert!(!fresh.is_empty(), "{cut:?}");
            for (train, split) in &fresh {
                assert!(
                    pairs(split).iter().all(|&(user, item)| earlier.interactions.row(user).contains(item)),
                    "{cut:?}"
                );
                assert!(train.interactions.n_entries() < earlier.interactions.n_entries());
            }
            let more = fresh_parts(&data, cut, (0.2, 100), (7, 1)).expect("a cut");
            let known =
                |parts: &[(TrainingData, Split)]| parts.last().map_or(0, |(train, _)| train.interactions.n_entries());
            assert!(known(&more) >= known(&fresh), "{cut:?}");
        }
    }

    #[test]
    fn random_fresh_cuts_differ_and_the_second_has_more_training_data() {
        let data = TrainingData::new(TrainingData::as_of(400_000, 7, 400, events()).expect("events").interactions);
        let of_trials = validation_parts(&data, ValidationCut::Random, (0.3, 100), 7).expect("a cut");
        let fresh = |n: usize| fresh_parts(&data, ValidationCut::Random, (0.3, 100), (7, n)).expect("a cut");
        assert_ne!(pairs(&fresh(0)[0].1), pairs(&of_trials[0].1));
        assert!(fresh(1)[0].0.interactions.n_entries() > fresh(0)[0].0.interactions.n_entries());
    }

    #[test]
    fn too_little_data_gives_no_fresh_cut() {
        let single =
            TrainingData::as_of(5000, 7, 400, events().into_iter().take(3).collect::<Vec<Event>>()).expect("events");
        assert!(fresh_parts(&single, ValidationCut::Future, (0.2, 100), (7, 0)).expect("no error").is_empty());
    }
}
