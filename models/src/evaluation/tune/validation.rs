//! Which part of the training data tells good parameters from bad ones.

use crate::catalogue::TrainingData;
use crate::evaluation::column_order::adjacent_column_lift;
use crate::evaluation::{Split, hold_out, hold_out_latest, hold_out_runs};
use crate::{ModelError, UserItems};

/// Lift of neighbouring columns from which on their order is taken for an order of appearance: check-ins have 25, films
/// by popularity and news by number 1 to 3.
const ORDERED_LIFT: f64 = 5.0;

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
        max_spans: usize,
    },
}

impl ValidationCut {
    /// What is held out of these data: `random`, `runs`, `latest`, `future` or `spans`.
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

/// Parts of a cut that tells nothing of the one by `seed`: for times the future of what was known before that one began,
/// otherwise by another seed. Every second of them leaves more data to learn from than a trial has, as the last fit does:
/// half the share, or a span that ends half a span later. Without parts where the data allow none.
///
/// # Errors
/// As [`UserItems::from_triplets`].
pub(super) fn fresh_parts(
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

/// Whether entries are held out by chance rather than by time.
fn is_random(data: &TrainingData, cut: ValidationCut) -> bool {
    match cut {
        ValidationCut::Random | ValidationCut::Runs => true,
        ValidationCut::ByData => data.sequences.is_none(),
        ValidationCut::Latest | ValidationCut::Future | ValidationCut::Spans { .. } => false,
    }
}

/// No parts where there is too little to hold out.
fn empty_if_too_little<T>(parts: Result<Vec<T>, ModelError>) -> Result<Vec<T>, ModelError> {
    match parts {
        Err(ModelError::NotEnoughData(_)) => Ok(Vec::new()),
        other => other,
    }
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
        (ValidationCut::ByData, None) if adjacent_column_lift(all) < ORDERED_LIFT => hold_out(all, share, seed),
        (ValidationCut::Runs, _) | (ValidationCut::ByData, None) => hold_out_runs(all, share, seed),
        (ValidationCut::Random, _) => hold_out(all, share, seed),
    };
    Ok((data.restricted_to(split.train.clone()), split))
}

/// `None` where the data do not look ahead, or nobody with a history touched anything new in the latest `share`.
fn future(data: &TrainingData, share: f64) -> Result<Option<(TrainingData, Split)>, ModelError> {
    let Some((known, later)) = data.cut_latest(share)? else { return Ok(None) };
    Ok(for_known_members(known, &later))
}

/// `None` where nothing is left of `later`.
fn for_known_members(known: TrainingData, later: &UserItems) -> Option<(TrainingData, Split)> {
    // Members without a history are served by popularity, whatever is chosen here.
    let test = later.filter(|user, _| !known.interactions.row(user).is_empty());
    let split = Split { train: known.interactions.clone(), test };
    (split.test.n_entries() > 0).then_some((known, split))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::Event;

    fn events() -> Vec<Event> {
        let event = |n: u32| Event { user: n % 7, item: n * 13 % 397, weight: 1.0, at: i64::from(n) * 1000 };
        (0..400).map(event).collect()
    }

    fn pairs(split: &Split) -> Vec<(usize, u32)> {
        let rows = split.test.rows().enumerate();
        rows.flat_map(|(user, row)| row.columns.iter().map(move |&item| (user, item))).collect()
    }

    #[test]
    fn a_fresh_cut_in_time_ends_before_the_first_begins() {
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
    fn a_fresh_cut_at_random_is_another_and_the_second_leaves_more_data() {
        let data = TrainingData::new(TrainingData::as_of(400_000, 7, 400, events()).expect("events").interactions);
        let of_trials = validation_parts(&data, ValidationCut::Random, (0.3, 100), 7).expect("a cut");
        let fresh = |n: usize| fresh_parts(&data, ValidationCut::Random, (0.3, 100), (7, n)).expect("a cut");
        assert_ne!(pairs(&fresh(0)[0].1), pairs(&of_trials[0].1));
        assert!(fresh(1)[0].0.interactions.n_entries() > fresh(0)[0].0.interactions.n_entries());
    }

    #[test]
    fn too_little_for_another_cut_is_none() {
        let single =
            TrainingData::as_of(5000, 7, 400, events().into_iter().take(3).collect::<Vec<Event>>()).expect("events");
        assert!(fresh_parts(&single, ValidationCut::Future, (0.2, 100), (7, 0)).expect("no error").is_empty());
    }
}
