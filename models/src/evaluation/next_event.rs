//! Predicts each member's last event from what was popular just before it.

use super::evaluate::{Evaluation, evaluate_lists};
use crate::event::Event;
use crate::{ModelError, UserItems};

/// Popularity within a sliding window: counts events within `window` before the latest multiple of `refresh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecentPopularity {
    /// Length of the window, in the unit of [`Event::at`]; above zero.
    pub window: i64,
    /// Interval at which counts are updated, in the same unit; above zero.
    pub refresh: i64,
}

impl RecentPopularity {
    /// Ranks the items of the window just before each member's last event, and evaluates the rank of that event's item.
    ///
    /// Only earlier events, of all members, are visible. Items that the member interacted with before are not
    /// recommended, so a repeated item is a miss. Ties go to the lower item.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] if the window or refresh interval is not above zero, and as [`evaluate_lists`].
    pub fn predict_last_events(
        self,
        n_users: usize,
        n_items: usize,
        events: &[Event],
        ks: &[usize],
    ) -> Result<Evaluation, ModelError> {
        for (name, value) in [("window", self.window), ("refresh", self.refresh)] {
            if value <= 0 {
                return Err(ModelError::bad_parameter(name, value, "above 0"));
            }
        }
        let everything = events.iter().map(|event| (event.user, event.item, event.weight));
        let interactions = UserItems::from_triplets(n_users, n_items, everything)?;
        let mut ordered: Vec<&Event> = events.iter().collect();
        ordered.sort_by_key(|event| event.at);
        let mut last = vec![None; n_users];
        ordered.iter().enumerate().for_each(|(place, event)| last[event.user as usize] = Some(place));
        let last_items = last.iter().flatten().map(|&place| (ordered[place].user, ordered[place].item, 1.0));
        let test = UserItems::from_triplets(n_users, n_items, last_items)?;
        let deepest = ks.iter().copied().max().unwrap_or(0);
        let mut recent = Recent { ordered: &ordered, counts: vec![0; n_items], from: 0, until: 0, ranking: Vec::new() };
        let mut lists: Vec<(u32, Vec<u32>)> = Vec::new();
        let mut seen: Vec<Vec<u32>> = vec![Vec::new(); n_users];
        let mut current = i64::MIN;
        for (place, event) in ordered.iter().enumerate() {
            let user = event.user as usize;
            if last[user] == Some(place) {
                let refreshed = event.at.div_euclid(self.refresh) * self.refresh;
                if refreshed != current {
                    recent.move_to(refreshed, self.window);
                    current = refreshed;
                }
                let unseen = recent.ranking.iter().filter(|item| !seen[user].contains(item));
                lists.push((event.user, unseen.copied().take(deepest).collect()));
            }
            seen[user].push(event.item);
        }
        lists.sort_unstable_by_key(|&(user, _)| user);
        let (users, lists): (Vec<u32>, Vec<Vec<u32>>) = lists.into_iter().unzip();
        evaluate_lists(users, &lists, &interactions, &test, ks, None)
    }
}

/// Counts within a sliding window.
struct Recent<'a> {
    ordered: &'a [&'a Event],
    counts: Vec<u32>,
    from: usize,
    until: usize,
    ranking: Vec<u32>,
}

impl Recent<'_> {
    /// Ranks the items of [`until` − `window`, `until`).
    fn move_to(&mut self, until: i64, window: i64) {
        while let Some(event) = self.ordered.get(self.until).filter(|event| event.at < until) {
            self.counts[event.item as usize] += 1;
            self.until += 1;
        }
        let from = until.saturating_sub(window);
        while let Some(event) = self.ordered[..self.until].get(self.from).filter(|event| event.at < from) {
            self.counts[event.item as usize] -= 1;
            self.from += 1;
        }
        self.ranking.clear();
        self.ranking.extend(self.ordered[self.from..self.until].iter().map(|event| event.item));
        self.ranking.sort_unstable();
        self.ranking.dedup();
        let counts = &self.counts;
        self.ranking.sort_by_key(|&item| std::cmp::Reverse(counts[item as usize]));
    }
}
