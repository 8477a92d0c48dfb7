//! Draws from what is known of the response rates of new items, shared by everybody on one day.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use xxhash_rust::xxh3::Xxh3;
use zhihui_data::snapshot::Snapshot;

use super::{Newcomers, Pool};
use crate::scoring::group_of;

/// Joint draws a day: each member follows one of them, so probabilities of places are multiples of a 128th.
pub(crate) const DRAWS: usize = 128;

/// Exposures of newcomers and responses to them since the snapshot, by place among the newcomers.
pub(crate) type LiveCounts = HashMap<u32, (i64, i64)>;

/// The draws of one day and of one state of the counts.
#[derive(Debug, Default)]
pub(crate) struct Draws {
    day: i64,
    live: Arc<LiveCounts>,
    counts: Vec<(u32, u32)>,
    /// Rates of each newcomer, one for each draw.
    pub(crate) rates: Vec<Arc<[f32; DRAWS]>>,
}

/// The last draws asked for. They follow from their inputs alone; keeping them saves drawing again.
#[derive(Debug, Default)]
pub(crate) struct LastDraws(RwLock<Arc<Draws>>);

impl LastDraws {
    /// The draws of a day with these live counts, seeded by the snapshot's version, the day and the item.
    pub(crate) fn at(
        &self,
        newcomers: &Newcomers,
        pool: &Pool,
        snapshot: &Snapshot,
        day: i64,
        live: &Arc<LiveCounts>,
    ) -> Arc<Draws> {
        let last = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        if last.day == day && last.rates.len() == newcomers.slots.len() && Arc::ptr_eq(&last.live, live) {
            return last;
        }
        let counts: Vec<(u32, u32)> =
            (0..newcomers.slots.len()).map(|newcomer| with_live(newcomers.counts[newcomer], live, newcomer)).collect();
        let draw = |(newcomer, &slot): (usize, &u32)| {
            let known =
                last.rates.get(newcomer).filter(|_| last.day == day && last.counts[newcomer] == counts[newcomer]);
            known.cloned().unwrap_or_else(|| {
                let facts = &pool.facts[slot as usize];
                let seed = hash(day, &[&snapshot.version, &snapshot.items.id[facts.item as usize]]);
                let (shown, responded) = counts[newcomer];
                Arc::new(newcomers.priors[group_of(facts.kind) as usize].draws(shown, responded, seed))
            })
        };
        let rates = newcomers.slots.iter().enumerate().map(draw).collect();
        let draws = Arc::new(Draws { day, live: Arc::clone(live), counts, rates });
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&draws);
        draws
    }
}

fn with_live((shown, responded): (u32, u32), live: &LiveCounts, newcomer: usize) -> (u32, u32) {
    let (more_shown, more_responded) = live.get(&(newcomer as u32)).copied().unwrap_or_default();
    let sum = |stored: u32, more: i64| u32::try_from(i64::from(stored) + more).unwrap_or_default();
    (sum(shown, more_shown), sum(responded, more_responded))
}

/// A hash of a day and some texts, the same on every machine.
pub(super) fn hash(day: i64, parts: &[&str]) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(&day.to_le_bytes());
    for part in parts {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.digest()
}
