//! The topics that name a segment.

/// Above this lift a topic stands out.
const MIN_LIFT: f64 = 1.1;
/// A topic of the previous run's name may fall this far behind the lift of those that would take its place.
const KEEP_SHARE: f64 = 0.8;

/// Topics that stand out in a segment with their lifts, highest first.
pub(super) struct DistinctiveTopics(Vec<(usize, f64)>);

impl DistinctiveTopics {
    /// Of the mean share of each topic in the segment, and its lift: how many times everybody's share that is.
    pub(super) fn of(means: &[f64], lift: impl Fn(usize) -> f64) -> Self {
        // A topic names a segment if it also holds a fair part of its attention.
        let fair = |&topic: &usize| means[topic] * means.len() as f64 >= 0.5;
        let topics = (0..means.len()).filter(fair).map(|topic| (topic, lift(topic)));
        let mut topics: Vec<(usize, f64)> = topics.filter(|&(_, lift)| lift > MIN_LIFT).collect();
        topics.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
        Self(topics)
    }

    /// At most `n` topics: those of `before` as long as all of them nearly belong to the highest, else the highest.
    pub(super) fn choose(&self, n: usize, before: &[usize]) -> Vec<usize> {
        let highest = &self.0[..n.min(self.0.len())];
        let bar = highest.last().map_or(f64::INFINITY, |&(_, lift)| KEEP_SHARE * lift);
        let still = |topic: &usize| self.0.iter().any(|&(known, lift)| known == *topic && lift >= bar);
        if before.len() == highest.len() && before.iter().all(still) {
            return before.to_vec();
        }
        highest.iter().map(|&(topic, _)| topic).collect()
    }
}
