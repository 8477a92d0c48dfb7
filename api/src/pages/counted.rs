//! What pages counted lately: whom each item reaches takes a pass over all members, so it is kept for a short while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use zhihui_engine::insight::Reach;

use crate::service::Live;

/// For so long a count is shown again.
const KEPT_SECONDS: i64 = 60;

/// Counts by item of one published state.
#[derive(Debug, Default)]
pub(crate) struct Counted(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    version: String,
    by_item: HashMap<String, (i64, Reach)>,
}

impl Counted {
    /// Whom these items reach, in their order.
    pub(super) fn reach(&self, live: &Live, item_ids: &[&str], now: i64) -> Vec<Reach> {
        let mut known = self.known(&live.facts.version, now);
        let missing: Vec<&str> = item_ids.iter().copied().filter(|&id| !known.contains_key(id)).collect();
        if !missing.is_empty() {
            let found = live.answers.reach_of(&missing, now);
            let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (id, reach) in missing.into_iter().zip(found) {
                counts.by_item.insert(id.to_owned(), (now, reach));
                known.insert(id.to_owned(), reach);
            }
        }
        item_ids.iter().map(|&id| known.get(id).copied().unwrap_or_default()).collect()
    }

    fn known(&self, version: &str, now: i64) -> HashMap<String, Reach> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.version != version {
            *counts = Counts { version: version.to_owned(), by_item: HashMap::new() };
        }
        counts.by_item.retain(|_, (at, _)| (0..KEPT_SECONDS).contains(&(now - *at)));
        counts.by_item.iter().map(|(id, &(_, reach))| (id.clone(), reach)).collect()
    }
}
