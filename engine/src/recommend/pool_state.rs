//! The state of the pool at one time: offered items and their freshness.

use std::sync::{Arc, PoisonError, RwLock};

use super::Pool;
use crate::scoring::{closing, freshness};

/// The pool at one time.
#[derive(Debug, Default)]
pub(crate) struct PoolState {
    now: i64,
    /// Slots offered to any member, ascending.
    pub(crate) offered: Vec<u32>,
    /// The feature `freshness` of every slot.
    pub(crate) freshness: Vec<f32>,
    /// The feature `closing` of every slot.
    pub(crate) closing: Vec<f32>,
}

/// Cache of the last requested state. Requests of the same second share it.
#[derive(Debug, Default)]
pub(crate) struct PoolStateCache(RwLock<Arc<PoolState>>);

impl PoolStateCache {
    /// The pool at `now`.
    pub(crate) fn at(&self, pool: &Pool, now: i64) -> Arc<PoolState> {
        let last = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        if last.now == now && last.freshness.len() == pool.len() {
            return last;
        }
        let offered = |slot: &u32| pool.terms[*slot as usize].is_offered(now).is_ok();
        let pool_state = Arc::new(PoolState {
            now,
            offered: (0..pool.len() as u32).filter(offered).collect(),
            freshness: pool.facts.iter().map(|facts| freshness(facts.since, now)).collect(),
            closing: pool.facts.iter().map(|facts| closing(facts.until, now)).collect(),
        });
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&pool_state);
        pool_state
    }
}
