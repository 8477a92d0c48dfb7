//! Determines how a test file was cut, from times and users only, never from the items to predict.

use std::collections::HashSet;

use zhihui_models::evaluation::{Event, ValidationCut};

/// How a test was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TestSetting {
    /// Cut that makes validation data like the test.
    pub(super) cut: ValidationCut,
    /// The start of the test, if all of it lies after the training.
    pub(super) now: Option<i64>,
}

/// Determines the cut. Without times in training it is unknown. A test that begins after the training ends is about the
/// future. One that begins after the last training interaction of each user has the latest interactions of users. Any
/// other test was drawn at random. A test without times is about the future if it leaves out more than half of the
/// `n_users` users of the training.
pub(super) fn test_setting(
    train: &[Event],
    timed: bool,
    test: &[Event],
    test_timed: bool,
    n_users: usize,
) -> TestSetting {
    let Some(last) = train.iter().map(|event| event.at).max().filter(|_| timed) else {
        return TestSetting { cut: ValidationCut::ByData, now: None };
    };
    let future = TestSetting { cut: ValidationCut::Future, now: Some(last.saturating_add(1)) };
    if !test_timed || test.is_empty() {
        let test_users: HashSet<u32> = test.iter().map(|event| event.user).collect();
        let of_training = test_users.iter().filter(|&&user| (user as usize) < n_users).count();
        let partial = !test.is_empty() && of_training * 2 < n_users;
        return if partial { future } else { TestSetting { cut: ValidationCut::Latest, now: None } };
    }
    if test.iter().all(|event| event.at >= last) {
        return future;
    }
    let mut lasts = vec![i64::MIN; n_users];
    train.iter().for_each(|event| lasts[event.user as usize] = lasts[event.user as usize].max(event.at));
    let later = test.iter().all(|event| lasts.get(event.user as usize).is_none_or(|&last| event.at >= last));
    TestSetting { cut: if later { ValidationCut::Latest } else { ValidationCut::Random }, now: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(all: &[(u32, i64)]) -> Vec<Event> {
        all.iter().map(|&(user, at)| Event { user, item: 0, weight: 1.0, at }).collect()
    }

    #[test]
    fn the_cut_follows_from_the_times_of_the_test() {
        let train = events(&[(0, 1), (0, 5), (1, 2), (1, 9), (2, 3)]);
        let cut = |test: &[(u32, i64)], timed| test_setting(&train, true, &events(test), timed, 3).cut;
        assert_eq!(cut(&[(0, 9), (3, 12)], true), ValidationCut::Future);
        assert_eq!(cut(&[(0, 6), (1, 9)], true), ValidationCut::Latest);
        assert_eq!(cut(&[(0, 4), (1, 9)], true), ValidationCut::Random);
        assert_eq!(cut(&[(0, 0), (1, 0)], false), ValidationCut::Latest);
        assert_eq!(cut(&[(0, 0)], false), ValidationCut::Future);
        assert_eq!(test_setting(&train, false, &events(&[(0, 9)]), true, 3).now, None);
        assert_eq!(test_setting(&train, true, &events(&[(0, 9)]), true, 3).now, Some(10));
    }
}
