//! What a test file asks for, seen from when its interactions happened and from how many users it asks about: never from
//! what they took.

use std::collections::HashSet;

use zhihui_models::evaluation::{Event, ValidationCut};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Question {
    /// How a validation part like the test is cut.
    pub(super) cut: ValidationCut,
    /// The instant after which everything asked for lies, if there is one.
    pub(super) now: Option<i64>,
}

/// Without times in training nothing is known. With them, a test that begins after the training ends asks for the future;
/// one that begins after each user's own last interaction asks for everybody's latest; any other was drawn at random. A
/// test without times asks for the future if it leaves out more than half of the `n_users` of the training.
pub(super) fn question(train: &[Event], timed: bool, test: &[Event], test_timed: bool, n_users: usize) -> Question {
    let Some(last) = train.iter().map(|event| event.at).max().filter(|_| timed) else {
        return Question { cut: ValidationCut::ByData, now: None };
    };
    let future = Question { cut: ValidationCut::Future, now: Some(last.saturating_add(1)) };
    if !test_timed || test.is_empty() {
        let asked: HashSet<u32> = test.iter().map(|event| event.user).collect();
        let of_training = asked.iter().filter(|&&user| (user as usize) < n_users).count();
        let partial = !test.is_empty() && of_training * 2 < n_users;
        return if partial { future } else { Question { cut: ValidationCut::Latest, now: None } };
    }
    if test.iter().all(|event| event.at >= last) {
        return future;
    }
    let mut lasts = vec![i64::MIN; n_users];
    train.iter().for_each(|event| lasts[event.user as usize] = lasts[event.user as usize].max(event.at));
    let later = test.iter().all(|event| lasts.get(event.user as usize).is_none_or(|&last| event.at >= last));
    Question { cut: if later { ValidationCut::Latest } else { ValidationCut::Random }, now: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(all: &[(u32, i64)]) -> Vec<Event> {
        all.iter().map(|&(user, at)| Event { user, item: 0, weight: 1.0, at }).collect()
    }

    #[test]
    fn the_times_of_the_test_say_what_is_asked_for() {
        let train = events(&[(0, 1), (0, 5), (1, 2), (1, 9), (2, 3)]);
        let cut = |test: &[(u32, i64)], timed| question(&train, true, &events(test), timed, 3).cut;
        assert_eq!(cut(&[(0, 9), (3, 12)], true), ValidationCut::Future);
        assert_eq!(cut(&[(0, 6), (1, 9)], true), ValidationCut::Latest);
        assert_eq!(cut(&[(0, 4), (1, 9)], true), ValidationCut::Random);
        assert_eq!(cut(&[(0, 0), (1, 0)], false), ValidationCut::Latest);
        assert_eq!(cut(&[(0, 0)], false), ValidationCut::Future);
        assert_eq!(question(&train, false, &events(&[(0, 9)]), true, 3).now, None);
        assert_eq!(question(&train, true, &events(&[(0, 9)]), true, 3).now, Some(10));
    }
}
