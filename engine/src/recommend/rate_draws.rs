//! Random draws from the posterior response rates of new items, shared by all members on one day.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use xxhash_rust::xxh3::Xxh3;
use zhihui_data::snapshot::Snapshot;

use super::{NewItems, Pool};
use crate::scoring::group_of;

/// Number of joint draws a day. Each member gets one of them, so probabilities of positions are multiples of 1/128.
pub(crate) const DRAWS: usize = 128;

/// Exposures of new items and responses since the snapshot, by index among the new items.
pub(crate) type LiveCounts = HashMap<u32, (i64, i64)>;

/// The draws for one day and one state of the counts.
#[derive(Debug, Default)]
pub(crate) struct RateDraws {
    day: i64,
    live: Arc<LiveCounts>,
    counts: Vec<(u32, u32)>,
    /// Rates of each new item, one for each draw.
    pub(crate) rates: Vec<Arc<[f32; DRAWS]>>,
}

/// Cache of the last draws. They depend only on their inputs; the cache avoids drawing again.
#[derive(Debug, Default)]
pub(crate) struct RateDrawsCache(RwLock<Arc<RateDraws>>);

impl RateDrawsCache {
    /// The draws of a day with these live counts. The seed is a hash of the snapshot's version, the day and the item.
    pub(crate) fn at(
        &self,
        new_items: &NewItems,
        pool: &Pool,
        snapshot: &Snapshot,
        day: i64,
        live: &Arc<LiveCounts>,
    ) -> Arc<RateDraws> {
        let last = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        if last.day == day && last.rates.len() == new_items.slots.len() && Arc::ptr_eq(&last.live, live) {
            return last;
        }
        let counts: Vec<(u32, u32)> = (0..new_items.slots.len())
            .map(|new_item| add_live_counts(new_items.counts[new_item], live, new_item))
            .collect();
        let draw = |(new_item, &slot): (usize, &u32)| {
            let known =
                last.rates.get(new_item).filter(|_| last.day == day && last.counts[new_item] == counts[new_item]);
            known.cloned().unwrap_or_else(|| {
                let facts = &pool.facts[slot as usize];
                let seed = hash(day, &[&snapshot.version, &snapshot.items.id[facts.item as usize]]);
                let (shown, responded) = counts[new_item];
                Arc::new(new_items.priors[group_of(facts.kind) as usize].draws(shown, responded, seed))
            })
        };
        let rates = new_items.slots.iter().enumerate().map(draw).collect();
        let draws = Arc::new(RateDraws { day, live: Arc::clone(live), counts, rates });
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&draws);
        draws
    }
}

fn add_live_counts((shown, responded): (u32, u32), live: &LiveCounts, new_item: usize) -> (u32, u32) {
    let (more_shown, more_responded) = live.get(&(new_item as u32)).copied().unwrap_or_default();
    let sum = |stored: u32, more: i64| u32::try_from(i64::from(stored) + more).unwrap_or_default();
    (sum(shown, more_shown), sum(responded, more_responded))
}

/// A hash of a day and some texts. It is the same on every machine.
pub(super) fn hash(day: i64, parts: &[&str]) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(&day.to_le_bytes());
    for part in parts {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.digest()
}
