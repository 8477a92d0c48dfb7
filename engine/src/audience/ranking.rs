//! Ranks members for a target.

use rayon::prelude::*;

use super::selection::{RankedMember, ResolvedTarget};
use crate::{
    Engine, Overlay,
    scoring::{ItemScorer, Profile, probability},
};

/// Members that one thread scores at a time.
const MEMBERS_PER_TASK: usize = 4_096;

impl Engine {
    /// Ranks members by probability. Ties (all members of an age band, if popularity ranks) are broken by recent
    /// activity or by preference, then by id.
    pub(super) fn rank(&self, overlay: &Overlay, target: ResolvedTarget, rows: &[u32], now: i64) -> Vec<RankedMember> {
        let mut ranked = match target {
            ResolvedTarget::Item(item) => self.scored_for_item(overlay, item, rows, now),
            ResolvedTarget::Topic(topic) => self.scored_for_topic(overlay, topic, rows),
        };
        ranked.par_sort_unstable_by_key(RankedMember::place);
        ranked
    }

    fn scored_for_item(&self, overlay: &Overlay, item: usize, rows: &[u32], now: i64) -> Vec<RankedMember> {
        let scorer = ItemScorer::new(self, overlay, item, now);
        let mut scored = vec![RankedMember::default(); rows.len()];
        let score = |profile: &mut Profile, (scored, rows): (&mut [RankedMember], &[u32])| {
            for (member, &row) in scored.iter_mut().zip(rows) {
                let (logit, tie_breaker) = scorer.score(profile, overlay.member(row as usize));
                *member = RankedMember { row, probability: probability(logit), tie_breaker };
            }
        };
        let tasks = scored.par_chunks_mut(MEMBERS_PER_TASK).zip(rows.par_chunks(MEMBERS_PER_TASK));
        tasks.for_each_init(Profile::default, score);
        scored
    }

    fn scored_for_topic(&self, overlay: &Overlay, topic: u32, rows: &[u32]) -> Vec<RankedMember> {
        let score = |profile: &mut Profile, &row: &u32| {
            profile.load_evidence(self, overlay.member(row as usize));
            let tie_breaker = self.preference(profile, topic).unwrap_or(0.0);
            RankedMember { row, probability: self.topic_probability(profile, topic), tie_breaker }
        };
        rows.par_iter().map_init(Profile::default, score).collect()
    }
}
