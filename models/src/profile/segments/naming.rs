//! Chooses the topics that name a segment.

/// Lift above which a topic is distinctive.
const MIN_LIFT: f64 = 1.1;
/// A topic of the previous name is kept while its lift is at least this share of the lifts that would replace it.
const KEEP_SHARE: f64 = 0.8;

/// The distinctive topics of a segment and their lifts in descending order.
pub(super) struct DistinctiveTopics(Vec<(usize, f64)>);

impl DistinctiveTopics {
    /// `means`: mean share of each topic in the segment. `lift`: that share divided by the share over all members.
    pub(super) fn of(means: &[f64], lift: impl Fn(usize) -> f64) -> Self {
        // A naming topic also needs at least half of an equal share of attention.
        let is_large = |&topic: &usize| means[topic] * means.len() as f64 >= 0.5;
        let topics = (0..means.len()).filter(is_large).map(|topic| (topic, lift(topic)));
        let mut topics: Vec<(usize, f64)> = topics.filter(|&(_, lift)| lift > MIN_LIFT).collect();
        topics.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
        Self(topics)
    }

    /// At most `n` topics: those of `before` if their lifts are close to the highest, otherwise the highest.
    pub(super) fn choose(&self, n: usize, before: &[usize]) -> Vec<usize> {
        let highest = &self.0[..n.min(self.0.len())];
        let min_lift = highest.last().map_or(f64::INFINITY, |&(_, lift)| KEEP_SHARE * lift);
        let is_kept = |topic: &usize| self.0.iter().any(|&(known, lift)| known == *topic && lift >= min_lift);
        if before.len() == highest.len() && before.iter().all(is_kept) {
            return before.to_vec();
        }
        highest.iter().map(|&(topic, _)| topic).collect()
    }
}
