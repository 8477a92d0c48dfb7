//! Seasonality of topics: how much more or less each topic was in demand at this time of the year in earlier years.

use rayon::prelude::*;
use zhihui_data::snapshot::{EventKind, Snapshot};

const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;
/// Number of earlier years that are used.
const YEARS: i64 = 3;
/// Days before and after the same date of an earlier year that belong to the season.
const DAYS_AROUND: i64 = 15;
/// Number of pseudo-responses by which a topic's seasonal share is shrunk towards its share of the whole year.
const PRIOR: f32 = 5.0;

/// The season of each topic at one time.
#[derive(Debug, Default)]
pub(crate) struct Seasons(Vec<f32>);

/// Number of responses to a topic.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    in_season: u32,
    in_all: u32,
}

impl Seasons {
    /// Computes the season at the snapshot's time: `ln((n + 5) / (e + 5))`, where `n` is the number of the topic's
    /// reads and sign-ups in the same 30 days of the last three years, and `e` is the number expected from the topic's
    /// share of those years. 0 for topics without responses, for all topics if the history is shorter than a year, and
    /// for sensitive topics.
    pub(crate) fn of(snapshot: &Snapshot, is_sensitive: &[bool]) -> Self {
        let counts = counts(snapshot);
        let sum = |of: fn(&Counts) -> u32| counts.iter().map(|counts| u64::from(of(counts))).sum::<u64>() as f32;
        let (in_season, in_all) = (sum(|counts| counts.in_season), sum(|counts| counts.in_all).max(1.0));
        let of_topic = |(topic, counts): (usize, &Counts)| {
            if is_sensitive[topic] || in_season <= 0.0 {
                return 0.0;
            }
            let expected = in_season * counts.in_all as f32 / in_all;
            ((counts.in_season as f32 + PRIOR) / (expected + PRIOR)).ln()
        };
        Self(counts.iter().enumerate().map(of_topic).collect())
    }

    /// Mean over topics, 0 if there are none.
    pub(crate) fn mean(&self, topics: &[u32]) -> f32 {
        let sum: f32 = topics.iter().fold(0.0, |sum, &topic| sum + self.0[topic as usize]);
        if topics.is_empty() { 0.0 } else { sum / topics.len() as f32 }
    }
}

/// Counts responses by topic. Cancelled sign-ups do not count.
fn counts(snapshot: &Snapshot) -> Vec<Counts> {
    let history = &snapshot.history;
    let n_topics = snapshot.topics.len();
    let none = || vec![Counts::default(); n_topics];
    let is_in_season = |at: i64| {
        (1..=YEARS).any(|years| {
            let around = snapshot.as_of - years * YEAR;
            (around - DAYS_AROUND * DAY..around + DAYS_AROUND * DAY).contains(&at)
        })
    };
    let earlier = snapshot.as_of - YEARS * YEAR..snapshot.as_of - 2 * DAYS_AROUND * DAY;
    let add = |mut counts: Vec<Counts>, member: usize| {
        let withdrawn = history.withdrawn(member, i64::MAX);
        for event in history.of(member) {
            let (at, item) = (history.at(event), history.item(event));
            let is_response = match history.kind(event) {
                EventKind::Read => true,
                EventKind::SignUp => !withdrawn.contains(&item),
                _ => false,
            };
            if !is_response || !(earlier.contains(&at) || is_in_season(at)) {
                continue;
            }
            for &topic in snapshot.items.topics.row(item as usize) {
                let counts = &mut counts[topic as usize];
                counts.in_season += u32::from(is_in_season(at));
                counts.in_all += u32::from(earlier.contains(&at));
            }
        }
        counts
    };
    let merge = |mut left: Vec<Counts>, right: Vec<Counts>| {
        for (left, right) in left.iter_mut().zip(right) {
            left.in_season += right.in_season;
            left.in_all += right.in_all;
        }
        left
    };
    (0..snapshot.members.id.len()).into_par_iter().fold(none, add).reduce(none, merge)
}

#[cfg(test)]
mod tests {
    use zhihui_data::snapshot::{EventColumns, Items, Lists, Members};

    use super::*;

    /// One member who reads each topic the given number of times, the given number of days before the snapshot.
    fn seasons(reads: &[(i64, u32, usize)], is_sensitive: &[bool]) -> Seasons {
        let as_of = 2_000 * DAY;
        let mut history = EventColumns { starts: vec![0], ..EventColumns::default() };
        for &(days_ago, topic, times) in reads {
            for _ in 0..times {
                history.item.push(topic);
                history.kind.push(EventKind::Read);
                history.at.push(as_of - days_ago * DAY);
            }
        }
        history.starts.push(history.item.len() as u64);
        let topics = is_sensitive.len();
        let items = Items { topics: Lists::from_rows((0..topics as u32).map(|topic| vec![topic])), ..Items::default() };
        let members = Members { id: vec!["m".into()], ..Members::default() };
        let topics = (0..topics).map(|topic| topic.to_string()).collect();
        Seasons::of(
            &Snapshot { as_of, topics, items, members, history: history.into(), ..Snapshot::default() },
            is_sensitive,
        )
    }

    #[test]
    fn seasonal_topic_is_positive_and_off_season_topic_negative() {
        let outings_and_skating = [(365, 0, 60), (370, 1, 5), (180, 0, 5), (185, 1, 60), (730, 0, 60), (550, 1, 60)];
        let seasons = seasons(&outings_and_skating, &[false, false, true]);
        assert!(seasons.mean(&[0]) > 0.3 && seasons.mean(&[1]) < -0.3, "{seasons:?}");
        assert_eq!((seasons.mean(&[2]), seasons.mean(&[])), (0.0, 0.0));
        assert!((seasons.mean(&[0, 1]) - (seasons.mean(&[0]) + seasons.mean(&[1])) / 2.0).abs() < 1e-6);
    }

    #[test]
    fn season_is_zero_with_less_than_a_year_of_history() {
        let seasons = seasons(&[(200, 0, 50), (10, 1, 50)], &[false, false]);
        assert_eq!((seasons.mean(&[0]), seasons.mean(&[1])), (0.0, 0.0));
    }
}
